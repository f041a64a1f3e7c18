"""Sessions in scenario files: checked, planned, run to tables."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from qkdsim.cli import main
from qkdsim.errors import InputError
from qkdsim.results import RunResult
from qkdsim.results.schema import TABLES
from qkdsim.scenario import build, every_problem, load_named_scenario, simulate
from tests.scenario.small_files import write_small_files

SESSIONS = """
[[session]]
id = "vpn"
from = "north"
to = "south"
traffic_bps = 1e6
rekey_after = "5min"
policy = "AtLeastPqcRequired"
[[session]]
id = "pad"
pairs = [["north", "middle"], ["south", "middle"]]
suite = "hybrid-one-time-pad"
traffic_bps = 100
rekey_after = "10min"
cryptography = "simulated"
"""


def written(folder: Path, text: str, **replaced: tuple[str, str]) -> Path:
    path = write_small_files(folder, **replaced)
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return simulate(str(written(tmp_path_factory.mktemp("sessions"), SESSIONS)))


def test_rows_are_those_of_the_schema_and_of_requests(result: RunResult) -> None:
    rows, pads, requests = (result.table(name) for name in ("sessions", "session_pads", "requests"))
    assert rows.columns == [column.name for column in TABLES["sessions"]]
    assert pads.columns == [column.name for column in TABLES["session_pads"]]
    assert rows["index"].to_list() == list(range(len(rows)))
    mixed = rows.filter(pl.col("key_request") >= 0)
    asked = mixed.join(requests, left_on="key_request", right_on="index", suffix="_asked")
    assert len(asked) == len(mixed) > 10
    assert (asked["outcome_asked"] == "served").all()
    assert (asked["plan"] == asked["demand"]).all()
    assert (asked["from"] == asked["from_asked"]).all()
    assert (asked["to"] == asked["to_asked"]).all()
    used = [*mixed["key_request"], *pads["request"]]
    assert len(set(used)) == len(used)
    assert (pads.join(requests, left_on="request", right_on="index")["outcome"] == "served").all()


def test_protected_and_blocked_bytes_are_the_traffic(result: RunResult) -> None:
    whole = result.table("sessions").group_by("plan", "from").agg(pl.sum("protected_bytes") + pl.sum("blocked_bytes"))
    expected = {("vpn", "north"): 450_000_000, ("pad", "north"): 45_000, ("pad", "south"): 45_000}
    assert {(plan, source): count for plan, source, count in whole.rows()} == expected


def test_figures_are_those_of_the_rows(result: RunResult) -> None:
    rows = result.table("sessions").filter(pl.col("plan") == "vpn")
    figures = {one["id"]: one for one in result.summary["sessions"]}["vpn"]
    established = rows.filter(pl.col("outcome") == "established")
    assert figures["handshakes"] == len(rows)
    assert figures["established"] == len(established)
    assert figures["downgraded"] == rows["downgraded"].sum()
    assert figures["mean_delay_s"] == pytest.approx(established["delay_s"].mean())
    assert figures["bytes_per_handshake"] == pytest.approx(rows["handshake_bytes"].mean())
    assert figures["protected_bytes"] == rows["protected_bytes"].sum()


def test_their_requests_are_in_the_measures(result: RunResult) -> None:
    measured = result.table("measures").filter((pl.col("scope") == "class") & (pl.col("measure") == "requests"))
    assert {"vpn", "pad"} <= set(measured["name"])
    assert {"vpn", "pad"} <= {one["name"] for one in result.summary["classes"]}


def test_the_same_seed_gives_the_same_tables(result: RunResult, tmp_path: Path) -> None:
    again = simulate(str(written(tmp_path, SESSIONS)))
    for name in ("sessions", "session_pads", "requests", "measures"):
        assert_frame_equal(result.table(name), again.table(name), check_exact=True)


def test_a_lost_node_and_a_partition_are_felt(tmp_path: Path) -> None:
    faults = """
[[fault]]
kind = "node-lost"
node = "south"
at = "10min"
for = "10min"
[[fault]]
kind = "classical-cut"
classical_link = "north--middle"
at = "30min"
for = "4min"
"""
    found = simulate(str(written(tmp_path, SESSIONS + faults)))
    rows = found.table("sessions").filter(pl.col("plan") == "vpn")
    assert rows.filter(pl.col("ended_s") == 600.0).height == 1
    alive = rows.filter(pl.col("established_s").is_between(600.0, 1200.0))
    assert alive.is_empty()
    cut = rows.filter(pl.col("wanted_s").is_between(1800.0, 2040.0))
    assert "failed" in cut["outcome"].to_list()
    assert "given up while awaiting-response" in cut["reason"].to_list()


def test_a_run_without_sessions_has_none(tmp_path: Path) -> None:
    found = simulate(str(write_small_files(tmp_path)), duration_s=60.0)
    assert "sessions" not in found.summary
    assert found.table("sessions").is_empty()


def test_run_and_json_show_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, SESSIONS))
    assert main(["run", path, "--duration", "15min", "--out", str(tmp_path / "run")]) == 0
    shown = capsys.readouterr().out
    assert "handshakes" in shown
    assert "vpn" in shown
    assert main(["run", path, "--duration", "15min", "--out", str(tmp_path / "again"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["sessions"]
    assert [one["id"] for one in figures] == ["vpn", "pad"]


def test_migrating_sessions_follow_the_stages(tmp_path: Path) -> None:
    text = """
[[session]]
id = "vpn"
pairs = [["north", "middle"], ["north", "south"]]
migrates = true
[[migration.stage]]
name = "classical"
suite = "classical"
policy = "ClassicalOnly"
[[migration.stage]]
name = "hybrid"
suite = "hybrid"
policy = "AtLeastPqcRequired"
[[migration.step]]
at = "10min"
nodes = ["north", "middle"]
stage = "hybrid"
"""
    rows = simulate(str(written(tmp_path, text)), duration_s=1200.0).table("sessions")
    to = {name: rows.filter(pl.col("to") == name) for name in ("middle", "south")}
    assert to["middle"].select("cause", "suite").rows() == [("start", "classical"), ("phase", "hybrid")]
    assert to["middle"]["wanted_s"].to_list() == [0.0, 600.0]
    assert to["south"].select("cause", "suite").rows() == [("start", "classical")]


def test_one_that_begins_after_a_shorter_end_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, SESSIONS + '[[session]]\nid = "late"\nfrom = "north"\nto = "south"\nstart = "30min"\n')
    named = load_named_scenario(str(path))
    assert [one.id for one in build(named).sessions] == ["vpn", "pad", "late"]
    assert [one.id for one in build(named, duration_s=600.0).sessions] == ["vpn", "pad"]


ENTRY = '[[session]]\nid = "x"\nfrom = "north"\nto = "south"\n'

OBJECT = '[[object]]\nid = "x"\nowner = "north"\nholders = ["middle", "south"]\nthreshold = 2\nbytes = 1\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[session]]\nid = "x"\n', "session[0].from: got nothing, expected a node, or pairs"),
        (ENTRY.replace("south", "north"), "session[0].to: got 'north', expected another node than `from`"),
        (ENTRY.replace("south", "sout"), "session[0].to: got 'sout', expected the id of a node of"),
        (ENTRY + 'pairs = [["north", "middle"]]\n', "session[0].from: got 'north', expected none beside pairs"),
        ('[[session]]\nid = "x"\npairs = []\n', "session[0].pairs: got a list of 0, expected pairs of nodes"),
        (ENTRY + 'suite = "hybird"\n', "session[0].suite: got 'hybird', expected hybrid or"),
        (ENTRY + 'policy = "AtLeastPcqRequired"\n', "got 'AtLeastPcqRequired', expected AtLeastPqcRequired"),
        (ENTRY + 'suite = "classical"\n', "session[0].policy: got 'QkdAndPqcRequired', expected a"),
        (ENTRY + 'authentication = ["ed25519"]\nkems = ["ml-kem-786"]\n', "kems[0]: got 'ml-kem-786', expected ml-kem"),
        (ENTRY + 'authentication = ["ml-das-65"]\n', "authentication[0]: got 'ml-das-65', expected ml-dsa-65"),
        (ENTRY + 'kems = ["ml-kem-768"]\n', "session[0].authentication: got nothing, expected at least one method"),
        (ENTRY + 'suite = "hybrid"\ncipher = "one-time-pad"\n', "suite: got 'hybrid', expected none beside kems"),
        (ENTRY + 'suite = "hybrid-diverse"\n', "'simulated', or all algorithms installed: hqc-3 needs liboqs"),
        (ENTRY + "migrates = true\n", "session[0].migrates: got true, expected a [migration] of the scenario"),
        (ENTRY + 'migrates = true\nsuite = "hybrid"\n', "session[0].suite: got a value, expected none with migrates"),
        (ENTRY + 'expire_after = "1h"\n', "session[0].expire_after: got 3600 s, expected later than rekey_after"),
        (ENTRY + "rekey_after_bytes = 5\n", "session[0].rekey_after_bytes: got 5, expected none without traffic_bps"),
        (ENTRY + 'rekey_after = "0s"\n', "session[0].rekey_after: got 0, expected a duration above 0"),
        (ENTRY + 'pad_interval = "1s"\n', "session[0].pad_interval: got 1 s, expected none with cipher aes-256-gcm"),
        (ENTRY + 'class = "gold"\n', "session[0].class: got 'gold', expected the name of a class of the scenario"),
        (ENTRY + 'class = "gold"\nkey_wait = "1s"\n', "key_wait: got 1 s, expected none: class 'gold' states it"),
        (ENTRY + 'start = "2h"\n', "session[0].start: got 7200 s, expected earlier than the end of"),
        (ENTRY + 'start = "2min"\nstop = "1min"\n', "session[0].stop: got 60 s, expected later than start (120 s)"),
        (ENTRY + "max_repeats = 99\n", "session[0].max_repeats: got 99, expected"),
        (ENTRY + "tarffic_bps = 1\n", "session[0].tarffic_bps: got an unknown key"),
        (ENTRY.replace('"x"', '"stream"'), "session[0].id: got 'stream', expected another name than that of demand[0]"),
        (ENTRY + ENTRY, "session[1].id: got 'x' twice, expected unique ids"),
        (ENTRY + 'suite = ""\n', "session[0].suite: got '', expected classical or"),
        (ENTRY + 'policy = ""\n', "session[0].policy: got '', expected"),
        (ENTRY + 'rekey_supply_bits = 10000000000000000000000\n', "session[0].rekey_supply_bits: got 1000000"),
        (ENTRY + OBJECT, "session[0].id: got 'x', expected another name than that of object[0]"),
        (ENTRY + 'rekey_after = "1ms"\ntraffic_bps = 1\n', ""),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    lines = [str(one) for one in every_problem(path)]
    if not problem:
        assert lines == []
        return
    assert any(problem in line for line in lines), lines
    with pytest.raises(InputError):
        build(load_named_scenario(str(path)))


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    text = (
        ENTRY.replace('"x"', '"a"') + 'suite = "hybird"\n' + ENTRY.replace('"x"', '"b"').replace("south", "sout")
        + ENTRY.replace('"x"', '"c"') + 'start = "2h"\n'
    )  # fmt: skip
    lines = [str(one) for one in every_problem(written(tmp_path, text))]
    assert len(lines) == 3
    assert all(any(f"session[{index}]" in line for line in lines) for index in range(3))


def test_qkd_between_nodes_that_nothing_joins(tmp_path: Path) -> None:
    island = ('id = "north"', 'id = "island"\n[[node]]\nid = "north"')
    alone = ENTRY.replace("south", "island")
    needing = [str(one) for one in every_problem(written(tmp_path, alone, three=island))]
    assert any("session[0]: a path from north to island" in line and "for QKD" in line for line in needing)
    allowed = alone + 'policy = "AtLeastPqcRequired"\n'
    assert every_problem(written(tmp_path, allowed, three=island)) == []


STAGE = '[[migration.stage]]\nname = "a"\nsuite = "classical"\npolicy = "ClassicalOnly"\n'


@pytest.mark.parametrize("text", ["", ENTRY])
def test_a_migration_that_no_session_follows(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text + STAGE)
    lines = [str(one) for one in every_problem(path)]
    assert len(lines) == 1
    assert "migration: a [[session]] with migrates = true, which follows the stages; there is none" in lines[0]
    with pytest.raises(InputError, match="migrates = true"):
        build(load_named_scenario(str(path)))
    wrong = ENTRY + "migrates = true\nmax_repeats = 99\n"  # it would follow, if it were right
    lines = [str(one) for one in every_problem(written(tmp_path, wrong + STAGE))]
    assert len(lines) == 1
    assert "session[0].max_repeats" in lines[0]


def test_a_wrong_migration_hides_no_session_and_makes_none_wrong(tmp_path: Path) -> None:
    text = ENTRY + 'migrates = true\n[[migration.stage]]\nname = "a"\nsuite = "hybird"\npolicy = "PqcOnly"\n'
    lines = [str(one) for one in every_problem(written(tmp_path, text))]
    assert len(lines) == 1
    assert "migration.stage[0].suite: got 'hybird', expected hybrid" in lines[0]
