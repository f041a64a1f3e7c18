"""How a device really makes random numbers, handles keys and mixes them: part of the truth of a specimen.

Every default is that of a sound device.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool

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
    """The key manager beside the modules: in the laboratory, three of them in a row, and disjoint paths between two.

    repeated_share         share of requests answered with a key that was given out before
    kept_share             share of delivered keys of which a copy stays in the store
    pad_reuse_share        share of relayed keys that are encrypted with the pad of the relay before
    checks_relay_tags      whether a relay message whose tag does not fit is refused
    unequal_share          share of delivered keys that differ at the two ends
    logged_share           share of deliveries whose log line shows bits of the key
    paths                  disjoint paths over which a key is split
    splits                 whether the paths carry shares; else each carries the whole key
    response_median_s      median time from request to key, and
    response_spread        standard deviation of its logarithm
    lost_share             share of requests at rated load that bring no key
    outages_per_year       interruptions of key supply, and
    outage_s               their mean length
    enforces_lifetime      whether keys older than the configured age are refused
    """

    repeated_share: float = Field(default=0.0, ge=0.0, le=1.0)
    kept_share: float = Field(default=0.0, ge=0.0, le=1.0)
    pad_reuse_share: float = Field(default=0.0, ge=0.0, le=1.0)
    checks_relay_tags: StrictBool = True
    unequal_share: float = Field(default=0.0, ge=0.0, le=1.0)
    logged_share: float = Field(default=0.0, ge=0.0, le=1.0)
    paths: int = Field(default=3, ge=1, le=8)
    splits: StrictBool = True
    response_median_s: float = Field(default=0.02, gt=0.0)
    response_spread: float = Field(default=0.4, gt=0.0, le=3.0)
    lost_share: float = Field(default=0.0, ge=0.0, le=1.0)
    outages_per_year: float = Field(default=6.0, gt=0.0)
    outage_s: float = Field(default=1800.0, gt=0.0)
    enforces_lifetime: StrictBool = True


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
