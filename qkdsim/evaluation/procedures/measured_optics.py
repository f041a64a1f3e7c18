"""Records of light and detectors: TX-01 to TX-04, RX-01, RX-02, RX-04. Evidence of basis `measured`."""

from __future__ import annotations

import math

import numpy as np

from qkdsim.errors import shown
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import (
    BATCHES,
    Estimate,
    greatest,
    magnitude,
    normal,
    relative_spread,
    several,
)
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.measured import QUARTERS_OF_A_DAY, found, on_records, only_table, over_hours
from qkdsim.evaluation.procedures.observed import detector_of, source_of
from qkdsim.evaluation.records import Records, Table
from qkdsim.evaluation.records.estimators import (
    dark_probability,
    efficiency,
    mean_reading,
    quarter_hours,
    rows_of,
    with_scale,
)
from qkdsim.evaluation.records.reading import wrong

LEAST_SHARE = 0.05  # decoys below this share of the signal count as vacuum


def _classes(device: Device, table: Table) -> list[tuple[str, float, np.ndarray]]:
    """Name, declared mean photon number and readings of each intensity, in the order of the profile.

    Raises InputError for a name that the profile does not have, or an intensity with fewer than two readings.
    """
    source = source_of(device.profile)
    names = [one.name for one in source.intensity]
    for name, place in zip(table.series, table.places, strict=True):
        if name not in names:
            raise wrong(table.entry.file, f"{place}, intensity", shown(name), f"one of {', '.join(names)}")
    series, values = np.array(table.series), table.values["mean_photon_number"]
    found_each = []
    for name, declared in zip(names, source.emitted_mean_photon_numbers, strict=True):
        own = values[series == name]
        if len(own) < 2:
            raise wrong(table.entry.file, "intensity", f"{len(own)} readings of {name!r}", "at least 2")
        found_each.append((name, float(declared), own))
    return found_each


def _size(table: Table, names: list[str]) -> float:
    return float(min(table.series.count(one) for one in names))


def intensity_accuracy(device: Device, records: Records) -> Evidence:
    """TX-01: mean of the readings of every intensity against its declared mean photon number."""
    table = only_table(records, "intensities")
    classes = _classes(device, table)
    confidence = several(len(classes))
    parts, facts = [], []
    for name, declared, values in classes:
        one = with_scale(mean_reading(values, confidence), table.entry.relative_uncertainty, confidence)
        facts.append((f"mean photon number of {name}", one.value))
        if declared > 0.0:
            parts.append(magnitude(Estimate(*(end / declared - 1.0 for end in (one.value, one.low, one.high)))))
    size = _size(table, [name for name, _, _ in classes])
    note = "mean of the readings of every intensity"
    return found("TX-01", table, greatest(parts), size, BATCHES, note=note, facts=tuple(facts))


def intensity_stability(device: Device, records: Records) -> Evidence:
    """TX-02: standard deviation over mean of the signal in quarters of an hour; noise of the readings is left in."""
    table = only_table(records, "intensities")
    signal = _classes(device, table)[0][0]
    own = np.array(table.series) == signal
    level = quarter_hours(table.values["time_s"][own], table.values["mean_photon_number"][own], table.entry.file)
    if level.mean() <= 0.0:
        raise wrong(table.entry.file, "mean_photon_number", f"0 throughout for {signal!r}", "light")
    return found(
        "TX-02",
        table,
        relative_spread(level),
        float(len(level)),
        QUARTERS_OF_A_DAY,
        note="signal in quarters of an hour, over a day or more",
        series=(over_hours("signal", "mean photon number", level),),
    )


def _ratio(table: Table, above: np.ndarray, below: np.ndarray, confidence: float) -> Estimate:
    """Ratio of two mean readings; the calibration cancels only where they share it."""
    top, bottom = mean_reading(above, 0.95), mean_reading(below, 0.95)
    if top.value <= 0.0 or bottom.value <= 0.0:
        raise wrong(table.entry.file, "mean_photon_number", "0 throughout for an intensity", "light")
    spread = [_relative_error(one) for one in (top, bottom)]
    scale = 0.0 if table.entry.shared_calibration else math.sqrt(2.0) * table.entry.relative_uncertainty
    ratio = top.value / bottom.value
    return normal(ratio, ratio * math.hypot(*spread, scale), confidence)


def _relative_error(one: Estimate) -> float:
    return (one.high - one.low) / (2.0 * 1.959963984540054 * one.value)


def intensity_ratios(device: Device, records: Records) -> Evidence:
    """TX-03: ratios of decoys to the signal against their declared values."""
    table = only_table(records, "intensities")
    (signal, brightest, signal_values), *others = _classes(device, table)
    decoys = [one for one in others if one[1] > LEAST_SHARE * brightest]
    if not decoys:
        return Evidence("TX-03", "experiment", "none", None, applicable=False, note="no decoy but a vacuum")
    parts = []
    for _, declared, values in decoys:
        ratio = _ratio(table, values, signal_values, several(len(decoys))).scaled(brightest / declared)
        parts.append(magnitude(Estimate(ratio.value - 1.0, ratio.low - 1.0, ratio.high - 1.0)))
    size = _size(table, [signal, *(name for name, _, _ in decoys)])
    return found("TX-03", table, greatest(parts), size, BATCHES, note="ratios of mean readings")


def vacuum_extinction(device: Device, records: Records) -> Evidence:
    """TX-04: signal over the weakest intensity, in decibels."""
    table = only_table(records, "intensities")
    classes = _classes(device, table)
    (signal, _, bright), (weakest, _, dim) = classes[0], classes[-1]
    one = _ratio(table, bright, dim, 0.95)
    half = 10.0 / math.log(10.0) * (one.high - one.value) / one.value
    decibels = 10.0 * math.log10(one.value)
    estimate = Estimate(decibels, decibels - half, decibels + half)
    note = "ratio of mean readings of the brightest and the weakest intensity"
    return found("TX-04", table, estimate, _size(table, [signal, weakest]), BATCHES, note=note)


def _rows(table: Table, *, lit: bool) -> float:
    """Readings of the detector that has fewer."""
    means = [rows_of(table, detector)[2] for detector in (0, 1)]
    return float(min(((one > 0.0) if lit else (one == 0.0)).sum() for one in means))


def efficiency_accuracy(device: Device, records: Records) -> Evidence:
    """RX-01: efficiency of each detector against the declared one."""
    table, detector = only_table(records, "counts"), detector_of(device.profile)
    parts, facts = [], []
    for unit in (0, 1):
        declared = detector.of_unit(unit, "efficiency")
        if not declared:
            raise wrong(device.name, "detector.efficiency", "nothing", "a declared efficiency")
        one = with_scale(efficiency(table, unit, several(2)), table.entry.relative_uncertainty, several(2))
        facts.append((f"efficiency of detector {unit}", one.value))
        parts.append(magnitude(Estimate(*(end / declared - 1.0 for end in (one.value, one.low, one.high)))))
    note = "detections of known light, those in the dark taken off"
    return found("RX-01", table, greatest(parts), _rows(table, lit=True), BATCHES, note=note, facts=tuple(facts))


def mismatch(device: Device, records: Records) -> Evidence:
    """RX-02: 1 - least / greatest of the two efficiencies."""
    table = only_table(records, "counts")
    worse, better = sorted((efficiency(table, unit) for unit in (0, 1)), key=lambda one: one.value)
    if worse.value <= 0.0:
        raise wrong(table.entry.file, "detections", "no more than in the dark", "detections of light")
    scale = 0.0 if table.entry.shared_calibration else math.sqrt(2.0) * table.entry.relative_uncertainty
    ratio = worse.value / better.value
    one = normal(1.0 - ratio, ratio * math.hypot(_relative_error(worse), _relative_error(better), scale))
    estimate = Estimate(one.value, max(one.low, 0.0), one.high)
    return found("RX-02", table, estimate, _rows(table, lit=True), BATCHES, note="efficiencies of the two detectors")


def dark_counts(device: Device, records: Records) -> Evidence:
    """RX-04: detections per gate in the dark, of the worse detector."""
    table = only_table(records, "counts")
    each = [dark_probability(table, unit, several(2)) for unit in (0, 1)]
    facts = tuple((f"per gate of detector {unit}", one.value) for unit, one in enumerate(each))
    note = "gates opened in the dark; the worse detector"
    return found("RX-04", table, greatest(each), _rows(table, lit=False), BATCHES, note=note, facts=facts)


PROCEDURES: tuple[Procedure, ...] = (
    on_records("TX-01", "experiment", "intensities", intensity_accuracy),
    on_records("TX-02", "experiment", "intensities", intensity_stability),
    on_records("TX-03", "experiment", "intensities", intensity_ratios),
    on_records("TX-04", "experiment", "intensities", vacuum_extinction),
    on_records("RX-01", "experiment", "counts", efficiency_accuracy),
    on_records("RX-02", "experiment", "counts", mismatch),
    on_records("RX-04", "experiment", "counts", dark_counts),
)
