from __future__ import annotations

from typing import Any

import numpy as np

from qkdsim.plots import FaultSpan, restoration_figure, to_svg
from qkdsim.plots.restoration_facts import fault_effects, served_around

from .tables import requests, table

CUT = FaultSpan("cut", "a--b", 100.0, 200.0, 220.0)
NODE = FaultSpan("node-lost", "hub", 400.0, 500.0, 500.0, "node")


def restored(fault: FaultSpan, restored_s: float | None, outages: int = 1, **more: Any) -> dict[str, Any]:
    down = bool(outages)
    return {
        "kind": fault.kind,
        "on": fault.on,
        "target": fault.target,
        "start_s": fault.start_s,
        "from": "a",
        "to": "b",
        "class": "calls",
        "outages": outages,
        "failed_s": fault.start_s + 1 if down else None,
        "restored_s": restored_s,
        "restoration_s": None if restored_s is None else restored_s - fault.start_s,
        "down_s": None if restored_s is None and down else 0.0,
        **more,
    }


def test_effects_count_pairs_and_times() -> None:
    rows = [
        restored(NODE, 450.0),
        restored(NODE, 410.0, to="c"),
        restored(NODE, None, to="d"),
        restored(NODE, None, 0, to="e"),
        restored(CUT, None, 0),
        restored(FaultSpan("node-lost", "a--b", 400.0, 500.0, 510.0), 450.0),  # part of the node that is lost
    ]
    node, cut = fault_effects(table("restorations", rows), [CUT, NODE])
    assert (node.fault, len(node.streams), node.interrupted, node.unrestored) == (NODE, 4, 3, 1)
    assert node.restored_s == (410.0, 450.0)
    assert (cut.fault, cut.interrupted, cut.restored_s) == (CUT, 0, ())


def test_cuts_around_an_island_that_did_the_same_are_one() -> None:
    around = [FaultSpan("classical-cut", name, 100.0, 200.0, 200.0, "classical-link") for name in ("p", "q", "r", "s")]
    rows = [restored(one, 210.0) for one in around[:3]] + [restored(around[3], 210.0, to="c")]
    first, other = fault_effects(table("restorations", rows), around)
    assert (first.fault.name, first.streams, first.restored_s) == (
        "classical-cut: p and 2 more",
        (("calls", "a", "b"),),
        (210.0,),
    )
    assert (other.fault, other.streams) == (around[3], (("calls", "a", "c"),))


def test_the_window_holds_fault_and_restoration() -> None:
    (effect,) = fault_effects(table("restorations", [restored(CUT, 300.0)]), [CUT])
    assert effect.window_s(1000.0) == (100.0 - 70.0, 300.0 + 70.0)
    first_s, last_s = effect.window_s(310.0)
    assert (first_s, last_s) == (30.0, 310.0)


def test_served_share_is_of_the_touched_pairs_in_either_direction() -> None:
    blocked = {"outcome": "blocked", "cause": "no route"}
    rows = [{"arrival_s": 1.0 * t, "from": "ba"[t % 2], "to": "ab"[t % 2]} for t in range(100)]
    rows += [{"arrival_s": 100.0 + t, **blocked} for t in range(100)]
    rows += [{"arrival_s": 100.0 + t, "class": "other"} for t in range(100)]  # not touched
    rows += [{"arrival_s": 100.0 + t, "to": "z"} for t in range(100)]
    (effect,) = fault_effects(table("restorations", [restored(CUT, None)]), [CUT])
    edges, share = served_around(requests(*rows), effect, (0.0, 200.0))
    before = edges[1:] <= 100.0
    assert (share[before] == 1).all()
    assert (share[edges[:-1] >= 100.0] == 0).all()
    assert len(share) == 50  # 200 requests, four a bin


def test_bins_without_requests_are_gaps() -> None:
    (effect,) = fault_effects(table("restorations", [restored(CUT, None)]), [CUT])
    _, share = served_around(requests({"arrival_s": 5.0}), effect, (0.0, 80.0))
    assert share[0] == 1
    assert np.isnan(share[1:]).all()


def test_figure_shows_the_worst_faults() -> None:
    faults = [FaultSpan("cut", f"link-{i}", 10.0 * i, 10.0 * i + 5, 10.0 * i + 6) for i in range(12)]
    rows = [restored(one, one.start_s + 3, to=f"n{k}") for i, one in enumerate(faults) for k in range(i + 1)]
    svg = to_svg(restoration_figure(table("restorations", rows), requests({}), faults, 200.0))
    assert "8 of 12 faults that were felt" in svg
    assert "cut: link-11, at 1" in svg
    assert "link-3," not in svg
    assert "12 of 12 pairs interrupted, last back after 3 s" in svg


def test_nothing_was_felt() -> None:
    for rows in ([], [restored(CUT, None, 0)]):
        svg = to_svg(restoration_figure(table("restorations", rows), requests(), [CUT], 200.0))
        assert "no fault interrupted the service of a pair" in svg
