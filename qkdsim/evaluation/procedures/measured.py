"""Measured evidence from records of the running link and of key processing: PF-01, PF-02, PF-04, PF-06, PP-09."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from qkdsim.errors import InputError
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import BATCHES, Estimate, least, ratio_of_sums, relative_spread, several
from qkdsim.evaluation.evidence import Evidence, Method, Series
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.records import Records, Table
from qkdsim.evaluation.records.description import NAME
from qkdsim.evaluation.records.estimators import counted, durations_s, mean_over_time, quarter_hours, with_scale
from qkdsim.evaluation.records.reading import wrong
from qkdsim.protocols import binary_entropy

NOMINAL_LOSS_DB = 10.0
SAME_LOSS_DB = 0.1  # losses this close are the same operating point
QUARTERS_OF_A_DAY = 95.0  # whole ones in 24 h of readings, wherever the first one lies
MOST_PROBLEMS = 20

Find = Callable[[Device, Records], Evidence]


def on_records(criterion: str, method: Method, kind: str, find: Find, *, is_slow: bool = False) -> Procedure:
    """A procedure on one kind of record: what is wrong with the record makes its evidence one without a value."""

    def run(device: Device, seed: int) -> Evidence:
        if device.records is None:
            raise ValueError(f"{device.name} has no records")
        try:
            return find(device, device.records)
        except InputError as error:
            first, *others = error.problems[:MOST_PROBLEMS]
            more = len(error.problems) - 1
            note = f"{first} (and {more} more)" if more else str(first)
            facts = tuple((f"problem {place}", str(one)) for place, one in enumerate(others, 2))
            return Evidence(criterion, method, "measured", None, note=note, facts=facts)

    return Procedure(criterion, method, run, is_slow=is_slow, needs="records", record=kind)


def found(criterion: str, table: Table, estimate: Estimate, size: float, planned: float, **more: Any) -> Evidence:
    """Evidence from a table; `more` are further fields of Evidence."""
    entry = table.entry
    facts = (("record", entry.file), ("instrument", entry.instrument), *table.conditions, *more.pop("facts", ()))
    return Evidence(
        criterion,
        "experiment",
        "measured",
        estimate.value,
        estimate.interval,
        sample_size=float(size),
        planned_size=float(planned),
        facts=facts,
        **more,
    )


def sound(table: Table) -> Table:
    """The table, if nothing is wrong with it. Raises InputError otherwise."""
    if table.problems:
        raise InputError(*table.problems)
    return table


def only_table(records: Records, kind: str) -> Table:
    """The table of a kind that is there once. Raises InputError if anything is wrong with it."""
    return sound(records.tables_of(kind)[0])


def _at_loss(tables: Sequence[Table], loss_db: float) -> Table:
    for one in tables:
        if abs((one.entry.loss_db or 0.0) - loss_db) <= SAME_LOSS_DB:
            return sound(one)
    given = ", ".join(f"{one.entry.loss_db:g} dB" for one in tables)
    raise wrong(NAME, f"{tables[0].entry.kind} loss_db", given, f"a record at {loss_db:g} dB")


def key_rate(table: Table, confidence: float = 0.95) -> Estimate:
    """Mean secret key rate in bit/s, with the uncertainty of the instrument."""
    mean = mean_over_time(table, "secret_key_rate_bps", confidence)
    one = with_scale(mean, table.entry.relative_uncertainty, confidence)
    return Estimate(one.value, max(one.low, 0.0), one.high)


def nominal_key_rate(device: Device, records: Records) -> Evidence:
    """PF-01: mean key rate at 10 dB."""
    table = _at_loss(records.tables_of("key_rate"), NOMINAL_LOSS_DB)
    size = float(len(durations_s(table)))
    return found("PF-01", table, key_rate(table), size, BATCHES, note="mean key rate of the record, in 30 batches")


def key_rate_as_declared(device: Device, records: Records) -> Evidence:
    """PF-02: mean over declared key rate, the least of all declared losses; a loss without a record cannot pass."""
    points = [one for one in device.profile.performance.rate_table if one.secret_key_rate_bps > 0.0]
    if not points:
        raise wrong(device.name, "performance.rate_table", "nothing", "declared key rates to compare with")
    tables = records.tables_of("key_rate")
    parts, used, losses_db, missing, size = [], [], [], [], 0.0
    for point in points:
        loss_db = float(point.loss_db)
        if all(abs((one.entry.loss_db or 0.0) - loss_db) > SAME_LOSS_DB for one in tables):
            missing.append(f"{loss_db:g} dB")
            continue
        table = _at_loss(tables, loss_db)
        parts.append(key_rate(table, several(len(points))).scaled(1.0 / float(point.secret_key_rate_bps)))
        used.append(table)
        losses_db.append(loss_db)
        size += min(float(len(durations_s(table))), BATCHES)
    if not parts:
        given = ", ".join(f"{one.entry.loss_db:g} dB" for one in tables)
        raise wrong(NAME, "key_rate loss_db", given, f"a record at {' or '.join(missing)}")
    figure = Series(
        "measured over declared key rate",
        "loss (dB)",
        tuple(losses_db),
        "ratio",
        tuple(one.value for one in parts),
        tuple(one.low for one in parts),
        tuple(one.high for one in parts),
    )
    return found(
        "PF-02",
        used[min(range(len(parts)), key=lambda place: parts[place].value)],
        least(parts),
        size,
        float(BATCHES * len(points)),
        note=f"no record at {', '.join(missing)}" if missing else "records at every declared loss; the least ratio",
        facts=(("losses without a record", ", ".join(missing) or "none"),),
        series=(figure,),
    )


def operating_error_rate(device: Device, records: Records) -> Evidence:
    """PF-04: errors of the sifted bits at 10 dB."""
    table = _at_loss(records.tables_of("qber"), NOMINAL_LOSS_DB)
    sifted = table.values["sifted_bits"]
    if len(sifted) < 2 or sifted.sum() <= 0.0:
        given = f"{len(sifted)} rows of {sifted.sum():g} bits"
        raise wrong(table.entry.file, "sifted_bits", given, "at least 2 rows, and bits in them")
    estimate = with_scale(counted(table.values["qber"] * sifted, sifted), table.entry.relative_uncertainty)
    facts = (("sifted bits", float(sifted.sum())),)
    return found(
        "PF-04", table, estimate, float(len(sifted)), BATCHES, note="errors of sifted bits, in 30 batches", facts=facts
    )


def key_rate_stability(device: Device, records: Records) -> Evidence:
    """PF-06: standard deviation over mean of the key rate of quarters of an hour; the scale cancels."""
    table = _at_loss(records.tables_of("key_rate"), NOMINAL_LOSS_DB)
    time_s = table.values["time_s"]
    rate_bps = quarter_hours(time_s, table.values["secret_key_rate_bps"], table.entry.file)
    if rate_bps.mean() <= 0.0:
        raise wrong(table.entry.file, "secret_key_rate_bps", "0 throughout", "key")
    return found(
        "PF-06",
        table,
        relative_spread(rate_bps),
        float(len(rate_bps)),
        QUARTERS_OF_A_DAY,
        note="key rate in quarters of an hour, over a day or more",
        series=(over_hours("key rate", "key rate (bit/s)", rate_bps),),
    )


def over_hours(name: str, label: str, values: np.ndarray) -> Series:
    """The figure of quarters of an hour."""
    return Series(
        name, "time (h)", tuple((place + 0.5) / 4.0 for place in range(len(values))), label, tuple(values.tolist())
    )


def leakage(device: Device, records: Records) -> Evidence:
    """PP-09: disclosed bits over n h(QBER), block by block.

    A block that gives more secret bits than sifted bits less those disclosed has not counted what it told: a fault
    whatever the key-length theory.
    """
    table = only_table(records, "key_processing")
    values, entry = table.values, table.entry
    sifted, told = values["sifted_bits"], values["disclosed_bits"]
    rate = np.divide(values["errors"], sifted, out=np.zeros_like(sifted), where=sifted > 0.0)
    least_bits = sifted * binary_entropy(np.minimum(rate, 0.5))
    if len(sifted) < 2 or least_bits.sum() <= 0.0:
        raise wrong(entry.file, "errors", f"{values['errors'].sum():g} in {len(sifted)} blocks", "blocks with errors")
    fault = ""
    beyond = np.flatnonzero(values["secret_bits"] > np.maximum(sifted - told, 0.0))
    if len(beyond):
        row = int(beyond[0])
        fault = (
            f"{entry.file}: {table.places[row]}: {values['secret_bits'][row]:.10g} secret bits of {sifted[row]:.10g} "
            f"sifted of which {told[row]:.10g} were disclosed"
        )
    return found(
        "PP-09",
        table,
        ratio_of_sums(told, least_bits),
        float(len(sifted)),
        BATCHES,
        note="disclosed bits of each block over those that Shannon asks for",
        facts=(("blocks with more key than was left", float(len(beyond))),),
        contradiction=fault,
    )


PROCEDURES: tuple[Procedure, ...] = (
    on_records("PF-01", "experiment", "key_rate", nominal_key_rate),
    on_records("PF-02", "experiment", "key_rate", key_rate_as_declared),
    on_records("PF-04", "experiment", "qber", operating_error_rate),
    on_records("PF-06", "experiment", "key_rate", key_rate_stability),
    on_records("PP-09", "experiment", "key_processing", leakage),
)
