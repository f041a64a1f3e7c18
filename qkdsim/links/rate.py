"""The key rate of one link: what `qkdsim rate` prints."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qkdsim.channels import FibreSpan
from qkdsim.detections import Expected
from qkdsim.devices import DeviceProfile, NamedProfile, load_named_profile
from qkdsim.errors import InputError
from qkdsim.links.declared import declared_rate
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, operating_point
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    Coverage,
    Security,
    coverage,
    matched_gain_and_error,
    photon_number_table,
    secret_key,
    theory_of,
)
from qkdsim.protocols.keylength import InfiniteData, Statistics, infinite_decoy_rate
from qkdsim.protocols.optimise import Choice, Freedom, optimise

MAX_LENGTH_KM = 2000.0  # no fibre link of any profile lives beyond


@dataclass(frozen=True, slots=True)
class KeyRate:
    """One link's figures. What a declared profile does not state, and what a mode does not know, is None.

    gain                       detections per signal pulse with both ends in the key basis
    qber                       error rate of the sifted key
    single_photon_gain         lower bound on detections of single photons per pulse with both ends in the key basis
    sifted_rate_bps            detections with both ends in the key basis (either basis where both give key)
    secret_key_bits_per_pulse  over all pulses sent
    max_length_km              greatest length of the profile's reference fibre with key, all else unchanged
    """

    profile: str
    protocol: str
    bounds: str
    covered_by_proof: bool
    coverage: str
    length_km: float | None
    loss_db: float
    transmittance: float
    gain: float | None
    qber: float | None
    single_photon_gain: float | None
    phase_error_rate: float | None
    sifted_rate_bps: float | None
    secret_key_bits_per_pulse: float | None
    secret_key_rate_bps: float
    block_bits: float | None
    block_duration_s: float | None
    epsilon: float | None
    max_length_km: float | None
    in_validity: bool
    optimised: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, in order."""
        return asdict(self)


def key_rate(
    profile: str | DeviceProfile,
    *,
    length_km: float | None = None,
    loss_db: float | None = None,
    block_bits: float | None = None,
    asymptotic: bool = False,
    optimise_settings: bool = False,
    overrides: Mapping[str, Any] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> KeyRate:
    """Gain, QBER and secret key rate of a device over a length of its reference fibre, or over a loss.

    `asymptotic`: infinite data and infinitely many decoys at the declared intensities; the signal is then the brightest
    intensity, and the share of pulses spent on decoys and on the choice of intensity vanishes. Otherwise a finite
    block of `block_bits` (the profile's size when None) with expected counts.

    `overrides` change values of a profile that is given by name; `on_progress` hears how far the optimiser is.

    Raises InputError for a bad profile, both or neither of length and loss, or values out of range.
    """
    named = _named(profile, overrides)
    _check(named.name, length_km, loss_db, block_bits, asymptotic)
    span = _span(named.profile, length_km, loss_db)
    if not named.profile.is_modelled:
        return _declared(named, span)
    chosen = None
    study = _Study(named.profile, block_bits, asymptotic)
    if optimise_settings:
        chosen = study.optimised(span, on_progress)
        study = _Study(_with_choice(named.profile, chosen), block_bits, asymptotic)
    return study.report(named.name, span, chosen)


def _named(profile: str | DeviceProfile, overrides: Mapping[str, Any] | None) -> NamedProfile:
    if isinstance(profile, str):
        return load_named_profile(profile, overrides=overrides)
    name = f"{profile.identity.vendor} {profile.identity.model}"
    if overrides:
        raise InputError.of(name, "overrides", None, "overrides go with a profile given by name")
    return NamedProfile(name, profile, "")


def _check(
    name: str, length_km: float | None, loss_db: float | None, block_bits: float | None, asymptotic: bool
) -> None:
    if (length_km is None) == (loss_db is None):
        raise InputError.of(name, "", None, "expected exactly one of --length-km and --loss-db")
    for key, value in (("length_km", length_km), ("loss_db", loss_db)):
        if value is not None and not (math.isfinite(value) and 0.0 <= value <= 1e5):
            raise InputError.of(name, key, value, "a number >= 0 and <= 100000")
    if block_bits is not None and not (math.isfinite(block_bits) and 1.0 <= block_bits <= 1e15):
        raise InputError.of(name, "block_bits", block_bits, "a number >= 1 and <= 1e15")
    if block_bits is not None and asymptotic:
        raise InputError.of(name, "", None, "expected at most one of --block-bits and --asymptotic")


def _span(profile: DeviceProfile, length_km: float | None, loss_db: float | None) -> FibreSpan:
    fibre = profile.reference_fibre
    return FibreSpan(
        length_km=length_km,
        loss_db=loss_db,
        attenuation_db_per_km=float(fibre.attenuation_db_per_km),
        dispersion_ps_per_nm_km=float(fibre.dispersion_ps_per_nm_km),
    )


def _declared(named: NamedProfile, span: FibreSpan) -> KeyRate:
    rate = declared_rate(named.profile, span.total_loss_db)
    furthest_db = float(named.profile.performance.rate_table[-1].loss_db)
    return KeyRate(
        profile=named.name,
        protocol=named.profile.protocol.name,
        bounds="declared rate table",
        covered_by_proof=False,
        coverage=str(Coverage(("rate declared by the profile",))),
        length_km=span.length_km,
        loss_db=span.total_loss_db,
        transmittance=10 ** (-span.total_loss_db / 10),
        gain=None,
        qber=None if math.isnan(rate.qber) else rate.qber,
        single_photon_gain=None,
        phase_error_rate=None,
        sifted_rate_bps=None,
        secret_key_bits_per_pulse=None,
        secret_key_rate_bps=rate.secret_key_rate_bps,
        block_bits=None,
        block_duration_s=None,
        epsilon=None,
        max_length_km=furthest_db / float(named.profile.reference_fibre.attenuation_db_per_km),
        in_validity=True,
        optimised=None,
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """What a study finds on one span; rates per pulse sent."""

    gain: float
    qber: float | None
    single_photon_gain: float
    phase_error_rate: float
    sifted_per_pulse: float
    secret_per_pulse: float
    block_pulses: float | None
    secret_bits: float | None


@dataclass(frozen=True, slots=True)
class _Study:
    """One modelled profile in one mode."""

    profile: DeviceProfile
    block_bits: float | None
    asymptotic: bool

    def figures(self, span: FibreSpan) -> tuple[_Figures, OperatingPoint]:
        source, optics = self.profile.source, self.profile.receiver
        if source is None:
            raise ValueError("expected a modelled profile")
        state = span.state(
            wavelength_nm=float(source.wavelength_nm),
            filter_width_nm=optics.filter_width_nm,
            isolation_db=optics.isolation_db,
            stabilisation_period_s=self.profile.performance.stabilisation_period_s,
        )
        point = operating_point(self.profile, self.profile, state)
        return (self._infinite(point) if self.asymptotic else self._finite(point)), point

    def _infinite(self, point: OperatingPoint) -> _Figures:
        theory = theory_of(self.profile)
        ec_efficiency = Security.of(_post(self.profile)).ec_efficiency
        yields = point.clicks.applied_to(photon_number_table(point.setup, 1))
        gain, error = matched_gain_and_error(point.clicks.table.bit_probability(), point.setup.symbol_probability)
        gain_1, error_1 = matched_gain_and_error(yields.bit_probability(), point.setup.symbol_probability)
        mu = float(point.setup.mean_photon_number[0])
        single = 1.0 if point.setup.single_photons else mu * math.exp(-mu)
        sifted = secret = 0.0
        for basis in (KEY_BASIS, TEST_BASIS) if theory.both_bases else (KEY_BASIS,):
            other = TEST_BASIS if basis == KEY_BASIS else KEY_BASIS
            share = float(point.setup.sent_basis_probability[basis] * point.setup.measured_basis_probability[basis])
            data = InfiniteData(
                gain=float(gain[0, basis]),
                qber=_ratio(error[0, basis], gain[0, basis]),
                single_photon_gain=single * float(gain_1[0, basis]),
                phase_error_rate=_ratio(error_1[0, other], gain_1[0, other]),
            )
            sifted += share * data.gain
            secret += share * infinite_decoy_rate(data, ec_efficiency)
        return _Figures(
            gain=float(gain[0, KEY_BASIS]),
            qber=_ratio(error[0, KEY_BASIS], gain[0, KEY_BASIS]),
            single_photon_gain=single * float(gain_1[0, KEY_BASIS]),
            phase_error_rate=_ratio(error_1[0, TEST_BASIS], gain_1[0, TEST_BASIS]),
            sifted_per_pulse=sifted,
            secret_per_pulse=secret,
            block_pulses=None,
            secret_bits=None,
        )

    def _finite(self, point: OperatingPoint) -> _Figures:
        theory, security = theory_of(self.profile), Security.of(_post(self.profile))
        size = float(self.block_bits or _post(self.profile).block_size_bits)
        gain, _ = matched_gain_and_error(point.clicks.table.bit_probability(), point.setup.symbol_probability)
        signal_gain = float(gain[0, KEY_BASIS])
        if point.tally.key_probability <= 0.0:
            return _Figures(signal_gain, None, 0.0, 0.5, 0.0, 0.0, math.inf, 0.0)
        fidelity = Expected()
        pulses = fidelity.pulses_to_fill(point.tally, size, 1)
        counts = fidelity.counts(point.tally, pulses, np.array([size]))
        length = secret_key(counts, theory, decoy_settings(point, security), security)
        statistics = Statistics.of(counts)
        sent = counts.matched_sent(KEY_BASIS).sum()
        if theory.both_bases:
            sent += counts.matched_sent(TEST_BASIS).sum()
        return _Figures(
            gain=signal_gain,
            qber=float(statistics.qber[0]),
            single_photon_gain=float(length.single_photon_bits[0] / sent),
            phase_error_rate=float(length.phase_error_rate[0]),
            sifted_per_pulse=point.tally.key_probability,
            secret_per_pulse=float(length.secret_bits[0] / pulses[0]),
            block_pulses=float(pulses[0]),
            secret_bits=float(length.secret_bits[0]),
        )

    def secret_per_pulse(self, span: FibreSpan) -> float:
        return self.figures(span)[0].secret_per_pulse

    def optimised(self, span: FibreSpan, on_progress: Callable[[float], None] | None) -> Choice:
        """The best choice of sender settings on a span.

        Raises InputError for a single-photon source with unbiased key from both bases: nothing is free.
        """
        start = _choice(self.profile)
        theory = theory_of(self.profile)
        count = len(start.mean_photon_number)
        freedom = Freedom(
            start=start,
            weakest=start.mean_photon_number[-1] if count >= 3 else None,
            bias=start.key_basis_probability if theory.both_bases or self.asymptotic else None,
            share_is_fixed=self.asymptotic,
        )

        def rate(choice: Choice) -> float:
            candidate = _with_choice(self.profile, choice)
            means = candidate.source.emitted_mean_photon_numbers if candidate.source else ()
            if count >= 3 and means[0] <= means[-2] + means[-1]:
                return 0.0  # no theory takes such intensities
            return _Study(candidate, self.block_bits, self.asymptotic).secret_per_pulse(span)

        return optimise(rate, freedom, on_progress)

    def max_length_km(self) -> float:
        """Greatest length with key: doubling, then bisection to a metre; 0 where there is none at all."""

        def has_key(length_km: float) -> bool:
            return self.secret_per_pulse(_span(self.profile, length_km, None)) > 0.0

        if not has_key(0.0):
            return 0.0
        low, high = 0.0, 50.0
        while has_key(high):
            low, high = high, 2.0 * high
            if low >= MAX_LENGTH_KM:
                return MAX_LENGTH_KM
        while high - low > 1e-3:
            middle = (low + high) / 2.0
            low, high = (middle, high) if has_key(middle) else (low, middle)
        return low

    def report(self, name: str, span: FibreSpan, chosen: Choice | None) -> KeyRate:
        figures, point = self.figures(span)
        theory = theory_of(self.profile)
        cover = coverage(self.profile, self.profile, theory, infinite_data=self.asymptotic)
        size = None if self.asymptotic else float(self.block_bits or _post(self.profile).block_size_bits)
        block_s = None if figures.block_pulses is None else figures.block_pulses / point.pulse_rate_hz
        return KeyRate(
            profile=name,
            protocol=self.profile.protocol.name,
            bounds="asymptotic, infinitely many decoys" if self.asymptotic else theory.bounds,
            covered_by_proof=cover.covered,
            coverage=str(cover),
            length_km=span.length_km,
            loss_db=span.total_loss_db,
            transmittance=10 ** (-span.total_loss_db / 10),
            gain=figures.gain,
            qber=figures.qber,
            single_photon_gain=figures.single_photon_gain,
            phase_error_rate=figures.phase_error_rate,
            sifted_rate_bps=figures.sifted_per_pulse * point.pulse_rate_hz,
            secret_key_bits_per_pulse=figures.secret_per_pulse,
            secret_key_rate_bps=figures.secret_per_pulse * point.pulse_rate_hz,
            block_bits=size,
            block_duration_s=None if block_s is None or not math.isfinite(block_s) else block_s,
            epsilon=None if self.asymptotic else _epsilon(self.profile, figures.secret_bits or 0.0),
            max_length_km=self.max_length_km(),
            in_validity=point.clicks.in_validity,
            optimised=None if chosen is None else asdict(chosen),
        )


def _post(profile: DeviceProfile) -> Any:
    if profile.post_processing is None:
        raise ValueError("a modelled profile has post-processing")
    return profile.post_processing


def _epsilon(profile: DeviceProfile, secret_bits: float) -> float:
    post = _post(profile)
    secrecy = post.epsilon_secrecy
    if secrecy is None:
        secrecy = secret_bits * post.epsilon_secrecy_per_bit
    return float(secrecy + post.epsilon_correctness + post.epsilon_authentication)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0.0 else 0.5


def _choice(profile: DeviceProfile) -> Choice:
    intensities = profile.source.intensity if profile.source else ()
    return Choice(
        tuple(float(one.mean_photon_number) for one in intensities),
        tuple(float(one.probability) for one in intensities),
        float(profile.protocol.key_basis_probability),
    )


def _with_choice(profile: DeviceProfile, choice: Choice) -> DeviceProfile:
    """The profile with other sender settings; both ends take the same bias."""
    if profile.source is None:
        raise ValueError("expected a modelled profile")
    intensities = tuple(
        one.model_copy(update={"mean_photon_number": mean, "probability": share})
        for one, mean, share in zip(
            profile.source.intensity, choice.mean_photon_number, choice.probability, strict=True
        )
    )
    bias = {"key_basis_probability": choice.key_basis_probability, "receiver_key_basis_probability": None}
    return profile.model_copy(
        update={
            "source": profile.source.model_copy(update={"intensity": intensities}),
            "protocol": profile.protocol.model_copy(update=bias),
        }
    )


def secret_key_rates_bps(
    profile: str | DeviceProfile,
    lengths_km: Sequence[float],
    *,
    block_bits: float | None = None,
    asymptotic: bool = False,
) -> list[float]:
    """Secret key rate at each length of the profile's reference fibre, for curves.

    Raises InputError for values out of range.
    """
    named = _named(profile, None)
    for length_km in lengths_km:
        _check(named.name, length_km, None, block_bits, asymptotic)
    spans = [_span(named.profile, length_km, None) for length_km in lengths_km]
    source = named.profile.source
    if source is None or not named.profile.is_modelled:
        return [declared_rate(named.profile, span.total_loss_db).secret_key_rate_bps for span in spans]
    study = _Study(named.profile, block_bits, asymptotic)
    return [study.secret_per_pulse(span) * float(source.pulse_rate_hz) for span in spans]
