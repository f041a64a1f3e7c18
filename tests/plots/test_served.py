from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.plots import MapNode, served_figure, to_svg
from qkdsim.plots.served_pairs import PairShares, pair_shares, regions, share_classes

from .tables import requests

NODES = [MapNode("a", "Alpha", 35.0, 139.0), MapNode("b", "東京", 36.0, 139.0), MapNode("c", "Gamma", 36.0, 140.0)]


def test_shares_are_key_served_over_key_asked_for() -> None:
    blocked = {"outcome": "blocked", "cause": "no route"}
    rows = [{"bits": 300}, {"bits": 100, **blocked}, {"from": "b", "to": "c", **blocked}, {"from": "c", "to": "x"}]
    shares = pair_shares(requests(*rows), ["c", "a", "b", "unused"])
    assert shares.nodes == ("c", "a", "b", "x")
    assert shares.share[1, 2] == 0.75
    assert shares.share[2, 0] == 0
    assert shares.share[0, 3] == 1
    assert np.isnan(shares.share).sum() == 16 - 3


@given(seed=st.integers(0, 10_000), count=st.integers(31, 80), known=st.booleans())
def test_regions_hold_all_key_and_all_nodes(seed: int, count: int, known: bool) -> None:
    random = np.random.default_rng(seed)
    asked = np.floor(random.exponential(100, (count, count)))
    shares = PairShares(tuple(f"n{i}" for i in range(count)), asked, np.floor(asked * random.random((count, count))))
    nodes = [MapNode(f"n{i}", f"N{i}", *(random.uniform(30, 40, 2) if known else ())) for i in range(count)]
    found = regions(shares, nodes, 30)
    assert len(found.nodes) <= 30
    assert found.asked_bits.sum() == pytest.approx(shares.asked_bits.sum(), rel=1e-12)
    assert found.served_bits.sum() == pytest.approx(shares.served_bits.sum(), rel=1e-12)
    if known:
        more = [int(name.split(" and ")[1].split()[0]) if " and " in name else 0 for name in found.nodes]
        assert sum(more) + len(more) == count
        assert (np.diff(found.weight_bits) <= 1e-6).all()  # the heaviest first
    else:
        assert found.nodes[-1] == f"{count - 29} others"


def test_nodes_at_one_spot_are_one_region() -> None:
    nodes = [MapNode(f"n{i}", f"N{i}", 35.0, 139.0) for i in range(40)]
    shares = PairShares(tuple(node.id for node in nodes), np.ones((40, 40)), np.ones((40, 40)))
    assert regions(shares, nodes, 30).nodes == ("N0 and 39 more",)


def test_every_pair_is_in_one_class_of_shares() -> None:
    share = np.array([0.0, 1.0, 1.0, 0.999, 0.1, 0.1001, 0.5, float("nan")])
    counts = dict(share_classes(share))
    assert sum(counts.values()) == 7
    assert (counts["none"], counts["all"], counts["90 % to 100 %"]) == (1, 2, 1)
    assert (counts["0 % to 10 %"], counts["10 % to 20 %"], counts["40 % to 50 %"]) == (1, 1, 1)


def test_small_matrices_are_written() -> None:
    rows = [{}] * 999 + [{"outcome": "blocked", "cause": "no route"}, {"from": "b", "to": "c"}]
    svg = to_svg(served_figure(requests(*rows), NODES))
    for text in ("Alpha", "東京", "Gamma", "&gt;99", ">100<", "node that asks"):
        assert text in svg


def test_large_matrices_count_pairs() -> None:
    nodes = [MapNode(f"n{i}", f"N{i}", 35.0 + i % 7, 139.0 + i // 7) for i in range(50)]
    rows = [{"from": f"n{i}", "to": f"n{i + 1}"} for i in range(49)]
    svg = to_svg(served_figure(requests(*rows), nodes))
    assert "49 pairs, by share served" in svg
    assert "by pair of regions" in svg


def test_nothing_asked_for() -> None:
    assert "no requests" in to_svg(served_figure(requests(), NODES))
