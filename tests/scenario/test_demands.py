"""Demands, classes and matrices as files state them: what becomes of them, and every way in which they may be wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import rng
from qkdsim.apps import NAMED_SHAPES, Batches, Constant, DayShape, Diurnal, KeyDemand, OnOff, Poisson
from qkdsim.errors import InputError
from qkdsim.network.service import ServiceClass
from qkdsim.scenario import load_named_scenario
from qkdsim.scenario.checks import problems
from qkdsim.scenario.classes import ServiceClassEntry
from qkdsim.scenario.demand_matrix import read_matrix
from qkdsim.scenario.demand_plans import PlannedDemands, key_demands
from qkdsim.scenario.every_problem import every_problem
from qkdsim.scenario.gravity import Gravity, gravity_shares
from qkdsim.scenario.reach import Reach
from qkdsim.topology import Topology

HEAD = """
format = "scenario/1"
title = "Demands"
topology = "grid.toml"
duration = "2h"
seed = 3
default_profile = "even.toml"
"""
# a user `u` and a far user `v` hang on a chain a - b - c; `z` stands alone
NODES = {"a": (10, 50.0), "b": (20, 51.0), "c": (40, 52.0), "u": (5, 50.0), "v": (1, 53.0), "z": (100, 60.0)}
LINKS = ("ab", "bc", "ua", "uc", "cv")


def topology(users: str = "uv", links: tuple[str, ...] = LINKS) -> Topology:
    return Topology.model_validate(
        {
            "name": "grid",
            "title": "A small network",
            "source": "made for tests",
            "published": "nothing",
            "approximate": "everything",
            "node": [
                {"id": name, "kind": "user" if name in users else "trusted", "weight": weight}
                | {"latitude_deg": latitude, "longitude_deg": 8.0}
                for name, (weight, latitude) in NODES.items()
            ],
            "link": [{"ends": list(ends), "length_km": 50.0} for ends in links],
        }
    )


def plan(folder: Path, demand: str, head: str = HEAD, matrix: str | bytes | None = None) -> PlannedDemands:
    """What the first `[[demand]]` of a scenario comes to; its own problems and those of its matrix."""
    file = folder / "demands.toml"
    file.write_text(f"{head}\n[[demand]]\n{demand}\n", encoding="utf-8")
    if matrix is not None:
        (folder / "load.csv").write_bytes(matrix.encode() if isinstance(matrix, str) else matrix)
    named = load_named_scenario(str(file))
    found = tuple(problems("demands.toml", named.scenario, topology()))
    planned = key_demands(named, topology(), named.scenario.duration, named.scenario.seed)
    return PlannedDemands(planned.demands, planned.tables, found + planned.problems)


def only(planned: PlannedDemands) -> KeyDemand:
    assert not planned.problems
    (demand,) = planned.demands
    return demand


def messages(planned: PlannedDemands, folder: Path) -> list[str]:
    return [str(problem).replace(str(folder), "") for problem in planned.problems]


PAIR = 'from = "a"\nto = "c"\n'


@pytest.mark.parametrize(
    ("text", "pattern", "interval_s", "bits"),
    [
        ('rate_bps = 500\ninterval = "10s"', Constant(), 10.0, 5000),
        ("rate_bps = 500", Constant(), 1.0, 500),
        ('kind = "rekeying"\ninterval = "49s"', Constant(), 49.0, 256),
        ('kind = "requests"\nrequests_per_s = 0.05', Poisson(), 20.0, 256),
        ('kind = "requests"\nrequests_per_s = 4\npattern = "constant"', Constant(), 0.25, 256),
        ('kind = "rekeying"\ninterval = "1min"\npattern = "poisson"\nkey_bits = 128', Poisson(), 60.0, 128),
        (
            'kind = "requests"\nrequests_per_s = 1\npattern = "bursts"\nburst_size = 20\nkey_bits = 1048576',
            Batches(20),
            1.0,
            2**20,
        ),
        (
            'kind = "requests"\nrequests_per_s = 1\npattern = "bursts"\nmean_on = "10s"\nmean_off = "50s"',
            OnOff(10.0, 50.0),
            1.0,
            256,
        ),
    ],
)
def test_one_pair_asks_by_its_pattern(tmp_path: Path, text: str, pattern: object, interval_s: float, bits: int) -> None:
    demand = only(plan(tmp_path, PAIR + text + '\nlatency_budget = "3s"\nstart = "1min"'))
    assert demand.pairs == (("a", "c"),)
    assert (demand.pattern, demand.intervals_s, demand.bits) == (pattern, (interval_s,), bits)
    assert (demand.start_s, demand.stop_s) == (60.0, 7200.0)
    assert demand.service == ServiceClass(demand.id, latency_budget_s=3.0)
    assert len(next(demand.arrivals(1)).times_s)


@pytest.mark.parametrize(
    ("start", "offset", "local_start_h"),
    [
        ("", "", 0.0),
        ("start = 2026-03-01T18:30:00Z", "", 18.5),
        ("start = 2026-03-01T18:30:00Z", "utc_offset_h = 9", 3.5),
        ("start = 2026-03-01T02:00:00+09:00", "utc_offset_h = 9", 2.0),
        ("start = 2026-03-01T02:00:00", "utc_offset_h = -3.5", 22.5),
    ],
)
def test_a_day_has_its_shape_by_the_local_clock(tmp_path: Path, start: str, offset: str, local_start_h: float) -> None:
    text = f'{PAIR}kind = "requests"\nrequests_per_s = 1\npattern = "diurnal"\nshape = "office"\n{offset}'
    demand = only(plan(tmp_path, text, HEAD + start))
    assert demand.pattern == Diurnal(DayShape(NAMED_SHAPES["office"], local_start_h * 3600.0))


def test_a_shape_may_be_24_numbers(tmp_path: Path) -> None:
    hours = [0, 1.5, *[2] * 22]
    text = f'{PAIR}kind = "requests"\nrequests_per_s = 1\npattern = "diurnal"\nshape = {hours}'
    assert only(plan(tmp_path, text)).pattern == Diurnal(DayShape(tuple(map(float, hours))))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('to = "c"\nrate_bps = 1', r"demand\[0\]\.from: got nothing, expected a value: this key is required"),
        ('from = "a"\nto = "a"\nrate_bps = 1', r"demand\[0\]\.to: got 'a', expected another node"),
        (PAIR, r"demand\[0\]: rate_bps: required for kind 'one-time-pad'"),
        (PAIR + 'rate_bps = 1\nmatrix = "load.csv"', r"demand\[0\]\.from: got a value, expected none beside matrix"),
        ('kind = "rekeying"\nmatrix = "load.csv"\ninterval = "1s"', r"kind: got 'rekeying', expected 'requests'"),
        ("gravity = {}", r"requests_per_s: required for kind 'requests'"),
        ('matrix = "x.csv"\ngravity = {}', r"gravity: got a value, expected none beside matrix"),
        ('gravity = {choice = "drawn"}\nrequests_per_s = 1', r"gravity\.pairs: got nothing"),
        ("gravity = {min_hops = 3, max_hops = 2}\nrequests_per_s = 1", r"gravity\.max_hops: got 2"),
        (PAIR + 'rate_bps = 1\nshape = "office"', r"shape: got a value, expected one with pattern = 'diurnal' only"),
        (PAIR + 'rate_bps = 1\npattern = "diurnal"', r"shape: got nothing, expected 'office', 'residential', or 24"),
        (PAIR + 'rate_bps = 1\npattern = "diurnal"\nshape = "home"', r"shape: got 'home', expected 'office'"),
        (PAIR + 'rate_bps = 1\npattern = "diurnal"\nshape = [1, 2]', r"shape: got a list of 2, expected 'office'"),
        (PAIR + 'rate_bps = 1\npattern = "diurnal"\nshape = [' + "0," * 24 + "]", r"expected 'office'"),
        (PAIR + 'rate_bps = 1\npattern = "bursts"', r"pattern 'bursts' needs burst_size, or mean_on and mean_off"),
        (PAIR + 'rate_bps = 1\npattern = "bursts"\nmean_on = "1s"', r"needs burst_size, or mean_on and mean_off"),
        (
            PAIR + 'rate_bps = 1\npattern = "bursts"\nmean_on = "0s"\nmean_off = "1s"',
            r"mean_on: got 0\.0, expected a duration above 0",
        ),
        (PAIR + "rate_bps = 1\nburst_size = 2", r"burst_size: got a value, expected one with pattern = 'bursts' only"),
        (PAIR + 'kind = "requests"\nrequests_per_s = 0', r"requests_per_s: got 0, expected a number >= 1e-12"),
        (PAIR + 'rate_bps = 1\nclass = "gold"\nlatency_budget = "1s"', r"latency_budget: got 1, expected none: class"),
    ],
)
def test_a_demand_that_is_told_wrongly_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        plan(tmp_path, text)
    assert "\n" not in str(caught.value)


GOLD = '[[class]]\nname = "gold"\nlatency_budget = "2s"\n'


@pytest.mark.parametrize(
    ("head", "text", "message"),
    [
        ("", 'from = "a"\nto = "z"\nrate_bps = 1', "demand[0]: a path from a to z over links and relaying nodes"),
        ("", 'from = "a"\nto = "y"\nrate_bps = 1', "demand[0].to: got 'y', expected the id of a node of the topology"),
        ("", PAIR + "rate_bps = 0.2", "demand[0].rate_bps: got 0.2, expected at least one bit per interval"),
        (
            "",
            PAIR + "rate_bps = 2e12",
            "demand[0].rate_bps: got 2000000000000.0, expected at least one bit per interval",
        ),
        ("", PAIR + 'kind = "rekeying"\ninterval = "0s"', "demand[0].interval: got 0.0, expected a duration above 0"),
        (
            "",
            PAIR + 'kind = "rekeying"\ninterval = "1s"\nkey_bits = 64',
            "demand[0].key_bits: got 64.0, expected 128 to 1_048_576 bit",
        ),
        ("", PAIR + 'kind = "rekeying"\ninterval = "1s"\nkey_bits = 2e6', "demand[0].key_bits: got 2000000.0"),
        (
            "",
            PAIR + 'rate_bps = 1\npattern = "diurnal"\nshape = "office"\nutc_offset_h = 1',
            "demand[0].utc_offset_h: got 1.0, expected none, or a `start` of the scenario",
        ),
        (
            GOLD,
            PAIR + 'rate_bps = 1\nclass = "golf"',
            "demand[0].class: got 'golf', expected the name of a class of the scenario (nearest: gold)",
        ),
        (GOLD, PAIR + 'id = "gold"\nrate_bps = 1', "demand[0].id: got 'gold', expected not the name of a class"),
        (
            GOLD + "rate_limit_bps = 9\nburst_bits = 400\n",
            PAIR + 'rate_bps = 500\nclass = "gold"',
            "demand[0].class: got 'gold', expected a class whose burst_bits hold one request of 500 bit",
        ),
    ],
)
def test_what_does_not_fit_the_rest_of_the_scenario_is_named(
    tmp_path: Path, head: str, text: str, message: str
) -> None:
    (found,) = messages(plan(tmp_path, text, HEAD + head), tmp_path)
    assert found.startswith(f"demands.toml: {message}")


def test_a_class_is_shared_by_the_demands_that_name_it(tmp_path: Path) -> None:
    head = HEAD + '[[class]]\nname = "gold"\npriority = 1\nlatency_budget = "2s"\nsharing = "xor"\npaths = 2\n'
    demand = only(plan(tmp_path, PAIR + 'rate_bps = 1\nclass = "gold"', head))
    assert demand.service == ServiceClass("gold", 1, 2.0, paths=2, threshold=2, sharing="xor")


@pytest.mark.parametrize(
    ("table", "service"),
    [
        ({}, ServiceClass("x")),
        (
            {"sharing": "shamir", "paths": 5, "threshold": 3, "verification": "cross", "fewer_paths": "accept"},
            ServiceClass("x", paths=5, threshold=3, sharing="shamir", verification="cross", fewer_paths="accept"),
        ),
        (
            {"max_waiting": 0, "rate_limit_bps": 1e3, "burst_bits": 1e4},
            ServiceClass("x", max_waiting=0, rate_limit_bps=1e3, burst_bits=1e4),
        ),
    ],
)
def test_classes_reach_the_network_as_they_are_stated(table: dict[str, object], service: ServiceClass) -> None:
    assert ServiceClassEntry.model_validate({"name": "x", **table}).service() == service


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"paths": 2}, "sharing: got 'none', expected 'xor' or 'shamir' over 2 paths"),
        ({"threshold": 1}, "threshold: got 1, expected none for a key that is not split"),
        ({"verification": "cross"}, "verification: got 'cross', expected none for a key"),
        ({"fewer_paths": "accept"}, "fewer_paths: got 'accept', expected none for a key"),
        ({"sharing": "xor"}, "paths: got 1, expected at least 2"),
        ({"sharing": "xor", "paths": 3, "threshold": 2}, "threshold: got 2, expected 3: an XOR split"),
        ({"sharing": "shamir", "paths": 3}, "threshold: got nothing"),
        ({"sharing": "shamir", "paths": 3, "threshold": 4}, "threshold: got 4, expected 2 to 3"),
        ({"sharing": "shamir", "paths": 3, "threshold": 1}, "threshold: got 1, expected 2 to 3"),
        (
            {"sharing": "shamir", "paths": 4, "threshold": 3, "verification": "cross"},
            r"verification: got 'cross', expected 'tags', or at least 2 threshold - 1 = 5 paths",
        ),
        ({"sharing": "xor", "paths": 2, "verification": "cross"}, "= 3 paths"),
        ({"rate_limit_bps": 5}, "burst_bits: got nothing"),
        ({"burst_bits": 5}, "burst_bits: got 5, expected none without rate_limit_bps"),
    ],
)
def test_classes_that_cannot_be_are_refused(table: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ServiceClassEntry.model_validate({"name": "x", **table})


def test_the_same_class_twice_is_refused_and_every_problem_is_found(tmp_path: Path) -> None:
    file = tmp_path / "twice.toml"
    file.write_text(f'{HEAD}{GOLD}{GOLD}[[class]]\nname = "tin"\npaths = 0\n', encoding="utf-8")
    found = [str(problem) for problem in every_problem(file)]
    assert any("class[2].paths: got 0" in line for line in found)
    assert any("class[1].name: got 'gold' twice, expected unique names" in line for line in found)


LIST = "# measured last week\nfrom,to,rate_bps\na,c,512\n\nc,a,256\nu,v,0\nu,b,128\n"
SQUARE = "requests_per_s;a;b;c\na;0;0.5;\nc;0.25;;0\n"


def test_a_list_of_pairs_is_read(tmp_path: Path) -> None:
    planned = plan(tmp_path, 'matrix = "load.csv"', matrix=LIST)
    demand = only(planned)
    assert demand.id == "requests-load"
    assert dict(zip(demand.pairs, demand.intervals_s, strict=True)) == {
        ("a", "c"): 0.5,
        ("c", "a"): 1.0,
        ("u", "b"): 2.0,
    }
    assert planned.tables == ((str(tmp_path / "load.csv"), hashlib.sha256(LIST.encode()).hexdigest()),)


def test_a_square_matrix_is_read(tmp_path: Path) -> None:
    demand = only(plan(tmp_path, 'matrix = "load.csv"', matrix=SQUARE))
    assert dict(zip(demand.pairs, demand.intervals_s, strict=True)) == {("a", "b"): 2.0, ("c", "a"): 4.0}


def test_a_total_rate_turns_the_matrix_into_shares(tmp_path: Path) -> None:
    demand = only(plan(tmp_path, 'matrix = "load.csv"\nrequests_per_s = 14\npattern = "constant"', matrix=LIST))
    assert demand.intervals_s == pytest.approx((1 / 8, 1 / 4, 1 / 2))
    assert demand.pattern == Constant(is_staggered=True)


def test_tables_of_windows_programs_and_names_in_any_script_are_read(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfFrom\tTo\tRequests_per_s\r\na\tc\t2\r\n"
    assert only(plan(tmp_path, 'matrix = "load.csv"', matrix=text)).intervals_s == (0.5,)
    named = topology().model_copy(
        update={"node": tuple(n.model_copy(update={"id": "Zürich"}) if n.id == "a" else n for n in topology().node)}
    )
    reach = Reach(named.model_copy(update={"link": topology(links=("bc",)).link}))
    (tmp_path / "load.csv").write_text("from,to,rate_bps\nb,c,1\nb,Zu\u0308rich,0\n", encoding="utf-8")
    assert read_matrix(tmp_path / "load.csv", reach).rates == {("b", "c"): 1.0}  # the composed name is known


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (None, ["demands.toml: demand[0].matrix: 'load.csv': no such file"]),
        ("", ["demands.toml: demand[0].matrix: 'load.csv': file is empty"]),
        ("# nothing\n", ["file is empty, expected columns from, to and rate_bps or requests_per_s"]),
        ("a,b\n1,2\n", ["load.csv: line 1: got 'a, b', expected columns from, to and"]),
        ("from,to,rate_bps,requests_per_s\n", ["load.csv: line 1: got 'from, to, rate_bps, requests_per_s', expected"]),
        ("from,to,rate_bps\n", ["'load.csv': no pair has a rate above 0"]),
        (b"from,to,rate_bps\na,\xff,1\n", ["'load.csv': not UTF-8 text (byte 19)"]),
        ('from,to,rate_bps\na,"c,1\n', ["load.csv: line 2: not CSV"]),
        (
            "from,to,rate_bps\n#\na,cc,1\nä,c,1\n",
            ["load.csv: line 3: got 'cc', expected the id of a node", "load.csv: line 4: got 'ä', expected the id"],
        ),
        (
            "from,to,rate_bps\na,c,-1\na,c,nan\na,c,1e99\na,c,many\na,c\n",
            [
                "load.csv: line 2: got '-1' from a to c, expected 0, or a number from 1e-12 to 1e+15",
                "load.csv: line 3: got 'nan' from a to c",
                "load.csv: line 4: got '1e99'",
                "load.csv: line 5: got 'many'",
                "load.csv: line 6: got 2 cells, expected 3, as the header has",
            ],
        ),
        (
            "from,to,rate_bps\na,c,1\na,a,1\na,c,2\na,z,1\n",
            [
                "load.csv: line 3: got 'a', expected another node",
                "load.csv: line 4: got a to c again, expected each pair once (line 2)",
                "load.csv: line 5: a path from a to z over links and relaying nodes; there is none",
            ],
        ),
        (
            "rate_bps,a,b,b,q\na,1,0,0,0\nb,1,0,0,0\nb,1,0,0,0\n",
            [
                "load.csv: line 1: got 'q', expected the id of a node",
                "load.csv: line 1: got 'b' 2 times, expected each node once",
                "load.csv: line 2: got 'a', expected another node",
                "load.csv: line 4: got b to a again, expected each pair once (line 3)",
            ],
        ),
    ],
)
def test_matrices_that_are_wrong_are_refused_by_line(
    tmp_path: Path, matrix: str | bytes | None, expected: list[str]
) -> None:
    found = messages(plan(tmp_path, 'matrix = "load.csv"', matrix=matrix), tmp_path)
    assert len(found) == len(expected)
    for line, words in zip(found, expected, strict=True):
        assert words in line
        assert "\n" not in line


def test_a_matrix_that_is_wrong_in_every_line_is_not_listed_to_its_end(tmp_path: Path) -> None:
    text = "from,to,rate_bps\n" + "x,y,1\n" * 100_000
    assert len(plan(tmp_path, 'matrix = "load.csv"', matrix=text).problems) <= 60


def shares(gravity: Gravity, seed: int = 1, network: Topology | None = None) -> dict[tuple[str, str], float]:
    network = network or topology(users="v")
    found = gravity_shares(gravity, network, Reach(network), "f", "k", rng.stream(seed, "test"))
    assert found.share.sum() == pytest.approx(1.0, rel=1e-12)
    return dict(zip(found.pairs, found.share.tolist(), strict=True))


def test_gravity_shares_are_products_of_weights_over_distance() -> None:
    found = shares(Gravity(distance_exponent=2.0))  # type: ignore[arg-type]  # the validator makes it a quantity
    strength = {
        (one, two): NODES[one][0] * NODES[two][0] / max(abs(NODES[one][1] - NODES[two][1]), 1 / 111.195) ** 2
        for number, one in enumerate("abcuv")
        for two in "abcuv"[number + 1 :]
    }  # all on one meridian; a and u stand on the same spot, 1 km apart by the floor; z is joined to nobody
    total = sum(strength.values())
    assert found == pytest.approx({pair: value / total for pair, value in strength.items()}, rel=1e-4)


def test_the_strongest_pairs_are_kept_within_the_hops() -> None:
    flat = {"distance_exponent": 0.0}
    assert list(shares(Gravity.model_validate({**flat, "pairs": 2}))) == [("a", "c"), ("b", "c")]
    far = shares(Gravity.model_validate({**flat, "min_hops": 2, "max_hops": 2}))
    assert set(far) == {("a", "c"), ("b", "u"), ("b", "v"), ("u", "v")}
    assert far["a", "c"] == pytest.approx(400 / (400 + 100 + 20 + 5))


def test_drawn_pairs_have_the_shares_of_the_full_model_on_average() -> None:
    full = shares(Gravity())
    drawn = [shares(Gravity(pairs=4, choice="drawn"), seed) for seed in range(1_500)]
    assert all(sum(round(4 * share) for share in one.values()) == 4 for one in drawn)
    for pair, share in full.items():
        seen = np.array([one.get(pair, 0.0) for one in drawn])
        assert abs(seen.mean() - share) < 4.5 * max(seen.std(ddof=1), 0.02) / np.sqrt(len(seen))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": None}, r"k: got '?0 nodes with a weight'?, expected weights above 0 on at least two nodes"),
        ({"latitude_deg": None}, r"k\.distance_exponent: got 1\.0, expected latitude_deg and longitude_deg"),
    ],
)
def test_gravity_needs_weights_and_positions(change: dict[str, None], message: str) -> None:
    network = topology()
    network = network.model_copy(update={"node": tuple(node.model_copy(update=change) for node in network.node)})
    with pytest.raises(InputError, match=message):
        shares(Gravity(), network=network)


def test_gravity_without_any_path_is_refused(tmp_path: Path) -> None:
    planned = plan(tmp_path, "requests_per_s = 1\n[demand.gravity]\nmin_hops = 9")
    assert messages(planned, tmp_path) == [
        "/demands.toml: demand[0].gravity: no two nodes with a weight are joined by a path that fits"
    ]


def test_a_gravity_demand_asks_at_its_total_rate(tmp_path: Path) -> None:
    demand = only(plan(tmp_path, "requests_per_s = 40\n[demand.gravity]\npairs = 3"))
    assert (demand.id, len(demand.pairs), demand.pattern) == ("requests-gravity", 3, Poisson())
    assert demand.requests_per_s == pytest.approx(40.0)
    asked = sum(len(lot.times_s) for lot in demand.arrivals(1))
    assert abs(asked - 40 * 7200) < 4.5 * np.sqrt(40 * 7200)


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]), max_size=14),
    st.sets(st.integers(0, 7)),
)
def test_reach_agrees_with_a_search_for_every_pair(pairs: list[tuple[int, int]], users: set[int]) -> None:
    network = Topology.model_validate(
        {
            **dict.fromkeys(("name", "title", "source", "published", "approximate"), "-"),
            "node": [{"id": str(name), "kind": "user" if name in users else "relay"} for name in range(8)],
            "link": [
                {"id": f"l{index}", "ends": [str(one), str(two)], "length_km": 1.0}
                for index, (one, two) in enumerate(pairs)
            ],
        }
    )
    reach, graph = Reach(network), nx.Graph(pairs)
    graph.add_nodes_from(range(8))
    hops = reach.hops(list(range(8)))
    for one in range(8):
        for two in range(8):
            if one == two:
                continue
            inner = graph.subgraph({node for node in range(8) if node not in users} | {one, two})
            is_joined = nx.has_path(inner, one, two)
            assert reach.joins(str(one), str(two)) == is_joined
            expected = nx.shortest_path_length(inner, one, two) if is_joined else np.inf
            assert hops[one, two] == expected


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('[[class]]\nname = "g"\npriority = 1000001', "class[0].priority: got 1000001, expected less than or equal"),
        ("[store]\ninitial_key_bits = 1e30", "store.initial_key_bits: got 1e+30, expected a number >= 0 and <= 1e+15"),
        ("[store]\nhop_tag_bits = 1e30", "store.hop_tag_bits: got 1e+30, expected a number >= 0 and <= 1e+06"),
        ("[store]\ncapacity_bits = 0.4", "store.capacity_bits: got 0.4, expected a number >= 1 and <= 1e+15"),
        ('[[link]]\nid = "a--b"\ninitial_key_bits = 1e30', "link[0].initial_key_bits: got 1e+30, expected a number"),
    ],
)
def test_numbers_too_large_to_count_with_are_refused(tmp_path: Path, head: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(tmp_path, PAIR + "rate_bps = 1", HEAD + head)
    assert message in str(caught.value)


def test_a_scenario_with_a_shape_can_be_written_out(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    file = tmp_path / "demands.toml"
    text = 'rate_bps = 1\npattern = "diurnal"\nshape = "office"'
    file.write_text(f"{HEAD}\n[[demand]]\n{PAIR}{text}\n", encoding="utf-8")
    scenario = load_named_scenario(str(file)).scenario
    written = json.loads(scenario.model_dump_json())
    assert written["demand"][0]["shape"] == list(NAMED_SHAPES["office"])
    assert not recwarn.list
