"""How a device really makes random numbers, handles keys and mixes them: part of the truth of a specimen.

Every default is that of a sound device.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool, model_validator

from qkdsim.library import FileModel


class GeneratorTruth(FileModel):
    """The random number generator, beside the true min-entropy of its noise (`rng.min_entropy_per_bit`).

    noise_correlation   P(a raw bit equals the one before) - 1/2
    output_bias         P(1) - 1/2 of the bits that it puts out
    output_correlation  P(an output bit equals the one before) - 1/2
    health_tests        the tests of SP 800-90B, 4.4, that really run
    cutoff_factor       cutoffs of the health tests over those of a false alarm in 2^20
    stop_delay_s        from an alarm of the health tests to the end of key generation
    stops_on_alarm      whether an alarm ends key generation at all
    key_bias            P(1) - 1/2 of the bits that enter privacy amplification
    amplifies           whether released keys went through privacy amplification
    """

    noise_correlation: float = Field(default=0.0, ge=-0.5, le=0.5)
    output_bias: float = Field(default=0.0, ge=-0.5, le=0.5)
    output_correlation: float = Field(default=0.0, ge=-0.5, le=0.5)
    health_tests: tuple[Literal["repetition-count", "adaptive-proportion"], ...] = (
        "repetition-count",
        "adaptive-proportion",
    )
    cutoff_factor: float = Field(default=1.0, gt=0.0)
    stop_delay_s: float = Field(default=0.02, ge=0.0)
    stops_on_alarm: StrictBool = True
    key_bias: float = Field(default=0.01, ge=-0.5, le=0.5)
    amplifies: StrictBool = True


class KeyManagerTruth(FileModel):
    """The key manager beside the modules: what it does on the laboratory's network, where each node is one of them.

    A key is split over `paths` disjoint paths: as an XOR of all shares, by Shamir's threshold scheme, or not at all, so
    that every path carries a copy.
    """

    repeated_share: float = Field(default=0.0, ge=0.0, le=1.0)  # of requests that get key that was given out before
    kept_share: float = Field(default=0.0, ge=0.0, le=1.0)  # of delivered keys of which a copy stays in memory
    pad_reuse_share: float = Field(default=0.0, ge=0.0, le=1.0)  # of relayed keys under the pad of the relay before
    checks_relay_tags: StrictBool = True  # a relay message whose tag does not fit is refused
    unequal_share: float = Field(default=0.0, ge=0.0, le=1.0)  # of delivered keys that differ at the two ends
    logged_share: float = Field(default=0.0, ge=0.0, le=1.0)  # of deliveries whose log line shows the key
    paths: int = Field(default=3, ge=1, le=3)
    sharing: Literal["xor", "shamir", "copies"] = "xor"
    threshold: int | None = Field(default=None, ge=1)  # shares that give the key, with shamir; all when left out
    repeats_coefficients: StrictBool = False  # all bytes of a key are shared with the coefficients of the first one
    knows_sites: StrictBool = True  # key managers of one site count as one relay when disjoint paths are sought
    hop_delay_s: float = Field(default=0.005, ge=0.0, le=60.0)  # processing of one hop of a relay
    hop_jitter_s: float = Field(default=0.004, ge=0.0, le=60.0)  # mean of an exponential delay on top of it
    repetitions: int = Field(default=5, ge=0, le=100)  # of a lost message, before it is given up
    outages_per_year: float = Field(default=3.0, gt=0.0, le=1000.0)  # of one key manager, its modules and stores
    outage_s: float = Field(default=1800.0, gt=0.0)  # mean time until it is back
    enforces_lifetime: StrictBool = True  # key older than the configured age is dropped

    @model_validator(mode="after")
    def _threshold_fits(self) -> KeyManagerTruth:
        if self.threshold is not None and (self.sharing != "shamir" or self.threshold > self.paths):
            raise ValueError(f"threshold: got {self.threshold}, expected 1 to {self.paths} with sharing = 'shamir'")
        return self


class HybridTruth(FileModel):
    """How a QKD key and a post-quantum one are really mixed.

    combiner             `sound`, or a mistake: only one of the secrets is used, all but 16 bits of the second one are
                         dropped, or the two are joined and cut to the length of the first
    unbound              parts of the context that the derivation leaves out
    policy               what really suffices for a session, where that is not the declared mode
    rekey_factor         time between fresh QKD keys over the declared one
    """

    combiner: Literal["sound", "only-qkd", "only-pqc", "drops-pqc", "cut"] = "sound"
    unbound: tuple[Literal["key-id", "kem-ciphertext", "identities", "algorithms"], ...] = ()
    policy: str | None = None
    rekey_factor: float = Field(default=1.0, gt=0.0)
