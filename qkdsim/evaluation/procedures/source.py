"""Experiments on the brightness of the light: mean photon numbers, their ratios and stability, photon statistics."""

from __future__ import annotations

import math

import numpy as np

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, magnitude, normal, relative_spread, several, share
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, source_of
from qkdsim.evaluation.specimen.observations import CountReading

COUNTS = 4e6  # clicks of each class: 0.05 % of statistical error, small beside a calibration's
DAY_S = 86400.0
STABILITY_SAMPLES = 97  # a reading every quarter of an hour
HBT_GATES = 1e9


def mean_photon_number(reading: CountReading, confidence: float) -> Estimate:
    """Mean photon number of a class from its clicks: -ln(1 - p) over the efficiency, dark counts taken off.

    The uncertainty of the calibration adds to that of the counts.
    """
    silent = 1.0 - share(reading.clicks, reading.gates).value
    detected = -math.log(silent) + math.log1p(-reading.dark_probability)
    counting = math.sqrt((1.0 - silent) / (silent * reading.gates))
    mean = detected / reading.efficiency
    spread = math.hypot(counting / reading.efficiency, mean * reading.efficiency_relative_uncertainty)
    return normal(mean, spread, confidence)


def _counting_error(reading: CountReading) -> float:
    """Relative standard error of a mean photon number by counting alone, dark counts taken off."""
    own = max(reading.clicks - reading.dark_probability * reading.gates, 1.0)
    return math.sqrt(max(reading.clicks, 1.0)) / own


def intensity_readings(device: Device, criterion: str, seed: int) -> list[CountReading]:
    """Each class counted until it has `COUNTS` clicks, by its declared brightness."""
    source, bench = source_of(device.profile), bench_of(device)
    readings = []
    for place, mean in enumerate(source.emitted_mean_photon_numbers):
        gates = min(COUNTS / (0.2 * max(mean, 1e-5)), 1e12)
        readings.append(bench.intensity_counts(place, gates, nature(seed, criterion, place)))
    return readings


def intensity_accuracy(device: Device, seed: int) -> Evidence:
    """TX-01: calibrated photon counting of every intensity class against its declared mean photon number."""
    declared = source_of(device.profile).emitted_mean_photon_numbers
    readings = intensity_readings(device, "TX-01", seed)
    each = [mean_photon_number(one, several(len(readings))) for one in readings]
    deviations = [
        magnitude(Estimate(one.value / mean - 1.0, one.low / mean - 1.0, one.high / mean - 1.0))
        for one, mean in zip(each, declared, strict=True)
        if mean > 0.0
    ]
    facts = tuple((f"mean photon number of class {place}", one.value) for place, one in enumerate(each))
    size = sum(one.gates for one in readings)
    note = "calibrated photon counting at the quantum port"
    return found(
        "TX-01", "experiment", greatest(deviations), seed, sample_size=size, planned_size=size, note=note, facts=facts
    )


def intensity_stability(device: Device, seed: int) -> Evidence:
    """TX-02: relative standard deviation of the signal over a day, the noise of counting taken off."""
    bench, mean = bench_of(device), source_of(device.profile).emitted_mean_photon_numbers[0]
    gates = COUNTS / (0.2 * mean)
    series = bench.intensity_series(0, DAY_S, STABILITY_SAMPLES, gates, nature(seed, "TX-02"))
    level = -np.log1p(-series.clicks / series.gates) / series.efficiency
    spread = relative_spread(level)
    counting = 1.0 / math.sqrt(float(series.clicks.mean()))
    without = [math.sqrt(max(one**2 - counting**2, 0.0)) for one in (spread.value, spread.low, spread.high)]
    figure = Series(
        "signal over a day", "time (h)", tuple(series.time_s / 3600.0), "mean photon number", tuple(level.tolist())
    )
    return found(
        "TX-02",
        "experiment",
        Estimate(*without),
        seed,
        sample_size=float(STABILITY_SAMPLES),
        planned_size=float(STABILITY_SAMPLES),
        note="the signal counted every quarter of an hour for 24 h",
        series=(figure,),
    )


def intensity_ratios(device: Device, seed: int) -> Evidence:
    """TX-03: ratios of decoys to the signal against their declared values; the calibration cancels."""
    declared = source_of(device.profile).emitted_mean_photon_numbers
    readings = intensity_readings(device, "TX-03", seed)
    decoys = [place for place, mean in enumerate(declared) if place and mean > 0.0]
    signal = mean_photon_number(readings[0], 0.95)
    parts = []
    for place in decoys:
        decoy = mean_photon_number(readings[place], 0.95)
        off = decoy.value / signal.value / (declared[place] / declared[0]) - 1.0
        error = (1.0 + off) * math.hypot(_counting_error(readings[0]), _counting_error(readings[place]))
        parts.append(magnitude(normal(off, error, several(len(decoys)))))
    if not parts:
        return Evidence("TX-03", "experiment", "none", None, applicable=False, note="no decoy but a perfect vacuum")
    size = sum(one.gates for one in readings)
    return found(
        "TX-03",
        "experiment",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=size,
        note="calibrated photon counting; the calibration cancels in the ratio",
    )


def vacuum_extinction(device: Device, seed: int) -> Evidence:
    """TX-04: signal over weakest class."""
    readings = intensity_readings(device, "TX-04", seed)
    signal, weakest = (mean_photon_number(readings[place], 0.95) for place in (0, -1))
    # light that is lost among the dark counts may be as strong as what would just show
    hidden = 1.0 / (readings[-1].gates * readings[-1].efficiency)
    error = math.hypot(_counting_error(readings[0]), _counting_error(readings[-1]))
    weak = normal(weakest.value, max(weakest.value, hidden) * error)
    decibels = Estimate(
        *(10.0 * math.log10(signal.value / max(mean, hidden)) for mean in (weak.value, weak.high, weak.low))
    )
    size = sum(one.gates for one in readings)
    return found(
        "TX-04",
        "experiment",
        decibels,
        seed,
        sample_size=size,
        planned_size=size,
        note="photon counting of the brightest and the weakest class",
    )


def photon_statistics(device: Device, seed: int) -> Evidence:
    """TX-05: g2(0) by coincidences behind a beam splitter, over those with a distant pulse."""
    reading = bench_of(device).hbt_counts(0, HBT_GATES, nature(seed, "TX-05"))
    g2 = reading.coincidences / reading.distant
    error = g2 * math.sqrt(1.0 / max(reading.coincidences, 1.0) + 1.0 / reading.distant)
    single = source_of(device.profile).photon_statistics == "single-photon"
    deviation = magnitude(normal(g2 if single else g2 - 1.0, error))
    facts = (("g2(0)", g2),)
    return found(
        "TX-05",
        "experiment",
        deviation,
        seed,
        sample_size=HBT_GATES,
        planned_size=HBT_GATES,
        facts=facts,
        note="coincidences behind a beam splitter over those with a distant pulse",
    )


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("TX-01", "experiment", intensity_accuracy, needs="bench"),
    Procedure("TX-02", "experiment", intensity_stability, needs="bench"),
    Procedure("TX-03", "experiment", intensity_ratios, needs="bench"),
    Procedure("TX-04", "experiment", vacuum_extinction, needs="bench"),
    Procedure("TX-05", "experiment", photon_statistics, needs="bench"),
)
