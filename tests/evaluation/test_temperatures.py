"""Temperatures during records: facts, faults of records taken outside of the declared range, and PF-10."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import laboratory
import numpy as np
import pytest
from laboratory import METRO, csv_text, entry

from qkdsim.devices import load_profile
from qkdsim.evaluation import Evidence, judge, judge_all, load_criteria
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.procedures import measured, measured_temperature
from qkdsim.evaluation.records import Records, read_records
from qkdsim.evaluation.records.conditions import correlation

DAY_S = 88_000.0
PROCEDURES = {one.criterion: one for one in (*measured.PROCEDURES, *measured_temperature.PROCEDURES)}


def chamber(folder: Path, hottest_c: float, stops_at_c: float = 1e9, *, coldest_c: float = 5.0) -> Path:
    """A day in a climate chamber, up and down once, and the key rate in it, which ends where the device is too hot."""
    columns = dict(laboratory.key_rate_columns(np.random.default_rng(2), 4.2e5))
    ramp = ([0.0, DAY_S / 2.0, DAY_S], [coldest_c, hottest_c, coldest_c])
    time_s = np.array(columns["time_s"])
    rate_bps = np.where(np.interp(time_s, *ramp) > stops_at_c, 0.0, columns["secret_key_rate_bps"])
    columns["secret_key_rate_bps"] = rate_bps.tolist()
    (folder / "k.csv").write_text(csv_text(columns))
    minutes = np.arange(0.0, DAY_S, 60.0)
    readings = {"time_s": minutes.tolist(), "temperature_c": np.interp(minutes, *ramp).tolist()}
    (folder / "t.csv").write_text(csv_text(readings))
    text = laboratory.HEAD + entry("key_rate", "k.csv", loss_db=10.0, relative_uncertainty=0.0)
    text += entry("temperature", "t.csv", uncertainty_c=0.2, during='["k.csv"]')
    (folder / "evidence.toml").write_text(text)
    return folder


def evidence(criterion: str, folder: Path) -> Evidence:
    profile = load_profile(METRO)
    return PROCEDURES[criterion].run(Device(METRO, profile, records=read_records(folder, profile)), 1)


@pytest.mark.parametrize(
    ("hottest_c", "stops_at_c", "verdict"),
    [
        (41.0, 1e9, "pass"),  # key above 40, the limit at L2
        (41.0, 33.0, "fail"),
        (39.5, 1e9, "inconclusive"),  # it may well work at 40
    ],
)
def test_the_highest_temperature_with_key(hottest_c: float, stops_at_c: float, verdict: str, tmp_path: Path) -> None:
    found = evidence("PF-10", chamber(tmp_path, hottest_c, stops_at_c))
    assert judge(load_criteria()["PF-10"], "L2", found, "measured").verdict == verdict
    assert isinstance(found.value, float)
    assert found.value == pytest.approx(min(hottest_c, stops_at_c), abs=0.6)
    assert dict(found.facts)["no key from (°C)"] == ("not seen" if stops_at_c > 50.0 else pytest.approx(33.0, abs=0.3))


def test_a_room_is_no_test_of_the_range(tmp_path: Path) -> None:
    """It decides nothing, so that what is declared keeps its verdict."""
    found = evidence("PF-10", chamber(tmp_path, 24.0, coldest_c=21.0))
    assert not found.applicable
    assert "key up to 23." in found.note
    declared = Evidence("PF-10", "inspection", "declared", 40.0, confidence=1.0)
    assert judge_all(load_criteria()["PF-10"], "L2", [declared, found]).verdict == "pass"
    assert judge_all(load_criteria()["PF-10"], "L2", [declared, found], "measured").verdict == "inconclusive"


def test_evidence_shows_the_temperatures(tmp_path: Path) -> None:
    facts = dict(evidence("PF-06", chamber(tmp_path, 41.0, 30.0)).facts)
    assert facts["lowest temperature (°C)"] == pytest.approx(5.0, abs=0.1)
    assert facts["highest temperature (°C)"] == pytest.approx(41.0, abs=0.1)
    assert float(facts["correlation with temperature"]) < -0.7


@pytest.mark.parametrize(("hottest_c", "coldest_c", "limit"), [(48.0, 5.0, "at most 40"), (20.0, -3.0, "at least 5")])
def test_outside_of_the_declared_range(hottest_c: float, coldest_c: float, limit: str, tmp_path: Path) -> None:
    folder = chamber(tmp_path, hottest_c, coldest_c=coldest_c)
    for criterion in ("PF-01", "PF-06", "PF-10"):
        found = evidence(criterion, folder)
        assert found.value is None
        assert f"expected {limit}, the declared operating range, give or take 2, while k.csv was taken" in found.note
    assert not read_records(folder, None).problems  # without a profile no range is known


def test_temperatures_must_cover_the_record(tmp_path: Path) -> None:
    folder = chamber(tmp_path, 24.0)
    lines = (folder / "t.csv").read_text().splitlines()
    (folder / "t.csv").write_text("\n".join(lines[:600]) + "\n")
    found = evidence("PF-01", folder)
    assert found.value is None
    assert "t.csv: time_s: got readings from 0 to 35880 s, expected the whole time of k.csv" in found.note


def test_a_log_may_begin_and_end_a_gap_away_from_the_record(tmp_path: Path) -> None:
    folder = chamber(tmp_path, 24.0)
    head, *lines = (folder / "t.csv").read_text().splitlines()
    for left_out_min, is_told in ((15, True), (16, False)):  # readings may be 900 s apart
        (folder / "t.csv").write_text("\n".join([head, *lines[left_out_min:]]) + "\n")
        assert (evidence("PF-01", folder).value is not None) == is_told


def test_a_bad_log_spoils_what_rests_on_it(tmp_path: Path) -> None:
    folder = chamber(tmp_path, 24.0)
    (folder / "t.csv").write_text("time_s,temperature_c\n0,295.15\n60,296\n")
    for criterion in ("PF-01", "PF-10"):
        found = evidence(criterion, folder)
        assert found.value is None
        assert found.note.startswith("t.csv: line 2, temperature_c: got '295.15', expected a temperature in °C")
    assert next(str(one) for one in read_records(folder, None).problems) == found.note.removesuffix(" (and 1 more)")


def test_no_key_rate_under_known_temperature(tmp_path: Path) -> None:
    folder, profile = chamber(tmp_path, 41.0), load_profile(METRO)
    records: Records = read_records(folder, profile)
    alone = dataclasses.replace(records, tables=tuple(records.tables_of("temperature")))
    found = PROCEDURES["PF-10"].run(Device(METRO, profile, records=alone), 1)
    assert (found.applicable, found.value) == (False, None)


def test_correlation() -> None:
    rng = np.random.default_rng(1)
    left = rng.normal(20.0, 2.0, 500)
    assert correlation(left, 3.0 * left + 7.0) == pytest.approx(1.0)
    assert correlation(left, -left) == pytest.approx(-1.0)
    assert correlation(left, 0.6 * left + 1.6 * rng.standard_normal(500)) == pytest.approx(0.6, abs=0.09)
    assert correlation(left, np.full(500, 0.3)) is None
    assert correlation(left[:9], left[:9]) is None
    assert correlation(left[:10], left[:10]) == pytest.approx(1.0)
