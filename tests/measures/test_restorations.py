"""How service comes back after faults, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from .small_runs import Ask, FaultRow, Tables


def times(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("outages", "failed_s", "restored_s", "restoration_s", "down_s"))


def test_from_the_start_of_the_fault_until_the_next_served_request() -> None:
    # stores last until 25 s; the link is live again at 40 s, and key comes at 50 s
    asks = [Ask(10.0), Ask(20.0), Ask(30.0, None), Ask(40.0, None), Ask(50.0), Ask(60.0)]
    tables = Tables(asks, [FaultRow("link", "ab", 15.0, 40.0)])
    (row,) = tables.restorations()
    assert (row["kind"], row["on"], row["target"], row["start_s"]) == ("cut", "link", "ab", 15.0)
    assert (row["from"], row["to"], row["class"]) == ("a", "b", "gold")
    assert times(row) == (1, 30.0, 50.0, 35.0, 20.0)
    found = tables.measured()["all", ""]
    assert (found["restoration_mean_s"], found["restoration_max_s"], found["unrestored"]) == (35.0, 35.0, 0.0)


def test_service_that_comes_and_goes_is_back_after_its_last_outage() -> None:
    asks = [Ask(0.0), Ask(10.0, None), Ask(20.0), Ask(30.0, None), Ask(40.0, None), Ask(50.0)]
    (row,) = Tables(asks, [FaultRow("link", "ab", 5.0, 45.0)]).restorations()
    assert times(row) == (2, 10.0, 50.0, 45.0, 30.0)


def test_a_pair_that_never_comes_back() -> None:
    tables = Tables([Ask(0.0), Ask(10.0, None), Ask(20.0, None)], [FaultRow("node", "b", 5.0, None, "off")])
    (row,) = tables.restorations()
    assert times(row) == (1, 10.0, None, None, None)
    found = tables.measured()["pair", "a--b"]
    assert (found["restoration_mean_s"], found["unrestored"]) == (None, 1.0)


def test_a_pair_that_found_another_route_was_never_down() -> None:
    asks = [Ask(0.0), Ask(10.0, path="a>c>b"), Ask(20.0, path="a>c>b")]
    (row,) = Tables(asks, [FaultRow("link", "ab", 5.0, 25.0)]).restorations()
    assert times(row) == (0, None, None, None, 0.0)


@pytest.mark.parametrize(
    ("fault", "path", "touched"),
    [
        (FaultRow("link", "ac", 5.0, 50.0), "a>c>b", True),
        (FaultRow("link", "bc", 5.0, 50.0), "a>c>b", True),  # the path runs against the direction of the link
        (FaultRow("link", "ab", 5.0, 50.0), "a>c>b", False),
        (FaultRow("link", "ab", 5.0, 50.0), "a>c>b|a>b", True),
        (FaultRow("node", "c", 5.0, 50.0), "a>c>b", True),
        (FaultRow("node", "c", 5.0, 50.0), "a>b", False),
        (FaultRow("node", "a", 5.0, 50.0), "a>b", True),
        (FaultRow("controller", "", 5.0, 50.0), "a>b", True),
        (FaultRow("classical-link", "ac", 5.0, 50.0), "a>b", True),
        (FaultRow("link", "ac", 0.0, 50.0), "a>c>b", False),  # nothing was served before it
        (FaultRow("link", "ac", 15.0, 50.0), "a>c>b", True),  # the outage is older than the fault
    ],
)
def test_a_fault_touches_pairs_whose_last_key_went_over_it(fault: FaultRow, path: str, touched: bool) -> None:
    rows = Tables([Ask(0.0, path=path), Ask(10.0, None), Ask(20.0, path=path)], [fault]).restorations()
    assert bool(rows) == touched
    assert [row["outages"] for row in rows] == [1 if fault.start_s < 10.0 else 0] * touched


def test_faults_of_the_controller_list_only_those_who_felt_them() -> None:
    asks = [Ask(0.0), Ask(1.0, ends=("a", "c"), path="a>c"), Ask(10.0, None), Ask(11.0, ends=("a", "c"), path="a>c")]
    (row,) = Tables([*asks, Ask(20.0)], [FaultRow("controller", "", 5.0, 15.0)]).restorations()
    assert (row["from"], row["to"], row["down_s"]) == ("a", "b", 10.0)


def test_names_that_contain_each_other_are_not_confused() -> None:
    nodes, links = ("a", "aa", "b"), (("l", "a", "b"), ("m", "aa", "b"))
    asks = [Ask(0.0, ends=("aa", "b"), path="aa>b"), Ask(10.0, None, ends=("aa", "b"))]
    for fault, count in ((FaultRow("node", "a", 5.0, 50.0), 0), (FaultRow("link", "l", 5.0, 50.0), 0)):
        assert len(Tables(asks, [fault], nodes=nodes, links=links).restorations()) == count
    assert len(Tables(asks, [FaultRow("link", "m", 5.0, 50.0)], nodes=nodes, links=links).restorations()) == 1
