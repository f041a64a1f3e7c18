"""What a profile says of key processing, security proof, operation and everything around the optics."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import Field, StrictBool, StrictInt, model_validator

from qkdsim.devices.quantity import (
    Epsilon,
    ErrorProbability,
    NonNegative,
    OpenProbability,
    Positive,
    Probability,
    PulseRate,
    Quantity,
    Real,
    bounded,
)
from qkdsim.library import FileModel

Proof = Literal["asymptotic-decoy", "lim-2014", "rusca-2018", "tomamichel-2012"]
TailBound = Literal["hoeffding", "chernoff", "clopper-pearson", "none"]
PROOFS: tuple[str, ...] = get_args(Proof)
TAIL_BOUNDS: tuple[str, ...] = get_args(TailBound)


class PostProcessing(FileModel):
    """How sifted bits become key. A block closes at `block_size_bits` key-basis detections or at the time limit."""

    block_size_bits: Positive = Quantity(1e6, "assumed")
    block_time_limit_s: Positive = Quantity(3600.0, "assumed")
    latency_s: NonNegative = Quantity(0.0, "assumed")  # from the end of a block to key in the store
    service_channel_rate_bps: Positive = Quantity(1e9, "assumed")  # of the messages of key processing, when sampled
    error_correction: str = "cascade"  # sampled: cascade, cascade-option7 or ldpc
    ec_efficiency: Positive = Quantity(1.16, "assumed")  # disclosed bits / (n h(qber))
    verification_bits: NonNegative | None = None  # log2(1/epsilon_correctness) rounded up when left out
    privacy_amplification: str = "toeplitz"
    privacy_amplification_seed: Literal["fresh", "reused"] | None = None  # from block to block
    epsilon_secrecy: Epsilon | None = None
    epsilon_secrecy_per_bit: Epsilon | None = None  # Lim 2014: epsilon_secrecy = this times the key length
    epsilon_correctness: Epsilon = Quantity(1e-15, "assumed")
    authentication_scheme: str = "wegman-carter"
    authentication_tag_bits: NonNegative = Quantity(128.0, "assumed")
    authentication_tags_per_block: NonNegative = Quantity(6.0, "assumed")  # one per direction and phase
    epsilon_authentication: Epsilon = Quantity(1e-15, "assumed")  # all tags of one block together
    authentication_pool_bits: NonNegative = Quantity(4e6, "assumed")  # refilled before key is released
    qber_abort: ErrorProbability = Quantity(0.11, "assumed")
    double_click_policy: Literal["random", "discard"] = "random"

    @model_validator(mode="after")
    def _secrecy_stated_once(self) -> PostProcessing:
        if (self.epsilon_secrecy is None) == (self.epsilon_secrecy_per_bit is None):
            raise ValueError("expected exactly one of epsilon_secrecy and epsilon_secrecy_per_bit")
        tags = self.authentication_tag_bits * self.authentication_tags_per_block
        if self.authentication_pool_bits < tags:
            given = f"got {self.authentication_pool_bits:g}, expected at least {tags:g}"
            raise ValueError(f"authentication_pool_bits: {given}, the tags of one block")
        return self


class Assumption(FileModel):
    """One condition of the security proof: a parameter of the profile and its bound."""

    parameter: str
    op: Literal["<=", ">=", "==", "in"]
    bound: float | str | tuple[str, ...]


class SecurityModel(FileModel):
    """The key-length theory the module uses, by name, with its tail bound and sampling term."""

    proof: Proof | None = None
    tail_bound: TailBound = "hoeffding"
    sampling_bound: Literal["gamma", "serfling"] = "gamma"
    reference: str | None = None
    attack_class: Literal["individual", "collective", "coherent"] | None = None
    finite_key: StrictBool | None = None
    assumptions: tuple[Assumption, ...] = ()


KeyRate = Annotated[Quantity, *bounded(ge=0, le=1e12)]


class RatePoint(FileModel):
    """One published or declared operating point."""

    loss_db: NonNegative
    secret_key_rate_bps: KeyRate
    qber: ErrorProbability | None = None


class Coexistence(FileModel):
    """Secret key that is left beside classical channels in the same fibre: a share of the rate without them."""

    launch_power_dbm: Real  # of all channels together
    wavelength_nm: Positive
    length_km: NonNegative
    key_rate_fraction: Probability


class Performance(FileModel):
    """Rates and times of the whole system. `rate_table` is in rising order of loss."""

    rate_table: tuple[RatePoint, ...] = ()
    max_loss_db: Positive | None = None
    cold_start_s: NonNegative = Quantity(0.0, "assumed")  # from power-on to first pulses that count
    relock_s: NonNegative = Quantity(0.0, "assumed")  # from the end of a fault to first pulses that count
    stabilisation_period_s: Positive | None = None  # between two alignments
    stability_percent: NonNegative | None = None
    coexistence: tuple[Coexistence, ...] = ()

    @model_validator(mode="after")
    def _table_rises(self) -> Performance:
        losses = [point.loss_db for point in self.rate_table]
        if any(b <= a for a, b in pairwise(losses)):
            raise ValueError("rate_table: loss_db does not rise, expected strictly rising losses")
        return self


class ReferenceFibre(FileModel):
    """The fibre for which the profile states lengths; used when only a length is given."""

    attenuation_db_per_km: Positive = Quantity(0.20, "assumed")
    dispersion_ps_per_nm_km: Real = Quantity(17.0, "assumed")


class Isolation(FileModel):
    """Optical isolation against light injected or leaking out."""

    transmitter_one_way_db: NonNegative | None = None
    transmitter_round_trip_db: NonNegative | None = None
    receiver_round_trip_db: NonNegative | None = None
    band_nm: tuple[Positive, ...] = ()
    transmitter_wide_band_db: NonNegative | None = None  # least isolation from 350 nm to 2400 nm
    damage_threshold_w: Positive | None = None
    reflectivity_db: Real | None = None
    watchdog_level_w: Positive | None = None  # injected light that raises the alarm
    seeding_threshold_w: Positive | None = None  # injected light that changes a mean photon number by 1 %


class Cv(FileModel):
    """Continuous-variable systems. Links live by the rate table; certification computes with these values.

    Noises are variances in shot-noise units (SNU). `shot_noise_calibration` says when the unit is found: on symbols of
    the running system whose light is blocked (`in-line`, a `calibration_share` of all), once at the `start`, or from
    the measured `power` of the local oscillator by a line that was calibrated beforehand.
    """

    symbol_rate_hz: PulseRate | None = None
    detection: Literal["homodyne", "heterodyne"] | None = None
    modulation_variance_snu: Positive | None = None
    modulation_variance_relative_error: NonNegative | None = None
    efficiency: Probability | None = None
    efficiency_relative_error: NonNegative | None = None
    electronic_noise_snu: NonNegative | None = None
    excess_noise_snu: NonNegative | None = None  # of the system itself, referred to the channel's input
    excess_noise_abort_snu: Positive | None = None  # estimates above it give no key
    reconciliation_efficiency: Probability | None = None
    block_symbols: Positive | None = None
    calibration_share: OpenProbability | None = None
    shot_noise_calibration: Literal["in-line", "start", "power"] | None = None
    shot_noise_relative_error: NonNegative | None = None
    linear_range_sigma: Positive | None = None  # values beyond it are cut, in standard deviations of the shot noise
    range_abort_share: Probability | None = None  # of values at the ends of that range, above which a block is refused
    adc_bits: Positive | None = None
    local_oscillator: Literal["transmitted", "local"] | None = None
    local_oscillator_monitored: StrictBool | None = None


class Rng(FileModel):
    """The random number generator."""

    kind: Literal["quantum", "physical", "pseudo"] | None = None
    functionality_class: Literal["DRBG", "PTG.2", "PTG.3", "QRNG", "QRNG+90B"] | None = None
    min_entropy_per_bit: Probability | None = None  # of the raw noise
    conditioned_min_entropy_per_bit: Probability | None = None
    health_tests: tuple[str, ...] = ()
    conditioning: str | None = None
    conditioning_ratio: Annotated[Quantity, *bounded(ge=1, le=1e6)] | None = None  # raw bits in per bit out


Role = Literal["link", "transmitter", "receiver"]
KeyMetadata = Literal["id", "size", "time-stamp", "source", "destination", "kme", "type", "expiry"]
KEY_METADATA: tuple[str, ...] = get_args(KeyMetadata)


class Interfaces(FileModel):
    """Key delivery and management interfaces."""

    etsi014: StrictBool | None = None
    etsi004: StrictBool | None = None
    etsi015: StrictBool | None = None
    etsi020: StrictBool | None = None
    snmp: StrictBool | None = None
    syslog: StrictBool | None = None
    tls_versions: tuple[str, ...] = ()
    multicast: StrictBool | None = None  # of one key to several applications
    key_metadata: tuple[KeyMetadata, ...] = ()  # recorded with each key
    max_key_size_bits: Positive | None = None
    buffer_bits: Positive | None = None


HybridContext = Literal["key-id", "kem-ciphertext", "identities", "algorithms"]
HYBRID_CONTEXT: tuple[str, ...] = get_args(HybridContext)


class Pqc(FileModel):
    """Post-quantum algorithms the module offers."""

    kem: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    combiner: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    context: tuple[HybridContext, ...] = ()  # what the derived key is bound to
    qkd_key_bits: Positive | None = None  # of the QKD key that enters each derivation
    rekey_interval_s: Positive | None = None  # longest time between fresh QKD keys


class Platform(FileModel):
    """Housing, power, cost and assurance."""

    rack_units: Positive | None = None
    power_w: Positive | None = None
    cost_eur: Positive | None = None
    temperature_min_c: Real | None = None
    temperature_max_c: Real | None = None
    mtbf_h: Positive | None = None
    tamper_detection: StrictBool | None = None
    zeroise_s: NonNegative | None = None
    roles: tuple[str, ...] = ()
    authenticated_management: StrictBool | None = None
    self_tests: tuple[Literal["start", "on-demand"], ...] = ()
    failed_self_test_stops_key: StrictBool | None = None
    security_log: StrictBool | None = None  # security events are logged
    log_without_keys: StrictBool | None = None  # no key material in any log
    signed_firmware: StrictBool | None = None
    assurance_level: str | None = None
    vulnerability_level: str | None = None
    scheme: str | None = None
    certificate: str | None = None


class Evidence(FileModel):
    """Where the value of a field comes from."""

    field: str
    source: str
    laboratory: str | None = None
    date: str | None = None
    uncertainty: str | None = None


class Identity(FileModel):
    """Who makes the module. `source` holds for every plain number of the file; `fictional` marks a specimen.

    `role`: a matched pair of modules and so a whole `link`, or one module that needs a partner. Certification judges a
    module by what one end can be judged by; a profile that says nothing is judged as a whole link.
    """

    vendor: str = Field(min_length=1)
    model: str = Field(min_length=1)
    role: Role = "link"
    hardware_version: str | None = None
    firmware_version: str | None = None
    profile_version: StrictInt = Field(default=1, ge=1)
    fictional: StrictBool = False
    summary: str = Field(min_length=1)
    source: str = Field(min_length=1)
    evidence: tuple[Evidence, ...] = ()
