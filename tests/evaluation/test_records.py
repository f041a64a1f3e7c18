"""Records of a laboratory: estimators that cover the truth, verdicts, and every way in which a record may be bad."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import laboratory
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laboratory import METRO, csv_text, entry

from qkdsim.devices import load_profile
from qkdsim.errors import InputError
from qkdsim.evaluation import Evidence, certify
from qkdsim.evaluation.certification import open_device
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate
from qkdsim.evaluation.procedures import measured, measured_bits, measured_optics
from qkdsim.evaluation.records import RecordEntry, Table, read_records
from qkdsim.evaluation.records.estimators import (
    counted,
    dark_probability,
    efficiency,
    hull,
    mean_over_time,
    mean_reading,
    quarter_hours,
    with_scale,
)
from qkdsim.evaluation.records.table import table_of

PROCEDURES = {one.criterion: one for one in (*measured.PROCEDURES, *measured_optics.PROCEDURES)}
REPEATS = 400
# of 400 repeats at 95 %: 380 +/- 4.4; three standard errors below, and nothing above since hulls are wider
LEAST_COVERED = 380 - 14


def table(kind: str, columns: dict[str, object], file: str = "table.csv", **more: object) -> Table:
    options = {"loss_db": 10.0} if kind in ("qber", "key_rate") else {}
    options |= {"path_loss_db": laboratory.PATH_LOSS_DB} if kind == "counts" else {}
    options |= {"relative_uncertainty": 0.0, **more}
    made = RecordEntry(kind=kind, file=file, instrument="instrument", **options)
    return table_of(made, csv_text(columns).encode())  # type: ignore[arg-type]


def covered(estimate: Callable[[np.random.Generator], Estimate], truth: float) -> int:
    """In how many of the repeats the interval holds the truth."""
    rng = np.random.default_rng(11)
    found = [estimate(rng) for _ in range(REPEATS)]
    return sum(one.low <= truth <= one.high for one in found)


def test_intervals_of_the_error_rate_cover() -> None:
    def one(rng: np.random.Generator) -> Estimate:
        sifted = rng.integers(5_000, 20_000, 60).astype(float)
        return counted(rng.binomial(sifted.astype(int), 0.02).astype(float), sifted)

    assert covered(one, 0.02) >= LEAST_COVERED


def test_intervals_of_a_rare_event_cover_though_rows_are_empty() -> None:
    """Where hardly any row has an error the spread of the rows says nothing."""

    def one(rng: np.random.Generator) -> Estimate:
        return counted(rng.binomial(1000, 2e-5, 40).astype(float), np.full(40, 1000.0))

    assert covered(one, 2e-5) >= LEAST_COVERED


def test_intervals_of_the_key_rate_cover_with_uneven_readings() -> None:
    made = RecordEntry(kind="key_rate", file="k.csv", instrument="i", loss_db=10.0, relative_uncertainty=0.0)

    def one(rng: np.random.Generator) -> Estimate:
        time_s = np.cumsum(rng.uniform(10.0, 60.0, 90))
        return mean_over_time(
            Table(made, {"time_s": time_s, "secret_key_rate_bps": 1e4 + 800.0 * rng.standard_normal(90)}),
            "secret_key_rate_bps",
        )

    assert covered(one, 1e4) >= LEAST_COVERED


def test_intervals_of_efficiency_and_dark_counts_cover() -> None:
    made = RecordEntry(
        kind="counts", file="c.csv", instrument="i", path_loss_db=laboratory.PATH_LOSS_DB, relative_uncertainty=0.0
    )

    def drawn(rng: np.random.Generator) -> Table:
        columns = laboratory.count_columns(rng, rows=30, gates=10**7)
        return Table(made, {name: np.array(values, dtype=float) for name, values in columns.items()})

    assert covered(lambda rng: efficiency(drawn(rng), 0), laboratory.EFFICIENCY[0]) >= LEAST_COVERED
    assert covered(lambda rng: dark_probability(drawn(rng), 1), laboratory.DARK[1]) >= LEAST_COVERED


def test_the_stated_uncertainty_of_the_scale_is_covered() -> None:
    def one(rng: np.random.Generator) -> Estimate:
        readings = 5.0 * (1.0 + 0.02 * rng.standard_normal()) + 0.05 * rng.standard_normal(30)
        return with_scale(mean_reading(readings), 0.02)

    assert covered(one, 5.0) >= LEAST_COVERED


@given(
    st.lists(st.floats(1.0, 600.0), min_size=40, max_size=120),
    st.floats(0.0, 1e6),
    st.floats(-1e6, 1e6),
)
@settings(max_examples=40, deadline=None)
def test_quarters_of_a_constant_are_constant(lasting_s: list[float], level: float, start_s: float) -> None:
    time_s = start_s + np.append(0.0, np.cumsum(lasting_s))
    if time_s[-1] - time_s[0] < 1800.0:
        with pytest.raises(InputError):
            quarter_hours(time_s, np.full(len(time_s), level), "k.csv")
        return
    means = quarter_hours(time_s, np.full(len(time_s), level), "k.csv")
    np.testing.assert_allclose(means, level, rtol=1e-6, atol=1e-6)


@given(st.integers(0, 500), st.integers(500, 10**6), st.floats(0.0, 0.2), st.floats(0.0, 0.2))
@settings(max_examples=60, deadline=None)
def test_a_worse_instrument_never_narrows_an_interval(events: int, trials: int, one: float, more: float) -> None:
    whole = counted(np.array([events, events], dtype=float), np.array([trials, trials], dtype=float))
    better, worse = with_scale(whole, one), with_scale(whole, one + more)
    assert worse.low <= better.low <= better.value <= better.high <= worse.high


def test_estimates_by_hand() -> None:
    # 1.959964 standard deviations hold 95 % of a normal law
    scaled = with_scale(Estimate(10.0, 7.0, 14.0), 0.4 / 1.959964)
    assert scaled.interval == pytest.approx((10.0 - 5.0, 10.0 + 4.0 * np.sqrt(2.0)))
    assert hull(Estimate(1.0, 0.5, 1.2), Estimate(1.1, 0.8, 2.0)) == Estimate(1.0, 0.5, 2.0)
    # a reading stands for the time since the one before it; the first one for none
    rates = table("key_rate", {"time_s": [0, 10, 40], "secret_key_rate_bps": [999, 1, 4]})
    assert mean_over_time(rates, "secret_key_rate_bps").value == pytest.approx((10 * 1 + 30 * 4) / 40)
    values = np.array([999.0, 1.0, 4.0])
    for start_s in (0.0, 248.2):  # the second one is a rounding error short of half an hour
        time_s = start_s + np.array([0.0, 900.0, 1800.0])
        assert quarter_hours(time_s, values, "k.csv") == pytest.approx([1.0, 4.0])
    with pytest.raises(InputError, match="1790 s of readings, expected a day"):
        quarter_hours(np.array([0.0, 900.0, 1790.0]), values, "k.csv")


def test_what_is_just_allowed_is_no_problem() -> None:
    """A gap as long as the limit, as many detections as gates; of dark counts one row says nothing of their spread."""
    assert not table("qber", {"time_s": [0, 900], "qber": [0, 1], "sifted_bits": [1, 1]}).problems
    counts = {"detector": [0, 0], "mean_photon_number": [0, 1], "gates": [9, 9], "detections": [1, 9]}
    full = table("counts", {"time_s": [0, 1], **counts})
    assert not full.problems
    with pytest.raises(InputError, match="1 rows in the dark of detector 0"):
        dark_probability(full, 0)


def efficiency_of(*rows: tuple[float, int, int]) -> Estimate:
    """Of detector 0, by rows of mean photon number, gates and detections, 10 dB before the detector."""
    means, gates, clicks = zip(*rows, strict=True)
    columns = {"time_s": range(len(rows)), "detector": [0] * len(rows), "mean_photon_number": means}
    return efficiency(table("counts", {**columns, "gates": gates, "detections": clicks}, path_loss_db=10.0), 0)


def test_efficiency_by_hand() -> None:
    """Clicks 0.19 and dark counts 0.1: ln(0.9 / 0.81) photons counted of 0.1 that come; errors by the delta method."""
    found = efficiency_of((0.0, 1000, 100), (1.0, 1000, 190), (1.0, 1000, 190), (1.0, 0, 0))
    assert found.value == pytest.approx(np.log(0.9 / 0.81) / 0.1)
    variance = 0.19 / (2000 * 0.81) + 0.1 / (1000 * 0.9)
    assert found.high - found.value == pytest.approx(1.959964 * np.sqrt(variance) / 0.1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(0.0, 1000, 0), (1.0, 1000, 190)], "1 rows with light and 1 in the dark"),
        ([(1.0, 1000, 190), (1.0, 1000, 190)], "2 rows with light and 0 in the dark"),
        ([(0.0, 1000, 0), (1.0, 1000, 190), (1.0, 1000, 1000)], "as many as gates at detector 0"),
    ],
)
def test_no_efficiency_from_such_rows(rows: list[tuple[float, int, int]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        efficiency_of(*rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laboratory.write_records(tmp_path_factory.mktemp("records") / "csv")


def evidence_on(criterion: str, found: Table | None, records_folder: Path) -> Evidence:
    """What the procedure of a criterion says with one table of the folder exchanged."""
    device = open_device(METRO, 1)
    records = read_records(records_folder, device.profile)
    if found is not None:
        others = [
            one
            for one in records.tables
            if one.entry.kind != found.entry.kind or one.entry.loss_db != found.entry.loss_db
        ]
        records = dataclasses.replace(records, tables=(*others, found))
    return PROCEDURES[criterion].run(dataclasses.replace(device, records=records), 1)


def test_estimates_hold_what_the_records_were_drawn_from(folder: Path) -> None:
    truths = {
        "TX-03": laboratory.MEANS["decoy"] / laboratory.MEANS["signal"] / (0.1503 / 0.45) - 1.0,
        "TX-04": 10.0 * np.log10(laboratory.MEANS["signal"] / laboratory.MEANS["vacuum"]),
        "RX-02": 1.0 - laboratory.EFFICIENCY[0] / laboratory.EFFICIENCY[1],
        "RX-04": max(laboratory.DARK),
        "PF-01": laboratory.RATES_BPS[10],
        "PF-04": laboratory.QBER,
        "PP-09": 1.12,
    }
    for criterion, truth in truths.items():
        found = evidence_on(criterion, None, folder)
        assert found.basis == "measured"
        assert found.interval is not None
        low, high = found.interval
        slack = high - low  # one draw each, so twice the interval
        assert low - slack <= abs(truth) <= high + slack, criterion


def test_csv_and_parquet_say_the_same(folder: Path, tmp_path: Path) -> None:
    profile = load_profile(METRO)
    one = read_records(folder, profile)
    other = read_records(laboratory.write_records(tmp_path / "parquet", is_parquet=True), profile)
    assert not any(each.problems for each in (*one.tables, *other.tables))
    for first, second in zip(one.tables, other.tables, strict=True):
        for name, values in first.values.items():
            np.testing.assert_array_equal(values, second.values[name])


RNG = np.random.default_rng(3)


def _wandering() -> dict[str, object]:
    columns = laboratory.key_rate_columns(RNG, 4e5)
    time_s = np.array(columns["time_s"])
    rate = np.array(columns["secret_key_rate_bps"]) * (1.0 + 0.6 * np.sin(time_s / 13000.0))
    return {"time_s": columns["time_s"], "secret_key_rate_bps": rate.tolist()}


def _changed(name: str, factor: float) -> dict[str, object]:
    columns = laboratory.intensity_columns(RNG)
    pairs = zip(columns["intensity"], columns["mean_photon_number"], strict=True)
    return {**columns, "mean_photon_number": [mean * (factor if one == name else 1.0) for one, mean in pairs]}  # type: ignore[operator]


def _drifting() -> dict[str, object]:
    columns = laboratory.intensity_columns(RNG)
    pairs = zip(columns["time_s"], columns["mean_photon_number"], strict=True)
    return {**columns, "mean_photon_number": [mean * (1.0 + time / 2e5) for time, mean in pairs]}  # type: ignore[operator]


def _counts(first: float, second: float) -> dict[str, object]:
    columns = laboratory.count_columns(RNG)
    clicks = [
        int(count * (1.0 if mean == 0.0 else (first, second)[int(unit)]))
        for count, mean, unit in zip(
            columns["detections"], columns["mean_photon_number"], columns["detector"], strict=True
        )
    ]
    return {**columns, "detections": clicks}


def _dark() -> dict[str, object]:
    columns = laboratory.count_columns(RNG)
    pairs = zip(columns["detections"], columns["mean_photon_number"], strict=True)
    return {**columns, "detections": [count * (3 if mean == 0.0 else 1) for count, mean in pairs]}


def _wasteful() -> dict[str, object]:
    columns = laboratory.block_columns(RNG)
    return {**columns, "disclosed_bits": [int(1.3 * one) for one in columns["disclosed_bits"]]}


DEFECTS: list[tuple[str, str, Callable[[], dict[str, object]]]] = [
    ("PF-04", "qber", lambda: dict(laboratory.qber_columns(RNG, true=0.06))),
    ("PF-01", "key_rate", lambda: dict(laboratory.key_rate_columns(RNG, 5e3))),
    ("PF-02", "key_rate", lambda: dict(laboratory.key_rate_columns(RNG, 3e5))),
    ("PF-06", "key_rate", _wandering),
    ("TX-01", "intensities", lambda: _changed("signal", 1.12)),
    ("TX-02", "intensities", _drifting),
    ("TX-03", "intensities", lambda: _changed("decoy", 1.1)),
    ("TX-04", "intensities", lambda: _changed("vacuum", 12.0)),
    ("RX-01", "counts", lambda: _counts(1.15, 1.15)),
    ("RX-02", "counts", lambda: _counts(1.0, 0.85)),
    ("RX-04", "counts", _dark),
    ("PP-09", "key_processing", _wasteful),
]


@pytest.mark.parametrize(("criterion", "kind", "columns"), DEFECTS, ids=[one[0] for one in DEFECTS])
def test_a_device_outside_the_limit_fails(
    criterion: str, kind: str, columns: Callable[[], dict[str, object]], folder: Path
) -> None:
    from qkdsim.evaluation import judge, load_criteria

    chosen = load_criteria()[criterion]
    assert judge(chosen, "L2", evidence_on(criterion, None, folder), "measured").verdict == "pass"
    found = evidence_on(criterion, table(kind, columns()), folder)
    assert judge(chosen, "L2", found, "measured").verdict == "fail", found


def test_key_that_was_not_shortened_by_what_was_told_fails(folder: Path) -> None:
    columns = dict(laboratory.block_columns(RNG))
    columns["secret_bits"] = [4_000_000] * 39 + [9_500_000]
    found = evidence_on("PP-09", table("key_processing", columns), folder)
    assert found.contradiction.startswith("table.csv: line 41: 9500000 secret bits of 10000000 sifted")


def test_a_short_record_cannot_pass(folder: Path) -> None:
    from qkdsim.evaluation import judge, load_criteria

    for criterion, found in {
        "PF-04": table("qber", dict(laboratory.qber_columns(RNG, rows=12))),
        "PF-06": table("key_rate", dict(laboratory.key_rate_columns(RNG, 4e5, hours=6.0))),
    }.items():
        verdict = judge(load_criteria()[criterion], "L1", evidence_on(criterion, found, folder))
        assert verdict.verdict == "inconclusive"
        assert verdict.reason.startswith("sample of")


QBER = "time_s,qber,sifted_bits\n"
BAD_TABLES = [
    (QBER + "0,0.02,100\n2000,0.02,100\n", "line 3, time_s: got 2000, a gap of 2000 s, expected at most 900 s"),
    ("time_ms,qber,sifted_bits\n0,0.02,100\n", "column 'time_ms': got an unknown column, expected time_s"),
    ("time_s,qber_percent,sifted_bits\n0,2,100\n", "'qber_percent': got an unknown column, expected qber"),
    ("time_s,colour\n0,2\n", "column 'colour': got an unknown column, expected one of time_s, qber"),
    ("time_s,qber\n0,0.02\n", "column sifted_bits: got nothing"),
    ("time_s,qber,qber\n0,0.02,1\n", "column qber: got the column twice"),
    (QBER + "0,0.02,100\n60,2.1,100\n", "line 3, qber: got '2.1', expected a fraction from 0 to 1"),
    (QBER + "0,0.02,100\n60,nan,100\n", "line 3, qber: got 'nan', expected a fraction"),
    (QBER + "0,0.02,100\n60,-0.02,100\n", "line 3, qber: got '-0.02'"),
    (QBER + "0,0.02,100\n60,,100\n", "line 3, qber: got nothing"),
    (QBER + "0,0.02,1.5\n", "line 2, sifted_bits: got '1.5', expected a whole number of bits"),
    (QBER + "0,0.02,1e400\n", "line 2, sifted_bits: got '1e400'"),
    (QBER + "60,0.02,100\n0,0.02,100\n", "line 3, time_s: got 0, expected later than 60"),
    (QBER + "60,0.02,100\n60,0.02,100\n", "line 3, time_s: got 60, expected later than 60"),
    (QBER + "0,0.02,100\n60,0.0", "line 3: got 2 values, expected 3 values: the file may be cut off"),
    (QBER + "0,0.02,100\n60,0.02,10", "line 3: got no line break at its end"),
    (QBER + '0,0.02,100\n60,"0.02,100\n', "not CSV"),
    (QBER, "got no row"),
    ("", "got an empty file"),
    ("\xff", "not UTF-8"),
]


@pytest.mark.parametrize(("text", "message"), BAD_TABLES, ids=range(len(BAD_TABLES)))
def test_bad_tables_are_named_and_have_no_value(text: str, message: str, folder: Path) -> None:
    made = RecordEntry(kind="qber", file="qber.csv", instrument="i", loss_db=10.0, relative_uncertainty=0.0)
    found = evidence_on("PF-04", table_of(made, text.encode("latin-1")), folder)
    assert found.value is None
    assert found.note.startswith("qber.csv")
    assert message in found.note
    assert "\n" not in found.note


def test_every_problem_is_told(folder: Path) -> None:
    made = RecordEntry(kind="qber", file="qber.csv", instrument="i", loss_db=10.0, relative_uncertainty=0.0)
    found = evidence_on("PF-04", table_of(made, (QBER + "0,x,100\n60,-1,y\n").encode()), folder)
    assert found.note == "qber.csv: line 2, qber: got 'x', expected a fraction from 0 to 1 (and 2 more)"
    assert [value for _, value in found.facts] == [
        "qber.csv: line 3, qber: got '-1', expected a fraction from 0 to 1",
        "qber.csv: line 3, sifted_bits: got 'y', expected a whole number of bits >= 0",
    ]


@pytest.mark.parametrize(
    ("criterion", "kind", "columns", "message"),
    [
        ("RX-04", "counts", {"gates": [10, 10], "detections": [3, 11]}, "line 3, detections: got 11, expected at most"),
        ("RX-01", "counts", {"gates": [10, 10], "detections": [3, 3]}, "expected at least 2 with light"),
        ("RX-04", "counts", {"detector": [0, 2]}, "line 3, detector: got '2', expected 0 or 1"),
        ("RX-04", "counts", {"mean_photon_number": [0, -1]}, "line 3, mean_photon_number: got '-1'"),
        (
            "TX-01",
            "intensities",
            {"intensity": ["signal", "bright"]},
            "line 3, intensity: got 'bright', expected one of",
        ),
        ("TX-01", "intensities", {"intensity": ["signal", ""]}, "line 3, intensity: got nothing, expected a name"),
        ("TX-01", "intensities", {}, "1 readings of 'signal'"),
        ("PP-09", "key_processing", {"errors": [11, 1]}, "line 2, errors: got 11, expected at most sifted_bits = 10"),
        ("PP-09", "key_processing", {}, "expected blocks with errors"),
        ("PF-06", "key_rate", {}, "expected a day for a figure of stability"),
        ("PF-01", "key_rate", {}, "got 2 readings, expected at least 3"),
    ],
)
def test_records_that_cannot_be_used(
    criterion: str, kind: str, columns: dict[str, object], message: str, folder: Path
) -> None:
    usual: dict[str, dict[str, object]] = {
        "counts": {"detector": [0, 1], "mean_photon_number": [0, 0], "gates": [10, 10], "detections": [0, 0]},
        "intensities": {"intensity": ["signal", "decoy"], "mean_photon_number": [0.4, 0.1]},
        "key_processing": {"sifted_bits": [10, 10], "errors": [0, 0], "disclosed_bits": [1, 1], "secret_bits": [1, 1]},
        "key_rate": {"secret_key_rate_bps": [1, 1]},
    }
    found = evidence_on(criterion, table(kind, {"time_s": [0, 60], **usual[kind], **columns}), folder)
    assert found.value is None
    assert message in found.note


def test_readings_too_far_apart_for_stability(folder: Path) -> None:
    columns = {"time_s": [2000.0 * row for row in range(60)], "secret_key_rate_bps": [1e5] * 60}
    found = evidence_on("PF-06", table("key_rate", columns, max_gap_s=3600.0), folder)
    assert found.value is None
    assert "expected at most 900 s for a figure of stability" in found.note


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_parquet_is_named_or_read(data: st.DataObject) -> None:
    """Cut off or with bytes changed: problems, or a table that passes the same checks; never another exception."""
    buffer = io.BytesIO()
    pl.DataFrame(dict(laboratory.qber_columns(np.random.default_rng(1), rows=50))).write_parquet(buffer)
    raw = bytearray(buffer.getvalue())
    made = RecordEntry(kind="qber", file="q.parquet", instrument="i", loss_db=10.0, relative_uncertainty=0.0)
    if data.draw(st.booleans()):
        found = table_of(made, bytes(raw[: data.draw(st.integers(0, len(raw) - 1))]))
        assert found.problems
        return
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 5))] = data.draw(st.integers(0, 255))
    table_of(made, bytes(raw))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pl.Series("qber", [0.01, None, 0.02]), "row 2, qber: got nothing"),
        (pl.Series("qber", [True, False, True]), "qber: got type Boolean, expected numbers"),
        (pl.Series("qber", ["a", "0.1", "0.2"]), "row 1, qber: got 'a'"),
    ],
)
def test_odd_parquet_columns(column: pl.Series, message: str) -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"time_s": [0, 1, 2], "sifted_bits": [1, 2, 3], "qber": column}).write_parquet(buffer)
    made = RecordEntry(kind="qber", file="q.parquet", instrument="i", loss_db=10.0, relative_uncertainty=0.0)
    assert message in str(table_of(made, buffer.getvalue()).problems[0])


def test_samples_of_bits(tmp_path: Path) -> None:
    """A short sample cannot pass, a bad one fails, one of less than a sequence has no value."""
    (tmp_path / "key.bin").write_bytes(np.random.default_rng(1).bytes(125_000))
    (tmp_path / "rng.bin").write_bytes(b"\x00" * 4 * 125_000)
    (tmp_path / "raw_noise.bin").write_bytes(b"\x00" * 10)
    text = laboratory.HEAD + "".join(entry(kind, f"{kind}.bin") for kind in ("key", "rng", "raw_noise"))
    (tmp_path / "evidence.toml").write_text(text)
    profile = load_profile(METRO)
    device = Device(METRO, profile, records=read_records(tmp_path, profile))
    found = {one.criterion: one.run(device, 1) for one in measured_bits.PROCEDURES}
    assert (found["PP-15"].value, found["PP-15"].sample_size, found["PP-15"].planned_size) == (True, 1, 60)
    assert found["PP-15"].basis == "measured"
    assert found["RN-01"].value is False
    assert found["RN-02"].note == "raw_noise.bin: got 80 bits, expected at least 1000000"


def test_worst_of_methods(folder: Path, tmp_path: Path) -> None:
    """A bad record beside a sound specimen is no pass, a good one sets weaker evidence aside, a failing one fails."""
    sound = certify(METRO, criteria=["RX-04"], evidence=folder, require="measured").verdicts[0]
    assert (sound.verdict, sound.basis) == ("pass", "measured")
    assert certify(METRO, criteria=["RX-04"]).verdicts[0].basis != "measured"
    text = laboratory.HEAD + entry("counts", "counts.csv", path_loss_db=6.0, relative_uncertainty=0.01)
    (tmp_path / "evidence.toml").write_text(text)
    (tmp_path / "counts.csv").write_text(csv_text(_dark()))
    failing = certify(METRO, criteria=["RX-04"], evidence=tmp_path).verdicts[0]
    assert (failing.verdict, failing.basis) == ("fail", "measured")
    (tmp_path / "counts.csv").write_text(csv_text(_dark())[:-1])
    for require in (None, "specimen", "measured"):
        broken = certify(METRO, criteria=["RX-04"], evidence=tmp_path, require=require).verdicts[0]
        assert broken.verdict == "inconclusive"
        assert broken.reason.startswith("counts.csv: line 161: got no line break")
