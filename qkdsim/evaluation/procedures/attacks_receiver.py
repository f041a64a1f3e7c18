"""Attacks through the receiver's port: bright light, late pulses, shifted times, false calibrations and clocks.

Released bits are judged by what the eavesdropper knows: the laboratory plays her and has her notes.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import several
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.intervals import clopper_pearson
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import Design, excess_bits, power_series
from qkdsim.evaluation.procedures.gates import gate_width_ps
from qkdsim.evaluation.procedures.observed import bench_of, nature
from qkdsim.evaluation.specimen.attack_bench import EavesdroppedOperation
from qkdsim.evaluation.specimen.observations import Light, ReceiverCounts
from qkdsim.postprocessing.ledger import KEY

POWERS_W = tuple(float(one) for one in np.geomspace(1e-9, 1e-1, 33))
POWER_HALVINGS = 12  # of a step of the series, so that no monitor hides between two powers tried: to 1.4e-4
OVER_BLINDING = (1.0, 3.0, 10.0)  # powers tried, over the least that blinds
BLINDING_S = 10.0
DETECTION_TRIALS = 45_000  # all noticed: 0.9999 at 95 %, for each of four kinds of light
BLOCKS = 60  # of an attack on released key
SHIFTS_OF_GATE = (0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # shifts tried, over the width of the gate
CALIBRATION_GATES, CALIBRATION_PHOTONS = 1e8, 1.0
ARRIVALS_IN_GATE = (-0.45, -0.25, 0.0, 0.25, 0.45)  # arrival times after a calibration, over the width of the gate
UNGATED_SHIFT_PS = 100.0  # where there is no gate
ALARM_TRIALS = 300


def blinding_noticed(device: Device, seed: int) -> Evidence:
    """RX-08: the least power that blinds, searched; then whether the device raises an alarm at and above it."""
    bench, least_w = bench_of(device).attacker, _blinding_power_w(device, seed, "RX-08")
    if least_w is None:
        return _not_blinded("RX-08", seed, 1.0)
    kinds = [(f"continuous, {over:g} times", over, False) for over in OVER_BLINDING] + [("in bursts", 1.0, True)]
    worst, facts, noticed_at = (1.0, 1.0, 1.0), [], []
    for name, over, is_pulsed in kinds:
        draw = nature(seed, "RX-08", name)
        reading = bench.bright_light(over * least_w, BLINDING_S, DETECTION_TRIALS, draw, is_pulsed=is_pulsed)
        noticed = int(np.isfinite(reading.alarm_s).sum())
        low, high = clopper_pearson(noticed, DETECTION_TRIALS)
        facts.append((f"noticed, {name}", noticed / DETECTION_TRIALS))
        noticed_at.append((over * least_w, noticed / DETECTION_TRIALS, low, high))
        worst = min(worst, (low, high, noticed / DETECTION_TRIALS))
    return Evidence(
        "RX-08",
        "attack",
        "specimen",
        worst[2],
        (worst[0], worst[1]),
        sample_size=float(DETECTION_TRIALS),
        planned_size=float(DETECTION_TRIALS),
        seed=seed,
        note=f"blind from {least_w:.3g} W; alarms within {BLINDING_S:g} s of light, the worst of {len(kinds)} kinds",
        facts=tuple(facts),
        series=(_monitor_power(device, seed),),
    )


def blinding_leak(device: Device, seed: int) -> Evidence:
    """RX-09: key released while detectors are blind and click as the eavesdropper wants."""
    least_w = _blinding_power_w(device, seed, "RX-09")
    if least_w is None:
        return _not_blinded("RX-09", seed, 0.0)
    design = Design.of(device)
    done = [
        bench_of(device).attacker.blinded_operation(
            design.loss_db, design.duration_s(BLOCKS), over * least_w, nature(seed, "RX-09", str(over))
        )
        for over in OVER_BLINDING
    ]
    return _leak("RX-09", device, design, done, seed, f"faked states in continuous light from {least_w:.3g} W on")


def after_gate_leak(device: Device, seed: int) -> Evidence:
    """RX-10: key released while faked states arrive after the gates."""
    if gate_width_ps(device, seed, "RX-10") is None:
        return Evidence("RX-10", "attack", "none", None, applicable=False, note="detectors without a gate")
    design = Design.of(device)
    draw = nature(seed, "RX-10")
    done = bench_of(device).attacker.after_gate_operation(design.loss_db, design.duration_s(BLOCKS), draw)
    return _leak("RX-10", device, design, [done], seed, "faked states after the gate")


def time_shift_leak(device: Device, seed: int) -> Evidence:
    """RX-18: key released while each pulse is early or late, and the eavesdropper guesses bits from her shifts."""
    design, attacker = Design.of(device), bench_of(device).attacker
    shifts_ps = _shifts_ps(device, seed, "RX-18")
    done = [
        attacker.time_shifted_operation(
            design.loss_db, design.duration_s(BLOCKS), shift_ps, nature(seed, "RX-18", str(shift_ps))
        )
        for shift_ps in shifts_ps
    ]
    calm = attacker.time_shifted_operation(
        design.loss_db, design.duration_s(BLOCKS), 0.0, nature(seed, "RX-18", "calm")
    )
    figure = _refused("shift of the pulses (ps)", [0.0, *shifts_ps], [calm, *done])
    return _leak("RX-18", device, design, done, seed, f"pulses shifted by up to {shifts_ps[-1]:.0f} ps", (figure,))


def clock_leak(device: Device, seed: int) -> Evidence:
    """RX-21: key released while the clock is delayed, a little or a lot."""
    design, attacker = Design.of(device), bench_of(device).attacker
    shifts_ps = [sign * one for one in (10.0, 20.0, *_shifts_ps(device, seed, "RX-21")) for sign in (1.0, -1.0)]
    done = [
        attacker.clock_shifted_operation(
            design.loss_db, design.duration_s(BLOCKS), shift_ps, nature(seed, "RX-21", str(shift_ps))
        )
        for shift_ps in shifts_ps
    ]
    what = f"clock delayed by up to {shifts_ps[-2]:.0f} ps either way"
    calm = attacker.clock_shifted_operation(
        design.loss_db, design.duration_s(BLOCKS), 0.0, nature(seed, "RX-21", "calm")
    )
    figure = _refused("delay of the clock (ps)", [0.0, *shifts_ps], [calm, *done])
    return _leak("RX-21", device, design, done, seed, what, (figure,))


def calibration_mismatch(device: Device, seed: int) -> Evidence:
    """RX-17: by how much a forged calibration light makes the detectors unequal, over the gate."""
    attacker, gate_ps = bench_of(device).attacker, _gate_ps(device, seed, "RX-17")
    worst = (-math.inf, 0.0)
    for share_of_gate in ARRIVALS_IN_GATE:
        offset_ps = share_of_gate * gate_ps
        light = Light(CALIBRATION_PHOTONS, offset_ps=offset_ps)
        ratios = []
        for is_tampered in (False, True):
            draw = nature(seed, "RX-17", str(offset_ps), int(is_tampered))
            counts = attacker.calibrated_counts(light, CALIBRATION_GATES, draw, is_tampered=is_tampered)
            ratios.append(_imbalance(counts))
        (before, before_error), (after, after_error) = ratios
        worst = max(worst, (abs(after - before), math.hypot(before_error, after_error)))
    value, error = worst
    half = float(stats.norm.isf((1.0 - several(len(ARRIVALS_IN_GATE))) / 2.0)) * error
    return Evidence(
        "RX-17",
        "attack",
        "specimen",
        value,
        (max(value - half, 0.0), value + half),
        sample_size=2.0 * len(ARRIVALS_IN_GATE) * CALIBRATION_GATES,
        planned_size=2.0 * len(ARRIVALS_IN_GATE) * CALIBRATION_GATES,
        seed=seed,
        note="imbalance of the detectors after a forged calibration less that after a true one, worst arrival time",
    )


def alarm_latency(device: Device, seed: int) -> Evidence:
    """RX-19: time from the start of light that drives the detectors out of range to the alarm."""
    least_w = _blinding_power_w(device, seed, "RX-19")
    power_w = POWERS_W[-1] if least_w is None else least_w
    reading = bench_of(device).attacker.bright_light(power_w, 1000.0, ALARM_TRIALS, nature(seed, "RX-19"))
    latest_s = float(reading.alarm_s.max())
    if not math.isfinite(latest_s):
        missed = int(np.isinf(reading.alarm_s).sum())
        note = f"no alarm within 1000 s in {missed} of {ALARM_TRIALS} trials"
        return Evidence("RX-19", "attack", "specimen", 1000.0, (1000.0, 1e9), seed=seed, note=note)
    return Evidence(
        "RX-19",
        "attack",
        "specimen",
        float(np.median(reading.alarm_s)),
        (float(reading.alarm_s.min()), latest_s),
        sample_size=float(ALARM_TRIALS),
        planned_size=float(ALARM_TRIALS),
        seed=seed,
        note=f"alarms in continuous light of {power_w:.3g} W: median, first and last",
    )


def _blinding_power_w(device: Device, seed: int, criterion: str) -> float | None:
    """Least power under which probe pulses make no click, first over the series, then halving; None if none does."""
    bench = bench_of(device).attacker

    def is_blind(power_w: float) -> bool:
        reading = bench.bright_light(power_w, 1.0, 1, nature(seed, criterion, "search", str(power_w)))
        return not reading.probe_clicks.any()

    place = next((number for number, power_w in enumerate(POWERS_W) if is_blind(power_w)), None)
    if place is None:
        return None
    low_w, high_w = POWERS_W[max(place - 1, 0)], POWERS_W[place]
    for _ in range(POWER_HALVINGS if place else 0):
        middle_w = math.sqrt(low_w * high_w)
        low_w, high_w = (low_w, middle_w) if is_blind(middle_w) else (middle_w, high_w)
    return high_w


def _not_blinded(criterion: str, seed: int, value: float) -> Evidence:
    note = f"no continuous light up to {POWERS_W[-1]:g} W blinds the detectors"
    return Evidence(criterion, "attack", "specimen", value, (value, value), confidence=1.0, seed=seed, note=note)


def _monitor_power(device: Device, seed: int) -> Series:
    """How often the device notices light, by its power."""
    bench, points = bench_of(device).attacker, []
    for power_w in POWERS_W[::2]:
        reading = bench.bright_light(power_w, BLINDING_S, ALARM_TRIALS, nature(seed, "RX-08", "power", str(power_w)))
        points.append((power_w, int(np.isfinite(reading.alarm_s).sum()), ALARM_TRIALS))
    return power_series("alarms", "power at the receiver's port, W", points, "probability of an alarm")


def _refused(x_label: str, strengths: list[float], done: list[EavesdroppedOperation]) -> Series:
    """How often a block was refused, by the strength of the attack."""
    points = [
        (strength, int(np.count_nonzero(one.record.outcome != KEY)), len(one.record.outcome))
        for strength, one in sorted(zip(strengths, done, strict=True), key=lambda pair: pair[0])
    ]
    return power_series("simulated", x_label, points)


def _leak(
    criterion: str,
    device: Device,
    design: Design,
    done: list[EavesdroppedOperation],
    seed: int,
    what: str,
    series: tuple[Series, ...] = (),
) -> Evidence:
    """Bits released beyond what was secret in truth, the most of all blocks."""
    excess = [excess_bits(device, design, one.record, one.attack, one.known_share).max(initial=0.0) for one in done]
    trials = float(BLOCKS * len(done))  # times in which the device undisturbed makes a block
    events = sum(int(value > 0.0) for value in excess)
    released = sum(float(one.record.released_bits.sum()) for one in done)
    return Evidence(
        criterion,
        "attack",
        "specimen",
        float(max(excess)),
        sample_size=trials,
        planned_size=trials,
        events=events,
        seed=seed,
        note=f"{what}: released beyond the secure length from the truth",
        facts=(
            ("bits released under attack", released),
            ("most that the eavesdropper knew of a sifted bit", max(one.known_share for one in done)),
            ("blocks with an alarm", float(sum(one.alarms.sum() for one in done))),
        ),
        series=series,
    )


def _gate_ps(device: Device, seed: int, criterion: str) -> float:
    return gate_width_ps(device, seed, criterion) or UNGATED_SHIFT_PS


def _shifts_ps(device: Device, seed: int, criterion: str) -> list[float]:
    gate_ps = _gate_ps(device, seed, criterion)
    return [share * gate_ps for share in SHIFTS_OF_GATE]


def _imbalance(counts: ReceiverCounts) -> tuple[float, float]:
    """Difference of the two detectors' responses over the greater, and its standard error.

    A response is -ln(1 - p), the mean number of photons that a detector would count: clicks alone grow less than it.
    """
    clicks = counts.fired
    first, second = (float(one) for one in -np.log1p(-clicks / counts.gates))
    least, most = sorted((first, second))
    if most <= 0.0:
        return 0.0, math.inf
    return (first - second) / most, least / most * math.sqrt(float((1.0 / np.maximum(clicks, 1.0)).sum()))


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("RX-08", "attack", blinding_noticed, needs="bench"),
    Procedure("RX-09", "attack", blinding_leak, needs="bench"),
    Procedure("RX-10", "attack", after_gate_leak, needs="bench"),
    Procedure("RX-17", "attack", calibration_mismatch, needs="bench"),
    Procedure("RX-18", "attack", time_shift_leak, needs="bench"),
    Procedure("RX-19", "attack", alarm_latency, needs="bench"),
    Procedure("RX-21", "attack", clock_leak, needs="bench"),
)
