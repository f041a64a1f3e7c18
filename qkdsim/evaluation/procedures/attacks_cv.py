"""Attacks on continuous-variable devices: on the calibration of the shot noise, and on the range of the detector.

The laboratory intercepts and sends on, and hides the noise that this makes. She hears what the device announces, and is
judged by the key that it releases.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qkdsim import units
from qkdsim.evaluation.cv_design import CvDesign
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, several
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.intervals import normal, zero_event_trials
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import power_series
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, nothing
from qkdsim.evaluation.specimen.cv_processing import CvBlocks
from qkdsim.evaluation.specimen.cv_quadratures import QuadratureAttack
from qkdsim.evaluation.specimen.quadrature_bench import QuadratureBench

UNIT_WITHIN = 1e-4  # standard error of the shot noise, relative, that the plan asks for
SHARES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of symbols intercepted, whose noise a false unit hides
BLOCKS_EACH = 30
TRIALS = zero_event_trials(0.01)
ROUNDS = 8  # of tuning the power
STRIDE, FURTHEST, WITHIN = 1.15, 1000.0, 1e-5  # of the search for a displacement
OFFSETS = (0.0, -0.02, 0.02)  # of the displacement, in standard deviations of the shot noise, about the best one


def calibration(device: Device, seed: int) -> Evidence:
    """CV-02: greatest error of the unit of shot noise with which a device still gives key.

    A share of the symbols is intercepted; pulses of the local oscillator are delayed to the trigger, or attenuated,
    so far that a unit from before hides the noise of it, and a better channel keeps the transmittance. What the unit
    really is, the laboratory measures with its cap on the signal port under the same attack.
    """
    design, bench = CvDesign.of(device.profile), bench_of(device).quadratures
    signal = design.receiver.gain * units.transmittance(design.nominal_loss_db)
    confidence = several(2 * len(SHARES))
    parts: list[Estimate] = []
    points: list[tuple[float, float]] = []
    calm = bench.blocks(design.nominal_loss_db, BLOCKS_EACH, nature(seed, "CV-02", "honest"))
    refused = [(0.0, _without_key(calm), BLOCKS_EACH)]
    excess, released_at = 0.0, 0
    for share in SHARES:
        response = 1.0 - 2.0 * share * signal
        for is_delayed in (True, False):
            attack = QuadratureAttack(share, 1.0 / response, response, is_delayed)
            names = (str(share), str(is_delayed))
            log = bench.blocks(design.nominal_loss_db, BLOCKS_EACH, nature(seed, "CV-02", *names), attack)
            error = _unit_error(bench, log, attack, confidence, seed, *names)
            points.append((response, error.value))
            if is_delayed:
                refused.append((share, _without_key(log), BLOCKS_EACH))
            if log.released_bits.any():
                parts.append(error)
                released_at += 1
                beyond = log.released_bits - bench.secure_bits(design.nominal_loss_db, attack)
                excess = max(excess, float(beyond.max()))
    if not parts:
        if not calm.released_bits.any():
            return nothing("CV-02", "attack", seed, "no key without attack either")
        parts = [_unit_error(bench, calm, QuadratureAttack(), confidence, seed, "honest")]
    size = float(BLOCKS_EACH * 2 * len(SHARES))
    worst = Estimate(max(one.value for one in parts), max(one.low for one in parts), max(one.high for one in parts))
    leak = f"{excess:.0f} bits of a block released beyond the secure length from the truth"
    return found(
        "CV-02",
        "attack",
        worst,
        seed,
        sample_size=size,
        planned_size=size,
        note="error of the announced unit, wherever the device gave key under a forged calibration",
        facts=(
            ("attacks under which key was given", float(released_at)),
            ("of", float(2 * len(SHARES))),
            ("beyond the secure length from the truth", excess),
        ),
        series=(_errors(points[::2]), power_series("simulated", "share of symbols intercepted", refused)),
        contradiction=f"undetected: {leak}" if excess > 0.0 else "",
    )


def _without_key(log: CvBlocks) -> int:
    return int(np.count_nonzero(log.released_bits == 0.0))


def _unit_error(
    bench: QuadratureBench, log: CvBlocks, attack: QuadratureAttack, confidence: float, seed: int, *names: str
) -> Estimate:
    """|announced over measured shot noise - 1|, of the mean over blocks."""
    values = 4.0 / UNIT_WITHIN**2
    covered = bench.covered_records(values, nature(seed, "CV-02", "covered", *names), attack).variance_y
    dark = bench.dark_records(values, nature(seed, "CV-02", "dark", *names)).variance_y
    measured = float((covered - dark)[0])
    error = UNIT_WITHIN * float(covered[0]) / measured
    value = float(log.shot_noise.mean()) / measured - 1.0
    low, high = normal(value, error, confidence)
    least = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    return Estimate(abs(value), least, max(abs(low), abs(high)))


def _errors(points: list[tuple[float, float]]) -> Series:
    return Series(
        "error of the announced unit",
        "shot noise over that before the attack",
        tuple(response for response, _ in points),
        "relative error",
        tuple(error for _, error in points),
    )


def saturation(device: Device, seed: int) -> Evidence:
    """CV-03: every symbol intercepted, records displaced to the end of the range, where cutting hides the noise.

    Power and displacement are tuned by what the device announces, until transmittance and noise look as without
    attack; then 299 blocks, a third of them a little to either side. No symbol holds a secret, so any released bit is
    one too many.
    """
    design, bench = CvDesign.of(device.profile), bench_of(device).quadratures
    honest = bench.blocks(design.nominal_loss_db, BLOCKS_EACH, nature(seed, "CV-03", "honest"))
    if not honest.released_bits.any():
        return nothing("CV-03", "attack", seed, "no key without attack either")
    aim = (float(honest.channel.transmittance.mean()), float(honest.channel.excess_noise_snu.mean()))
    best = _tuned(bench, design, aim, seed)
    if best is None:
        return _unreached(aim, seed)
    each = -(-TRIALS // len(OFFSETS))
    released = cut = worst = 0.0
    for offset in OFFSETS:
        attack = replace(best, displacement=best.displacement + offset)
        log = bench.blocks(design.nominal_loss_db, each, nature(seed, "CV-03", "trials", str(offset)), attack)
        beyond = log.released_bits - bench.secure_bits(design.nominal_loss_db, attack)
        released += float(np.count_nonzero(log.released_bits))
        worst, cut = max(worst, float(beyond.max())), max(cut, float(log.cut_share.max()))
    size = float(each * len(OFFSETS))
    return Evidence(
        "CV-03",
        "attack",
        "specimen",
        worst <= 0.0,
        sample_size=size,
        planned_size=float(TRIALS),
        events=int(released),
        seed=seed,
        note=f"blocks with key while every symbol was intercepted: {released:.0f}; greatest excess: {worst:.0f} bits",
        facts=(
            ("displacement (standard deviations of the shot noise)", best.displacement),
            ("power of the signal over that without attack", best.power_gain),
            ("values at the ends of the range", cut),
            ("announced excess noise aimed at (SNU)", aim[1]),
        ),
    )


def _unreached(aim: tuple[float, float], seed: int) -> Evidence:
    """No displacement hides the noise: the range is wider than what light can fill, or does not cut."""
    return Evidence(
        "CV-03",
        "attack",
        "specimen",
        True,
        sample_size=float(TRIALS),
        planned_size=float(TRIALS),
        seed=seed,
        note="no displacement of 1000 standard deviations of the shot noise or less hides the noise of interception",
        facts=(("announced excess noise aimed at (SNU)", aim[1]),),
    )


def _tuned(bench: QuadratureBench, design: CvDesign, aim: tuple[float, float], seed: int) -> QuadratureAttack | None:
    """Displacement and power at which the announced channel is that without attack; None where there are none."""

    def announced(attack: QuadratureAttack) -> tuple[float, float]:
        log = bench.blocks(design.nominal_loss_db, 1, nature(seed, "CV-03", "tuning"), attack)
        return float(log.channel.transmittance[0]), float(log.channel.excess_noise_snu[0])

    def powered(displacement: float) -> QuadratureAttack:
        attack = QuadratureAttack(intercepted=1.0, displacement=displacement)
        for _ in range(ROUNDS):  # the announced transmittance follows the power, almost in proportion
            seen = max(announced(attack)[0], 1e-9)
            attack = replace(attack, power_gain=min(attack.power_gain * aim[0] / seen, most))
        return attack

    def is_hidden(displacement: float) -> bool:
        return announced(powered(displacement))[1] <= aim[1]

    most = 1.0 / units.transmittance(design.nominal_loss_db)
    high = 1.0
    while not is_hidden(high):
        high *= STRIDE
        if high > FURTHEST:
            return None
    low = high / STRIDE
    while high - low > WITHIN:
        middle = (low + high) / 2.0
        low, high = (low, middle) if is_hidden(middle) else (middle, high)
    return powered(high)


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("CV-02", "attack", calibration, needs="bench"),
    Procedure("CV-03", "attack", saturation, needs="bench"),
)
