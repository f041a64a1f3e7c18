"""Stored objects in scenario files: what is refused, what a run writes, and the shipped scenario."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from qkdsim.cli.app import main
from qkdsim.errors import InputError
from qkdsim.exposure import object_failure_sets
from qkdsim.results import RunResult, open_run
from qkdsim.scenario import build, every_problem, load_named_scenario, run_name, simulate
from qkdsim.securecloud import total_use

from .small_files import SCENARIO, write_small_files

HOUR_S = 3600.0
OBJECT = """
[[object]]
id = "record"
owner = "middle"
holders = ["north", "middle", "south"]
threshold = 2
bytes = 2000
start = "10min"
refresh_every = "20min"
rebuild_at = ["15min"]
reader = "south"
"""
RECORD = ("[[demand]]", OBJECT + "[[demand]]")


def changed(old: str, new: str) -> tuple[str, str]:
    assert old in OBJECT
    return ("[[demand]]", OBJECT.replace(old, new, 1) + "[[demand]]")


# --- what is refused


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("threshold = 2", "threshold = 4", r"object\[0\]\.threshold: got 4, expected 2 to 3, the number of holders"),
        ("threshold = 2", "threshold = 1", r"object\[0\]\.threshold: got 1, expected 2 to 3"),
        ('"middle", "south"]', '"north"]', r"object\[0\]\.holders\[1\]: got 'north' twice, expected every node once"),
        ('"middle", "south"]', '"suoth"]', r"object\[0\]\.holders\[1\]: got 'suoth', .* \(nearest: south"),
        ('owner = "middle"', 'owner = "mid"', r"object\[0\]\.owner: got 'mid', expected the id of a node"),
        ('reader = "south"', 'reader = "west"', r"object\[0\]\.reader: got 'west', expected the id of a node"),
        ("bytes = 2000", "", r"object\[0\]\.bytes: got nothing, expected bytes or file"),
        (
            "bytes = 2000",
            'bytes = 1\nfile = "x"',
            r"object\[0\]\.bytes: got a value beside file, expected bytes or file",
        ),
        ("bytes = 2000", "bytes = 0", r"object\[0\]\.bytes: got 0"),
        ("bytes = 2000", 'file = "no.vcf"', r"object\[0\]\.file: got 'no\.vcf', expected a file that exists"),
        (
            "bytes = 2000",
            'file = "."',
            r"object\[0\]\.file: got '\.', expected a regular file",
        ),
        ('"20min"', '"0s"', r"object\[0\]\.refresh_every: got 0\.0, expected a duration above 0"),
        ('"20min"', '"1ms"', r"object\[0\]\.refresh_every: got 0\.001 s, expected at most 100,000 refreshes"),
        (
            '["15min"]',
            '["5min"]',
            r"object\[0\]\.rebuild_at\[0\]: got 300 s, expected not earlier than start \(600 s\)",
        ),
        ('["15min"]', '["15min", "2h"]', r"object\[0\]\.rebuild_at\[1\]: got 7200 s, expected earlier than the end"),
        ('rebuild_at = ["15min"]', "", r"object\[0\]\.reader: got 'south', expected none without rebuild_at"),
        ('start = "10min"', 'start = "1h"\nrebuild_at = []', "."),
        ("bytes = 2000", 'bytes = 1\nclass = "fast"', r"object\[0\]\.class: got 'fast', expected the name of a class"),
        ("bytes = 2000", 'bytes = 1\nclass = "a"\nkey_wait = "1s"', r"object\[0\]\.key_wait: got 1 s, expected none"),
        ("bytes = 2000", "bytes = 1\nrequest_bits = 64", r"object\[0\]\.request_bits: got 64"),
        (
            "bytes = 2000",
            "bytes = 1000000000\nrequest_bits = 128",
            r"object\[0\]: .* requests in 1 h, expected at most 100,000,000",
        ),
        ('id = "record"', 'id = "stream"', r"object\[0\]\.id: got 'stream', expected another id than that of a demand"),
        ("bytes = 2000", 'file = "/dev/zero"', r"object\[0\]\.file: got '/dev/zero', expected a regular file"),
        ("bytes = 2000", r'file = "a\u0000b"', r"object\[0\]\.file: got .*, expected a file that can be read"),
        ("bytes = 2000", f'file = "{"a" * 5000}"', r"object\[0\]\.file: got .*, expected a file that can be read"),
        ('id = "record"', r'id = "a\nb"', r"object\[0\]\.id: got 'a\\nb', expected printable characters"),
        ("bytes = 2000", "bytes = 2000\ncopies = 3", r"object\[0\]\.copies"),
    ],
)
def test_bad_objects_are_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write_small_files(tmp_path, hour=changed(old, new))
    with pytest.raises(InputError, match=message) as caught:
        build(load_named_scenario(str(path)))
    assert "\n" not in str(caught.value)


def test_two_objects_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write_small_files(tmp_path, hour=("[[demand]]", OBJECT + OBJECT + "[[demand]]"))
    with pytest.raises(InputError, match=r"object\[1\]\.id: got 'record' twice"):
        build(load_named_scenario(str(path)))


def test_holders_that_no_key_can_reach_are_refused(tmp_path: Path) -> None:
    """A user node passes nothing on, so nothing comes to a node behind it."""
    far = '\n[[node]]\nid = "far"\n[[link]]\nends = ["south", "far"]\nlength_km = 50\n'
    alone = ('ends = ["middle", "south"]\nlength_km = 50\n', f'ends = ["middle", "south"]\nlength_km = 50\n{far}')
    path = write_small_files(tmp_path, three=alone, hour=changed('"south"]', '"far"]'))
    with pytest.raises(
        InputError, match=r"object\[0\]\.holders\[2\]: got 'far', expected a node that a path .* middle"
    ):
        build(load_named_scenario(str(path)))


def test_check_finds_every_problem_beside_an_object(tmp_path: Path) -> None:
    wrong = changed("threshold = 2", "threshold = 9")[1].replace('to = "middle"', 'to = "nowhere"')
    path = write_small_files(tmp_path, hour=("[[demand]]", wrong))
    found = [str(problem) for problem in every_problem(path)]
    assert any("object[0].threshold" in one for one in found)


def test_a_shorter_run_leaves_out_what_would_come_later(tmp_path: Path) -> None:
    path = write_small_files(tmp_path, hour=RECORD)
    assert simulate(str(path), duration_s=60.0).table("objects").height == 0
    assert simulate(str(path), duration_s=700.0).table("objects")["operation"].to_list() == ["store"]


# --- what a run writes


def test_tables_of_a_run(tmp_path: Path) -> None:
    """Middle sends two shares and keeps its own; each takes 8 (2000 + 32) + 128 bits."""
    bits = 8 * 2032 + 128
    result = simulate(str(write_small_files(tmp_path, hour=RECORD)))
    first, second, third, fourth = result.table("objects").to_dicts()
    assert {
        key: first[key] for key in ("index", "operation", "node", "holders", "threshold", "outcome", "key_bits")
    } == {
        "index": 0,
        "operation": "store",
        "node": "middle",
        "holders": "north>middle>south",
        "threshold": 2,
        "outcome": "done",
        "key_bits": 2 * bits,
    }
    assert (first["started_s"], first["used"], first["matches"]) == (600.0, "", "")
    assert (second["operation"], second["node"], second["used"], second["matches"]) == (
        "rebuild",
        "south",
        "south>north",
        "yes",
    )
    assert [third["operation"], fourth["operation"]] == ["refresh", "refresh"]
    assert (third["epoch"], third["key_bits"]) == (1, 6 * bits)
    assert {row["rests_on"] for row in (first, second, third, fourth)} == {"shares:2-of-3 & qkd-pad"}
    keys = result.table("object_keys").join(result.table("requests"), left_on="request", right_on="index")
    assert keys.filter(pl.col("bits") != pl.col("bits_right")).is_empty()
    assert set(keys["demand"]) == {"record"}
    assert set(keys["outcome"]) == {"served"}
    one = result.summary["objects"][0]
    assert (one["id"], one["threshold"], one["object_bytes"]) == ("record", 2, 2000)
    assert one["key_bits"] == result.table("objects")["key_bits"].sum() == keys["bits"].sum()
    assert one["operations"]["refresh"] | {"mean_s": 0.0} == {
        "done": 2, "failed": 0, "unfinished": 0, "mean_s": 0.0, "key_bits": 12 * bits, "compared": 0, "mismatches": 0
    }  # fmt: skip
    assert "record" in {service["name"] for service in result.summary["classes"]}


def test_small_stores_are_asked_for_small_keys(tmp_path: Path) -> None:
    """Half of what the smallest store can hold beside a relay's tag: (100,000 - 128) / 2."""
    large = changed("bytes = 2000", "bytes = 20000")
    plan = build(load_named_scenario(str(write_small_files(tmp_path, hour=large))))
    assert plan.objects[0].request_bits == 49_936


def test_the_same_seed_gives_the_same_tables_and_a_file_belongs_to_the_name(tmp_path: Path) -> None:
    path = write_small_files(tmp_path, hour=changed("bytes = 2000", 'file = "genome.vcf"'))
    file = tmp_path / "genome.vcf"
    file.write_bytes(b"##fileformat=VCFv4.2\n" * 50)
    runs = [simulate(str(path)) for _ in range(2)]
    for table in ("objects", "object_keys", "requests"):
        assert runs[0].table(table).equals(runs[1].table(table))
    assert runs[0].table("objects")["object_bytes"][0] == 21 * 50
    assert runs[0].table("objects")["matches"].to_list().count("yes") == 1
    name = run_name(build(load_named_scenario(str(path))))
    file.write_bytes(b"##fileformat=VCFv4.3\n" * 50)
    assert run_name(build(load_named_scenario(str(path)))) != name


def test_objects_leave_a_run_without_them_as_it_was(tmp_path: Path) -> None:
    result = simulate(str(write_small_files(tmp_path)))
    assert "objects" not in result.summary
    assert result.table("objects").is_empty()
    assert result.table("object_keys").is_empty()


def test_run_prints_the_operations_and_the_folder_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_small_files(tmp_path, hour=RECORD)
    assert main(["run", str(path), "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert "stored objects" in printed
    assert "record (2 of 3)" in printed
    assert "all the same" in printed
    assert open_run(tmp_path / "run").table("objects").height == 4


def test_a_run_with_objects_only_has_a_report(tmp_path: Path) -> None:
    alone = SCENARIO[: SCENARIO.index("[[demand]]")] + OBJECT
    write_small_files(tmp_path)
    path = tmp_path / "hour.toml"
    path.write_text(alone, encoding="utf-8")
    assert main(["run", str(path), "--out", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "report.html").is_file()


# --- the shipped scenario


@pytest.fixture(scope="module")
def genomes() -> RunResult:
    return simulate("secure-cloud-genomes")


def operations(run: RunResult, kind: str) -> list[dict[str, object]]:
    return run.table("objects").filter(pl.col("operation") == kind).to_dicts()


def test_the_genotypes_come_back_with_two_nodes_lost_and_not_with_three(genomes: RunResult) -> None:
    rebuilds = operations(genomes, "rebuild")
    assert [row["outcome"] for row in rebuilds] == ["done", "done", "failed", "done"]
    assert [row["matches"] for row in rebuilds] == ["yes", "yes", "", "yes"]
    assert rebuilds[1]["used"] == "koganei-2>otemachi-2>hongo"
    assert str(rebuilds[2]["reason"]).startswith("2 of the 3 shares needed can be had; koganei-1: lost")


def test_slow_links_set_the_pace(genomes: RunResult) -> None:
    """Three sums of 1.3 Mbit come to Koganei-3 over 249 bit/s, after its stores were lost: 4.4 hours at least."""
    recovered = [row for row in operations(genomes, "recover") if row["node"] == "koganei-3"]
    assert [row["outcome"] for row in recovered] == ["done", "done"]
    for row in recovered:
        hours = (float(str(row["finished_s"])) - float(str(row["started_s"]))) / HOUR_S
        assert 3 * (8 * (164_814 + 32) + 128) / 250.0 / HOUR_S < hours < 6.0
    refreshed = operations(genomes, "refresh")[0]
    assert float(str(refreshed["finished_s"])) - float(str(refreshed["started_s"])) > 4 * HOUR_S


def test_links_gave_what_the_plans_of_the_operations_say(genomes: RunResult) -> None:
    """Every operation of the object, message by message along the path that the network chose, link by link."""
    stored = build(load_named_scenario("secure-cloud-genomes")).objects[0]
    keys = genomes.table("object_keys").join(genomes.table("requests"), left_on="request", right_on="index")
    for row in genomes.table("objects").filter(pl.col("outcome") == "done").to_dicts():
        party = tuple(str(row["used"]).split(">")) if row["used"] else stored.holders.nodes
        use = total_use([stored.use(row["operation"], row["node"], party)])
        taken: dict[tuple[str, str], int] = {}
        paths: dict[tuple[str, str], set[str]] = {}
        for start, end, path, bits in (
            keys.filter(pl.col("operation") == row["index"]).select("from", "to", "path", "bits").iter_rows()
        ):
            paths.setdefault((start, end), set()).add(path)
            for one, other in pairwise(path.split(">")):
                link = (min(one, other), max(one, other))
                taken[link] = taken.get(link, 0) + bits
        if all(len(ways) == 1 for ways in paths.values()):
            assert taken == use.on_links({pair: next(iter(ways)).split(">") for pair, ways in paths.items()})
        assert keys.filter(pl.col("operation") == row["index"])["bits"].sum() == use.key_bits == row["key_bits"]
    store = genomes.table("objects").to_dicts()[0]
    assert keys.filter(pl.col("operation") == store["index"])["path"].n_unique() == 5  # so the links were compared


def test_relays_and_direct_keys_are_all_that_the_object_took(genomes: RunResult) -> None:
    requests = genomes.table("requests").filter(pl.col("demand") == "genotypes")
    figures = genomes.summary["objects"][0]
    assert requests["consumed_bits"].sum() == figures["link_bits"]
    relays = genomes.table("relays").join(requests.select(request="index"), on="request")
    direct = requests.filter((pl.col("outcome") == "served") & (pl.col("hops") == 1))
    assert relays["key_bits"].sum() + relays["tag_bits"].sum() + direct["bits"].sum() == figures["link_bits"]


def test_one_relay_can_be_enough_to_expose_three_of_five(genomes: RunResult) -> None:
    """As the scenario says of itself: nodes by which shares of others are relayed."""
    (found,) = object_failure_sets(genomes)
    alone = [one.compromised[0] for one in found.sets.sets if len(one.compromised) == 1 and not one.broken]
    assert alone == ["koganei-1", "koganei-2", "otemachi-2"]
