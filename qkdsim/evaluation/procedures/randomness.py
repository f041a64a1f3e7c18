"""Randomness of the generator, of its noise and of released keys: RN-01 to RN-04, RN-06 and PP-15.

Levels and sample sizes are fixed here, before anything is measured. SP 800-22 decides by Holm's rule at a family-wise
level of 1e-4 over all its sub-tests; SP 800-90B looks at raw noise only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from qkdsim import rng
from qkdsim.evaluation.declared import declared
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.inspection import inspected
from qkdsim.evaluation.procedures.observed import bench_of

if TYPE_CHECKING:
    from qkdsim.evaluation.specimen.key_bench import Bits, GeneratorBench
    from qkdsim.randomness.decision import BatteryResult
    from qkdsim.randomness.sp800_90b import Estimates

OUTPUT_SEQUENCES = 100  # of a million bits each
KEY_SEQUENCES = 60
SEQUENCE_BITS = 1_000_000
NOISE_BITS = 5_000_000
# How far below full entropy the least estimate of ideal noise of this size may come, by five standard errors of the
# compression estimate, which decides; 200 ideal samples fell short by 0.10 in the mean and by 0.14 at most.
NOISE_SHORTFALL = 0.18
HEALTH_FAULTS = 30
HEALTH_SAMPLES = 1 << 25
STOPS = 59  # the largest of 59 is above the 95th percentile with 95 % confidence


def output_battery(device: Device, seed: int) -> Evidence:
    """RN-01: SP 800-22 on 100 sequences of a million output bits."""
    generator = rng.stream(seed, "certify", "RN-01")
    source = _source(device)
    return battery_evidence("RN-01", seed, (source.output(SEQUENCE_BITS, generator) for _ in range(OUTPUT_SEQUENCES)))


def key_battery(device: Device, seed: int) -> Evidence:
    """PP-15: SP 800-22 on 60 sequences of a million bits of released key."""
    generator = rng.stream(seed, "certify", "PP-15")
    source = _source(device)
    return battery_evidence(
        "PP-15", seed, (source.released_keys(SEQUENCE_BITS, generator) for _ in range(KEY_SEQUENCES))
    )


def noise_entropy(device: Device, seed: int) -> Evidence:
    """RN-02: the least of the ten SP 800-90B estimates on raw noise bits.

    Each is a lower bound, so the least is the lower end of the interval. Its upper end adds what ideal noise falls
    short of full entropy at this sample size: noise that a larger sample might pass is inconclusive, not failed.
    """
    return noise_evidence(_noise_estimates(device, seed), seed)


def _noise_estimates(device: Device, seed: int) -> Estimates:
    """The ten estimates on one sample of raw noise, on which RN-02 and RN-03 both rest."""
    return _estimates(_source(device), seed)  # type: ignore[arg-type]  # hashed by its identity


@lru_cache(maxsize=1)
def _estimates(source: GeneratorBench, seed: int) -> Estimates:
    from qkdsim.randomness.sp800_90b import estimate

    return estimate(source.raw_noise(NOISE_BITS, rng.stream(seed, "certify", "RN-02")))


def noise_evidence(found: Estimates, seed: int) -> Evidence:
    """RN-02 from the ten estimates."""
    return Evidence(
        "RN-02",
        "statistical-test",
        "specimen",
        found.least,
        interval=(found.least, min(1.0, found.least + NOISE_SHORTFALL)),
        confidence=0.99,
        sample_size=NOISE_BITS,
        planned_size=NOISE_BITS,
        seed=seed,
        note="least of ten estimates, each a 99 % lower bound",
        facts=found.by_name,
    )


def conditioned_entropy(device: Device, seed: int) -> Evidence:
    """RN-03: output min-entropy per bit by SP 800-90B, 3.1.5, from the raw noise measured for RN-02, with SHA-256.

    Any other conditioning is not vetted, and what it leaves cannot be worked out from here.
    """
    ratio = device.profile.rng.conditioning_ratio
    if device.profile.rng.conditioning != "sha-256" or ratio is None:
        note = "needs rng.conditioning = sha-256 and rng.conditioning_ratio"
        return Evidence("RN-03", "statistical-test", "none", None, note=note)
    return conditioned_evidence(_noise_estimates(device, seed).least, float(ratio), seed)


def conditioned_evidence(least: float, ratio: float, seed: int) -> Evidence:
    """RN-03 from the least estimate of the raw noise, with SHA-256 over `ratio` raw bits for each output bit."""
    ends = [_conditioned(one, ratio) for one in (least, min(1.0, least + NOISE_SHORTFALL))]
    return Evidence(
        "RN-03",
        "statistical-test",
        "specimen",
        ends[0],
        interval=(ends[0], ends[1]),
        confidence=0.99,
        sample_size=NOISE_BITS,
        planned_size=NOISE_BITS,
        seed=seed,
        note="SP 800-90B, 3.1.5, for SHA-256 over the declared number of raw bits",
        facts=(("raw min-entropy per bit", least), ("raw bits per output bit", ratio)),
    )


def declared_conditioned_entropy(device: Device, seed: int) -> Evidence:
    """RN-03 by inspection: the declared min-entropy after conditioning, and whether the declared raw noise gives it."""
    profile = device.profile.rng
    raw, wanted, ratio = (
        profile.min_entropy_per_bit,
        profile.conditioned_min_entropy_per_bit,
        profile.conditioning_ratio,
    )
    fault = ""
    if profile.conditioning == "sha-256" and raw is not None and wanted is not None and ratio is not None:
        reached = _conditioned(float(raw), float(ratio))
        if reached < float(wanted):
            fault = f"{ratio:g} raw bits of {raw:g} bit each leave {reached:.5f} per bit, {wanted:g} is declared"
    parameter = "rng.conditioned_min_entropy_per_bit"
    return inspected("RN-03", declared(device.profile, parameter), parameter, contradiction=fault)


def _conditioned(raw: float, ratio: float) -> float:
    from qkdsim.randomness.conditioning import output_entropy

    return output_entropy(ratio * _HASH_BITS, _HASH_BITS, _HASH_BITS, raw * ratio * _HASH_BITS) / _HASH_BITS


def health_tests(device: Device, seed: int) -> Evidence:
    """RN-04: forced faults raise an alarm in time, and undisturbed noise hardly ever does.

    A stuck source must be found within 64 samples (the repetition count cutoff for 1/3 bit of entropy), a source with
    nine ones in ten within 16 windows of 1,024, and so must one with three ones in every four samples: it never repeats
    a value more than six times, so that the repetition count alone is deaf to it. False alarms: no more than two tests
    at 2^-20 each let expect, by the Poisson tail at 1e-4.
    """
    from scipy import stats

    generator, source = rng.stream(seed, "certify", "RN-04"), _source(device)
    stuck = [source.alarm_after("stuck", generator) for _ in range(HEALTH_FAULTS)]
    biased = [source.alarm_after("biased", generator) for _ in range(HEALTH_FAULTS)]
    patterned = [source.alarm_after("patterned", generator) for _ in range(HEALTH_FAULTS)]
    alarms = source.false_alarms(HEALTH_SAMPLES, generator)
    found_stuck = sum(one is not None and one <= 64 for one in stuck)
    found_biased = sum(one is not None and one <= 16 * 1024 for one in biased)
    found_patterned = sum(one is not None and one <= 16 * 1024 for one in patterned)
    all_found = found_stuck == found_biased == found_patterned == HEALTH_FAULTS
    most = float(stats.poisson.isf(1e-4, 2.0 * HEALTH_SAMPLES * 2.0**-20))
    return Evidence(
        "RN-04",
        "experiment",
        "specimen",
        all_found and alarms <= most,
        sample_size=HEALTH_FAULTS,
        planned_size=HEALTH_FAULTS,
        seed=seed,
        note=(
            f"{found_stuck} of {HEALTH_FAULTS} stuck, {found_biased} biased and {found_patterned} patterned "
            f"sources found, {alarms} false alarms"
        ),
        facts=(("false alarms", float(alarms)), ("false alarms allowed", most), ("samples", float(HEALTH_SAMPLES))),
    )


def failure_response(device: Device, seed: int) -> Evidence:
    """RN-06: the longest of 59 times from total failure of the noise to the end of key generation."""
    generator, source = rng.stream(seed, "certify", "RN-06"), _source(device)
    times = [source.stop_s(generator) for _ in range(STOPS)]
    longest = max(60.0 if one is None else one for one in times)
    missed = sum(one is None for one in times)
    note = f"{missed} of {STOPS} failures did not end key generation within 60 s" if missed else "longest of 59"
    return Evidence(
        "RN-06",
        "experiment",
        "specimen",
        longest,
        interval=(longest, longest),
        sample_size=STOPS,
        planned_size=STOPS,
        seed=seed,
        note=note,
    )


_HASH_BITS = 256


def battery_evidence(criterion: str, seed: int, sequences: Iterator[Bits]) -> Evidence:
    """SP 800-22 on sequences of a million bits, as evidence on a specimen."""
    from qkdsim.randomness.decision import battery

    return decided_evidence(criterion, seed, battery(sequences))


def decided_evidence(criterion: str, seed: int, result: BatteryResult) -> Evidence:
    """What SP 800-22 has decided, as evidence on a specimen."""
    from qkdsim.randomness.decision import FAMILY_LEVEL

    rejected = ", ".join(result.rejected[:5])
    return Evidence(
        criterion,
        "statistical-test",
        "specimen",
        result.is_passed,
        confidence=1.0 - FAMILY_LEVEL,
        sample_size=result.sequences,
        planned_size=result.sequences,
        seed=seed,
        note=f"rejected: {rejected}" if rejected else f"{len(result.sub_tests)} sub-tests, none rejected",
        facts=(
            ("sequences of 1e6 bits", float(result.sequences)),
            ("sub-tests", float(len(result.sub_tests))),
            ("family-wise level", FAMILY_LEVEL),
            ("smallest p-value", result.smallest),
            ("sub-tests odd by the rule of SP 800-22, 4.2", float(sum(one.is_odd_to_nist for one in result.sub_tests))),
        ),
        series=(_proportions(result),),
    )


def _proportions(result: BatteryResult) -> Series:
    """The share of sequences that pass each sub-test, with the band in which an ideal source stays (four sigma)."""
    sigma = [4.0 * math.sqrt(0.01 * 0.99 / max(one.sequences, 1)) for one in result.sub_tests]
    return Series(
        "sub-tests",
        "sub-test",
        tuple(float(place) for place in range(1, len(result.sub_tests) + 1)),
        "share of sequences that pass at 0.01",
        tuple(one.proportion for one in result.sub_tests),
        y_low=tuple(0.99 - one for one in sigma),
        y_high=tuple(min(0.99 + one, 1.0) for one in sigma),
        is_discrete=True,
    )


def _source(device: Device) -> GeneratorBench:
    return bench_of(device).random_source


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("RN-01", "statistical-test", output_battery, is_slow=True, needs="bench"),
    Procedure("RN-02", "statistical-test", noise_entropy, is_slow=True, needs="bench"),
    Procedure("RN-03", "inspection", declared_conditioned_entropy),
    Procedure("RN-03", "statistical-test", conditioned_entropy, is_slow=True, needs="bench"),
    Procedure("RN-04", "experiment", health_tests, needs="bench"),
    Procedure("RN-06", "experiment", failure_response, needs="bench"),
    Procedure("PP-15", "statistical-test", key_battery, is_slow=True, needs="bench"),
)
