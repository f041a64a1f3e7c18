"""Estimates from a laboratory's readings: 95 % intervals of the statistics and of the instrument together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qkdsim.evaluation.estimates import Estimate, normal, ratio_of_sums, share
from qkdsim.evaluation.intervals import CONFIDENCE
from qkdsim.evaluation.records.kinds import SPACING_S
from qkdsim.evaluation.records.reading import wrong
from qkdsim.evaluation.records.table import Table

FloatArray = NDArray[np.float64]


def with_scale(one: Estimate, relative_uncertainty: float, confidence: float = CONFIDENCE) -> Estimate:
    """The estimate with the standard uncertainty of a scale added in quadrature to either half of its interval."""
    scale = float(stats.norm.isf((1.0 - confidence) / 2.0)) * relative_uncertainty * abs(one.value)
    return Estimate(
        one.value,
        one.value - math.hypot(one.value - one.low, scale),
        one.value + math.hypot(one.high - one.value, scale),
    )


def hull(one: Estimate, other: Estimate) -> Estimate:
    """One value with the wider of two intervals at each end."""
    return Estimate(one.value, min(one.low, other.low), max(one.high, other.high))


def counted(events: FloatArray, trials: FloatArray, confidence: float = CONFIDENCE) -> Estimate:
    """A probability from counts row by row: no narrower than the spread of the rows shows, nor than counting allows.

    Raises ValueError for fewer than two rows or no trial.
    """
    whole = ratio_of_sums(events, trials, confidence)
    return hull(whole, share(float(events.sum()), float(trials.sum()), confidence))


def mean_over_time(table: Table, column: str, confidence: float = CONFIDENCE) -> Estimate:
    """Mean of a column of rates: each reading stands for the time since the one before it.

    Raises InputError for fewer than three readings.
    """
    lasting_s = durations_s(table)
    return ratio_of_sums(table.values[column][1:] * lasting_s, lasting_s, confidence)


def mean_reading(values: FloatArray, confidence: float = CONFIDENCE) -> Estimate:
    """Mean of readings in order of time, in batches so that slow drift stays inside.

    Raises ValueError for fewer than two.
    """
    return ratio_of_sums(values, np.ones_like(values), confidence)


def durations_s(table: Table) -> FloatArray:
    """Times between readings.

    Raises InputError for fewer than three readings.
    """
    time_s = table.values["time_s"]
    if len(time_s) < 3:
        raise wrong(table.entry.file, "", f"{len(time_s)} readings", "at least 3")
    lasting_s: FloatArray = np.diff(time_s)
    return lasting_s


def quarter_hours(time_s: FloatArray, values: FloatArray, file: str) -> FloatArray:
    """Means over quarters of an hour, each reading standing for the time since the one before it.

    Raises InputError for readings further apart than that, or fewer than two whole quarters.
    """
    lasting_s = np.diff(time_s)
    if len(lasting_s) and lasting_s.max() > SPACING_S:
        row = int(lasting_s.argmax())
        given = f"{lasting_s[row]:g} s between readings at {time_s[row]:.10g} and {time_s[row + 1]:.10g} s"
        raise wrong(file, "time_s", given, f"at most {SPACING_S:g} s for a figure of stability")
    count = int((time_s[-1] - time_s[0]) / SPACING_S + 1e-9)
    if count < 2:
        raise wrong(file, "time_s", f"{time_s[-1] - time_s[0]:g} s of readings", "a day for a figure of stability")
    edges_s = time_s[0] + SPACING_S * np.arange(count + 1)
    collected = np.append(0.0, np.cumsum(values[1:] * lasting_s))
    means: FloatArray = np.diff(np.interp(edges_s, time_s, collected)) / SPACING_S
    return means


def efficiency(table: Table, detector: int, confidence: float = CONFIDENCE) -> Estimate:
    """Efficiency of one detector from gates with light and gates in the dark, the instrument's scale left out.

    (ln(1 - dark) - ln(1 - clicks)) over the mean photon number at the detector, for Poisson light.

    Raises InputError where either kind of row is missing or a detector fires in every gate.
    """
    file, (gates, clicks, mean) = table.entry.file, rows_of(table, detector)
    lit, dark = mean > 0.0, mean == 0.0
    if lit.sum() < 2 or not dark.any():
        given = f"{lit.sum()} rows with light and {dark.sum()} in the dark of detector {detector}"
        raise wrong(file, "mean_photon_number", given, "at least 2 with light and 1 in the dark (0)")
    if (clicks >= gates).any():
        raise wrong(file, "detections", f"as many as gates at detector {detector}", "fewer: dimmer light")
    dark_gates = float(gates[dark].sum())
    noise = float(clicks[dark].sum()) / dark_gates
    gates, clicks, mean = gates[lit], clicks[lit], mean[lit]
    reaching = mean * 10.0 ** (-(table.entry.path_loss_db or 0.0) / 10.0) * gates
    detected = (math.log1p(-noise) - np.log1p(-clicks / gates)) * gates
    spread = ratio_of_sums(detected, reaching, confidence)
    of_light = float((gates * clicks / (gates - clicks)).sum())
    of_dark = float(gates.sum()) ** 2 * noise / (dark_gates * (1.0 - noise))
    error = math.sqrt(of_light + of_dark) / float(reaching.sum())
    return hull(spread, normal(spread.value, error, confidence))


def dark_probability(table: Table, detector: int, confidence: float = CONFIDENCE) -> Estimate:
    """Dark counts per gate of one detector.

    Raises InputError for fewer than two rows in the dark.
    """
    gates, clicks, mean = rows_of(table, detector)
    dark = mean == 0.0
    if dark.sum() < 2:
        given = f"{dark.sum()} rows in the dark of detector {detector}"
        raise wrong(table.entry.file, "mean_photon_number", given, "at least 2 rows of 0")
    return counted(clicks[dark], gates[dark], confidence)


def rows_of(table: Table, detector: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gates, detections and mean photon numbers of one detector, rows without gates left out."""
    values = table.values
    own = (values["detector"] == detector) & (values["gates"] > 0.0)
    return values["gates"][own], values["detections"][own], values["mean_photon_number"][own]
