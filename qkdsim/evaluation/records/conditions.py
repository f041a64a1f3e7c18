"""Under which temperatures records were taken: facts for their evidence, and whether the device was meant for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qkdsim.devices import DeviceProfile
from qkdsim.errors import Problem
from qkdsim.evaluation.records.table import Table

FloatArray = NDArray[np.float64]
CHAMBER_TOLERANCE_C = 2.0  # a climate chamber keeps its temperature within this (qkdsim default)
LEAST_PAIRS = 10
READING: Mapping[str, str] = {
    "qber": "qber",
    "key_rate": "secret_key_rate_bps",
    "intensities": "mean_photon_number",
}
Facts = tuple[tuple[str, float | str], ...]


def with_conditions(tables: Sequence[Table], profile: DeviceProfile | None) -> tuple[Table, ...]:
    """The tables, those that a temperature record names with its facts and with what is wrong about it.

    A record taken outside of the declared operating range, or under temperatures that are not known throughout, says
    nothing about the device as declared. Without a profile no range is known.
    """
    logs = [one for one in tables if one.entry.kind == "temperature"]
    return tuple(_with_those_of(one, logs, profile) for one in tables)


def _with_those_of(table: Table, logs: Sequence[Table], profile: DeviceProfile | None) -> Table:
    for log in logs:
        if table.entry.file not in (log.entry.during or ()) or table.problems:
            continue
        problems = log.problems or tuple(_problems(table, log, profile))
        table = replace(table, conditions=() if problems else _facts(table, log), problems=problems)
    return table


def temperature_c(log: Table, time_s: FloatArray) -> FloatArray:
    """Temperature at some times, straight between readings."""
    found: FloatArray = np.interp(time_s, log.values["time_s"], log.values["temperature_c"])
    return found


def _within(table: Table, log: Table) -> NDArray[np.intp]:
    """Which rows of the log lie in the time of a record."""
    ends_s = table.values["time_s"].min(), table.values["time_s"].max()
    return np.flatnonzero((log.values["time_s"] >= ends_s[0]) & (log.values["time_s"] <= ends_s[1]))


def _problems(table: Table, log: Table, profile: DeviceProfile | None) -> Iterator[Problem]:
    name, time_s, slack_s = log.entry.file, log.values["time_s"], log.entry.max_gap_s
    first_s, last_s = table.values["time_s"].min(), table.values["time_s"].max()
    if first_s < time_s[0] - slack_s or last_s > time_s[-1] + slack_s:
        given = f"readings from {time_s[0]:.10g} to {time_s[-1]:.10g} s"
        whole = f"the whole time of {table.entry.file}, {first_s:.10g} to {last_s:.10g} s"
        yield Problem(name, "time_s", given, whole)
    if profile is None:
        return
    low, high = profile.platform.temperature_min_c, profile.platform.temperature_max_c
    rows = _within(table, log)
    inside = log.values["temperature_c"][rows]
    for limit, sign in ((low, -1.0), (high, 1.0)):
        if limit is None or not len(inside):
            continue
        beyond = sign * (inside - float(limit))
        worst = int(beyond.argmax())
        if beyond[worst] > CHAMBER_TOLERANCE_C:
            side = "at most" if sign > 0.0 else "at least"
            expected = (
                f"{side} {float(limit):g}, the declared operating range, give or take {CHAMBER_TOLERANCE_C:g}, "
                f"while {table.entry.file} was taken"
            )
            yield Problem(name, f"{log.places[int(rows[worst])]}, temperature_c", f"{inside[worst]:g}", expected)


def _facts(table: Table, log: Table) -> Facts:
    """Lowest and highest temperature during a record, and how its readings went with the temperature."""
    time_s = table.values["time_s"]
    ends = temperature_c(log, np.array([time_s.min(), time_s.max()]))
    seen = np.append(log.values["temperature_c"][_within(table, log)], ends)
    facts: list[tuple[str, float | str]] = [
        ("lowest temperature (°C)", float(seen.min())),
        ("highest temperature (°C)", float(seen.max())),
    ]
    column = READING.get(table.entry.kind)
    if column is None:
        return tuple(facts)
    series = np.array(table.series or [""] * len(time_s))
    for name in dict.fromkeys(series.tolist()):
        own = series == name
        one = correlation(temperature_c(log, time_s[own]), table.values[column][own])
        if one is not None:
            facts.append((f"correlation with temperature{f', {name}' if name else ''}", one))
    return tuple(facts)


def correlation(left: FloatArray, right: FloatArray) -> float | None:
    """Pearson's coefficient; None for fewer than ten pairs or where either does not vary."""
    if len(left) < LEAST_PAIRS:
        return None
    one, other = left - left.mean(), right - right.mean()
    scale = np.linalg.norm(one) * np.linalg.norm(other)
    least = 1e-12 * len(left) * max(abs(left).max(), 1e-300) * max(abs(right).max(), 1e-300)
    return float(np.clip(one @ other / scale, -1.0, 1.0)) if scale > least else None
