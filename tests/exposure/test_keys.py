"""Which delivered keys are exposed: cases by hand, laws, and a ledger of single bits as the oracle."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.exposure import Compromise, compromised_keys, exposure
from qkdsim.results import RunResult
from tests.exposure.small_runs import TAG_BITS, MadeKey, made_run

DIAMOND = [("a", "b"), ("b", "z"), ("a", "c"), ("c", "z"), ("a", "d"), ("d", "z"), ("a", "z")]
NODES = "abcdz"
ROUTES = ("a>b>z", "a>c>z", "a>d>z", "a>z")


def exposed(result: RunResult, *compromises: Compromise) -> list[int]:
    return compromised_keys(result, compromises)["index"].to_list()


def test_a_relay_exposes_what_passes_it_from_then_on() -> None:
    keys = [MadeKey(("a>b>z",), 10.0), MadeKey(("a>c>z",), 20.0), MadeKey(("a>b>z",), 30.0)]
    run = made_run(DIAMOND, keys)
    assert exposed(run, Compromise("b")) == [0, 2]
    assert exposed(run, Compromise("b", 20.0)) == [2]
    assert exposed(run, Compromise("b", 30.0 + 1e-9)) == [2]  # the second hop is still to come
    assert exposed(run, Compromise("b", 30.01)) == []
    assert exposed(run, Compromise("d")) == []


def test_xor_needs_every_path_and_a_threshold_its_number() -> None:
    both, three = ("a>b>z", "a>c>z"), ("a>b>z", "a>c>z", "a>d>z")
    keys = [MadeKey(both, 1.0, key_class="x"), MadeKey(three, 2.0, key_class="s"), MadeKey(both, 3.0, key_class="s")]
    run = made_run(DIAMOND, keys, {"x": ("xor", 3), "s": ("shamir", 2)})
    assert exposed(run, Compromise("b")) == []
    assert exposed(run, Compromise("b"), Compromise("d")) == [1]
    assert exposed(run, Compromise("b"), Compromise("c")) == [0, 1, 2]
    row = compromised_keys(run, [Compromise("b"), Compromise("c")]).row(1, named=True)
    assert (row["paths"], row["threshold"], row["known_paths"]) == (3, 2, 2)


def test_an_end_exposes_its_own_keys_and_that_is_said() -> None:
    keys = [MadeKey(("a>z",), 1.0), MadeKey(("a>b>z", "a>z"), 2.0, key_class="x"), MadeKey(("b>z",), 3.0)]
    run = made_run(DIAMOND, keys, {"x": ("xor", 2)})
    table = compromised_keys(run, [Compromise("a")])
    assert table["index"].to_list() == [0, 1]
    assert table["at_ends"].to_list() == [True, True]
    assert table["by_relays"].to_list() == [False, False]
    assert exposed(run, Compromise("b")) == [2]  # the direct path of key 1 passes no relay
    assert exposed(run, Compromise("b", 2.5)) == [2]
    assert exposed(run, Compromise("z", 3.5)) == []


def test_keys_that_were_not_delivered_do_not_count() -> None:
    run = made_run(DIAMOND, [MadeKey(("a>b>z",), 1.0, outcome="lost"), MadeKey(("a>b>z",), 2.0)])
    found = exposure(run, [Compromise("b")])
    assert (found.total.keys, found.total.exposed_keys) == (1, 1)


def test_groups_by_class_and_pair_add_up() -> None:
    keys = [
        MadeKey(("a>b>z",), 1.0, 10),
        MadeKey(("z>b>a",), 2.0, 20),
        MadeKey(("a>c>z",), 3.0, 40, "other"),
        MadeKey(("c>z>b",), 4.0, 80),
    ]
    run = made_run(DIAMOND, keys)
    found = exposure(run, [Compromise("b", 1.5)])
    assert [(group.key_class, group.ends) for group in found.groups] == [
        ("c", ("b", "c")),
        ("c", ("a", "z")),
        ("other", ("a", "z")),
    ]
    first, second, third = found.groups
    assert (first.exposed_bits, first.at_ends_keys, first.by_relays_keys) == (80, 1, 0)
    assert (second.keys, second.bits, second.exposed_keys, second.exposed_bits) == (2, 30, 1, 20)
    assert (second.first_s, second.last_s, second.share) == (keys[1].delivered_s, keys[1].delivered_s, 0.5)
    assert (third.exposed_keys, third.first_s) == (0, None)
    assert (found.total.keys, found.total.exposed_bits, found.total.last_s) == (4, 100, keys[3].delivered_s)
    only = exposure(run, [Compromise("b", 1.5)], ("z", "a"))
    assert (only.total.keys, only.total.exposed_keys) == (3, 1)
    nothing = exposure(run, [Compromise("b")], ("d", "a"))
    assert (nothing.groups, nothing.total.share) == ((), None)


def test_key_in_the_store_when_the_node_was_cleaned_stays_known() -> None:
    """208 bits lie in a--b at the cleaning: of the keys that take 108 each afterwards, the first two."""
    keys = [MadeKey(("a>b>z",), at_s) for at_s in (10.0, 60.0, 70.0, 80.0)]
    stores = [
        {"time_s": 0.0, "link": "a--b", "stored_bits": 900},
        {"time_s": 40.0, "link": "a--b", "stored_bits": 100},
        {"time_s": 60.0, "link": "a--b", "stored_bits": 999},
    ]
    blocks = [
        {"link": "a--b", "available_s": 45.0, "secret_bits": 138, "pool_refill_bits": 30},
        {"link": "a--b", "available_s": 55.0, "secret_bits": 5000},
        {"link": "b--z", "available_s": 45.0, "secret_bits": 0},
    ]
    run = made_run(DIAMOND, keys, stores=stores, blocks=blocks)
    assert exposed(run, Compromise("b", 30.0, 50.0)) == [1, 2]
    assert exposed(run, Compromise("b", 0.0, 50.0)) == [0, 1, 2]
    assert exposed(run, Compromise("c", 0.0, 50.0)) == []


def test_key_on_order_when_the_node_was_cleaned_is_known() -> None:
    run = made_run(DIAMOND, [MadeKey(("a>b>z",), 60.0, arrival_s=49.0), MadeKey(("a>b>z",), 60.0, arrival_s=51.0)])
    assert exposed(run, Compromise("b", 30.0, 50.0)) == [0]


def test_direct_keys_empty_the_stock_unless_links_are_parallel() -> None:
    stores = [{"time_s": 50.0, "link": "a--z", "stored_bits": 250}]
    keys = [MadeKey(("a>z",), at_s) for at_s in (60.0, 61.0, 62.0, 63.0)]
    assert exposed(made_run(DIAMOND, keys, stores=stores), Compromise("a", 0.0, 50.0)) == [0, 1, 2]
    twice = made_run([*DIAMOND, ("z", "a")], keys, stores=stores)
    assert exposed(twice, Compromise("a", 0.0, 50.0)) == [0, 1, 2, 3]


KEYS = st.builds(
    MadeKey,
    st.lists(st.sampled_from(ROUTES), min_size=1, max_size=4, unique=True).map(tuple),
    st.floats(0.0, 100.0),
    st.integers(1, 500),
    st.sampled_from(["x", "s"]),
)
COMPROMISES = st.lists(
    st.builds(
        lambda node, start, length: Compromise(node, start, start + length),
        st.sampled_from(NODES),
        st.floats(0.0, 100.0),
        st.sampled_from([1.0, 30.0, float("inf")]),
    ),
    max_size=4,
)


@settings(max_examples=40)
@given(st.lists(KEYS, max_size=20), COMPROMISES, COMPROMISES)
def test_more_compromised_nodes_never_expose_fewer_keys(
    keys: list[MadeKey], some: list[Compromise], others: list[Compromise]
) -> None:
    run = made_run(DIAMOND, keys, {"x": ("xor", 2), "s": ("shamir", 2)})
    fewer, more = set(exposed(run, *some)), set(exposed(run, *some, *others))
    assert fewer <= more
    assert set(exposed(run, *some, *some)) == fewer
    everyone = [Compromise(node) for node in NODES]
    assert set(exposed(run, *everyone)) == set(range(len(keys)))


@given(st.lists(KEYS, max_size=12), st.sets(st.sampled_from("bcd")))
def test_relays_expose_as_many_paths_as_they_are_on(keys: list[MadeKey], nodes: set[str]) -> None:
    run = made_run(DIAMOND, keys, {"x": ("xor", 2), "s": ("shamir", 2)})
    expected = []
    for index, key in enumerate(keys):
        hit = sum(bool(nodes & set(path.split(">")[1:-1])) for path in key.paths)
        threshold = len(key.paths) if key.key_class == "x" else min(2, len(key.paths))
        if hit >= threshold:
            expected.append(index)
    assert exposed(run, *(Compromise(node) for node in nodes)) == expected


@given(
    st.lists(st.tuples(st.sampled_from(["a>b>z", "a>z", "b>z", "z>b>a"]), st.integers(1, 300)), max_size=25),
    st.lists(st.integers(0, 2000), min_size=3, max_size=3),
    st.integers(1, 24),
    st.integers(0, 24),
)
def test_stock_against_a_ledger_of_single_bits(
    uses: list[tuple[str, int]], levels: list[int], start: int, length: int
) -> None:
    """Each bit of a store knows whether the compromised node held it; keys are judged by the bits they took."""
    links = [("a", "b"), ("b", "z"), ("a", "z")]
    names = [f"{a}--{b}" for a, b in links]
    window = Compromise("b", start - 0.5, start + length + 0.5)
    keys = [MadeKey((path,), float(at_s), bits) for at_s, (path, bits) in enumerate(uses, start=1)]
    stores = [
        {"time_s": window.until_s, "link": name, "stored_bits": level}
        for name, level in zip(names, levels, strict=True)
    ]
    seen = {name: deque([True] * level) for name, level in zip(names, levels, strict=True)}
    expected = []
    for index, key in enumerate(keys):
        nodes = key.paths[0].split(">")
        hops = [f"{min(pair)}--{max(pair)}" for pair in pairwise(nodes)]
        touched = [hop for hop in hops if "b" in hop]
        if window.from_s <= key.at_s < window.until_s:
            known = bool(touched)
        elif key.at_s < window.from_s:
            known = False
        else:
            known = False
            for hop in touched:
                for _ in range(key.bits + (TAG_BITS if len(hops) > 1 else 0)):
                    known |= seen[hop].popleft() if seen[hop] else False
        if known:
            expected.append(index)
    assert exposed(made_run(links, keys, stores=stores), window) == expected


def test_what_is_refused() -> None:
    run = made_run(DIAMOND, [MadeKey(("a>b>z", "a>c>z"), 1.0)])
    with pytest.raises(InputError, match="compromised node: got 'q', expected a node of the run, such as a"):
        exposure(run, [Compromise("q")])
    with pytest.raises(InputError, match="classes: the class 'c'"):
        compromised_keys(run, [Compromise("b")])
    for times in ((-1.0, 2.0), (3.0, 3.0), (float("nan"), 1.0)):
        with pytest.raises(ValueError, match="from_s < until_s"):
            Compromise("b", *times)
