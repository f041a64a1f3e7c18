"""The formulas, written out, against the plans and against what the operations send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.rng import stream
from qkdsim.securecloud import (
    FixedPoint,
    KeyUse,
    Message,
    multiply_plan,
    open_plan,
    opened,
    product,
    rebuild_object,
    rebuild_plan,
    recover_chunk,
    recover_plan,
    refresh_chunk,
    refresh_plan,
    share_numbers,
    share_numbers_plan,
    share_plan,
    total_use,
)
from tests.securecloud.cases import THRESHOLDS, holders, shared


@given(st.binary(max_size=200), THRESHOLDS, st.integers(1, 64), st.integers(1, 128))
@settings(max_examples=50)
def test_plans_are_what_objects_take(data: bytes, counts: tuple[int, int], chunk_bytes: int, tag: int) -> None:
    k, n = counts
    some, random, size = holders(k, n, tag), stream(1, "plans"), (len(data), chunk_bytes)
    parts = max(1, -(-len(data) // chunk_bytes))
    each = 8 * len(data) + parts * (256 + tag)  # on one link, with the guard and the tag of each chunk

    dealt = shared(some, data, 1, chunk_bytes)
    assert total_use(one.use for one in dealt) == share_plan(some, "owner", *size)
    assert share_plan(some, "owner", *size).key_bits == n * each

    rows = [one.shares for one in dealt]
    read = total_use(one.use for one in rebuild_object(some, "reader", [row[:k] for row in rows]))
    assert read == rebuild_plan(some, "reader", *size, some.nodes[:k])
    assert read.key_bits == k * each
    assert rebuild_plan(some, "reader", *size).key_bits == n * each

    fresh = [refresh_chunk(some, row, random) for row in rows]
    assert total_use(one.use for one in fresh) == refresh_plan(some, *size)
    assert refresh_plan(some, *size).key_bits == n * (n - 1) * each

    if k < n:
        anew = total_use(recover_chunk(some, row, "node-2", random).use for row in rows)
        assert anew == recover_plan(some, "node-2", *size)
        assert anew.key_bits == (k * (k - 1) + k) * each


@given(THRESHOLDS, st.integers(1, 20))
def test_plans_are_what_numbers_take(counts: tuple[int, int], count: int) -> None:
    k, n = counts
    some, random = holders(k, n), stream(1, "plans")
    numbers, use = share_numbers(some, "owner", [1] * count, FixedPoint(1), random)
    assert use.merged() == share_numbers_plan(some, "owner", count)
    assert use.key_bits == n * (61 * count + 128)
    assert opened(numbers, "reader").use.merged() == open_plan(some, "reader", count)
    assert open_plan(some, "reader", count).key_bits == n * (61 * count + 128)
    if n < 2 * k - 1:
        with pytest.raises(ValueError, match="honest majority"):
            multiply_plan(some, count)
        return
    _, use = product(numbers, numbers, random)
    assert use.merged() == multiply_plan(some, count)
    assert use.key_bits == (2 * k - 1) * (n - 1) * (61 * count + 128)


def test_the_owner_may_hold_a_share() -> None:
    some = holders(2, 3)
    assert share_plan(some, "node-2", 100).messages == (
        Message("node-2", "node-1", 8 * 132, 128),
        Message("node-2", "node-3", 8 * 132, 128),
    )


def test_hops_multiply() -> None:
    """100 MiB shared 3-of-5 from a hub: one link each, but the last node behind a relay."""
    some = holders(3, 5)
    paths = {("hub", node): ("hub", node) for node in some.nodes[:4]} | {("hub", "node-5"): ("hub", "node-4", "node-5")}
    each = 8 * ((100 << 20) + 100 * 32) + 100 * 128
    links = share_plan(some, "hub", 100 << 20).on_links(paths)
    assert links == {
        ("hub", "node-1"): each,
        ("hub", "node-2"): each,
        ("hub", "node-3"): each,
        ("hub", "node-4"): 2 * each,
        ("node-4", "node-5"): each,
    }


def test_plans_refuse_what_the_operations_refuse() -> None:
    some = holders(2, 3)
    with pytest.raises(ValueError, match="cannot be"):
        share_plan(some, "owner", -1)
    with pytest.raises(ValueError, match="cannot be"):
        refresh_plan(some, 10, 0)
    with pytest.raises(ValueError, match="2 shares are needed, 1 are here"):
        rebuild_plan(some, "reader", 10, nodes=["node-1"])
    with pytest.raises(ValueError, match="x is not one of the nodes"):
        recover_plan(some, "x", 10)
    with pytest.raises(ValueError, match="2 shares are needed, 1 are here"):
        recover_plan(some, "node-1", 10, nodes=["node-1", "node-2"])
    assert KeyUse().key_bits == 0
