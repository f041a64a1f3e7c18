"""Temperature during operation: PF-10, the highest temperature at which a laboratory saw the device make key."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qkdsim.evaluation.declared import TWO_SIDED_95
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.measured import on_records, sound
from qkdsim.evaluation.records import Records, Table
from qkdsim.evaluation.records.conditions import CHAMBER_TOLERANCE_C, temperature_c
from qkdsim.evaluation.records.kinds import SPACING_S
from qkdsim.evaluation.records.reading import wrong

FloatArray = NDArray[np.float64]


def operating_temperature(device: Device, records: Records) -> Evidence:
    """PF-10: highest temperature at which key was made for a quarter of an hour in all.

    If key was missing for as long at higher temperatures, the device stopped there. If not, it may well work where it
    is hotter: then the interval is open up to the declared end, and a record that stays far from it is no test.
    """
    declared_c = device.profile.platform.temperature_max_c
    if declared_c is None:
        raise wrong(device.name, "platform.temperature_max_c", "nothing", "a declared operating range")
    logs = [sound(one) for one in records.tables_of("temperature")]
    pairs = [(log, table) for log in logs for table in _key_rates(log, records)]
    if not pairs:
        return _no_test("no temperature was recorded during a record of the key rate")
    at_c, lasting_s, rate_bps = (
        np.concatenate(parts) for parts in zip(*(_readings(*one) for one in pairs), strict=True)
    )
    reached_c = _held(at_c, np.where(rate_bps > 0.0, lasting_s, 0.0))
    if reached_c is None:
        raise wrong(pairs[0][1].entry.file, "secret_key_rate_bps", "less than a quarter of an hour of key", "more")
    idle = (at_c > reached_c) & (rate_bps <= 0.0)
    is_stopped = float(lasting_s[idle].sum()) >= SPACING_S
    if not is_stopped and reached_c < float(declared_c) - CHAMBER_TOLERANCE_C:
        return _no_test(f"key up to {reached_c:.4g} °C: no test of the range, declared up to {float(declared_c):g} °C")
    half_c = TWO_SIDED_95 * max(one.entry.uncertainty_c or 0.0 for one in logs)
    high_c = reached_c + half_c if is_stopped else max(reached_c + half_c, float(declared_c))
    stop = float(at_c[idle].min()) if is_stopped else "not seen"
    hottest = np.argsort(at_c, kind="stable")
    return Evidence(
        "PF-10",
        "inspection",
        "measured",
        reached_c,
        (reached_c - half_c, high_c),
        sample_size=float(len(at_c)),
        note="highest temperature at which key was made for a quarter of an hour",
        facts=(
            ("record", ", ".join(dict.fromkeys(log.entry.file for log, _ in pairs))),
            ("instrument", ", ".join(dict.fromkeys(log.entry.instrument for log, _ in pairs))),
            ("lowest temperature (°C)", float(at_c.min())),
            ("highest temperature (°C)", float(at_c.max())),
            ("no key from (°C)", stop),
            ("declared (°C)", float(declared_c)),
        ),
        series=(
            Series(
                "key rate",
                "temperature (°C)",
                tuple(at_c[hottest].tolist()),
                "key rate (bit/s)",
                tuple(rate_bps[hottest].tolist()),
            ),
        ),
    )


def _key_rates(log: Table, records: Records) -> Iterator[Table]:
    """Sound records of the key rate during which temperatures were taken. Raises InputError for one that is not."""
    for one in records.tables_of("key_rate"):
        if one.entry.file in (log.entry.during or ()):
            yield sound(one)


def _readings(log: Table, table: Table) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Temperature, time since the reading before, and key rate."""
    time_s = table.values["time_s"]
    return temperature_c(log, time_s)[1:], np.diff(time_s), table.values["secret_key_rate_bps"][1:]


def _held(at_c: FloatArray, lasting_s: FloatArray) -> float | None:
    """The highest temperature that was reached or passed for a quarter of an hour; None if it was less."""
    falling = np.argsort(-at_c, kind="stable")
    enough = np.flatnonzero(np.cumsum(lasting_s[falling]) >= SPACING_S)
    return float(at_c[falling][enough[0]]) if len(enough) else None


def _no_test(note: str) -> Evidence:
    return Evidence("PF-10", "inspection", "none", None, applicable=False, note=note)


PROCEDURES: tuple[Procedure, ...] = (on_records("PF-10", "inspection", "temperature", operating_temperature),)
