"""Compromised satellites: cases by hand, and a store that keeps book of every bit as the oracle."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from links.satellites.service_files import write

import qkdsim
from qkdsim.errors import InputError
from qkdsim.exposure import Compromise, compromised_keys, known_places, pair_secrecy
from qkdsim.results import RunResult
from tests.exposure.small_runs import TAG_BITS, MadeKey, made_run

LINKS = [("u", "a"), ("a", "b"), ("b", "v"), ("u", "v")]


def announced(at_s: float, satellite: str, bits: int, on_board_s: float, link: str = "a--b") -> dict[str, Any]:
    return {"link": link, "time_s": at_s, "satellite": satellite, "bits": bits, "on_board_s": on_board_s}


def sky_run(
    keys: Sequence[MadeKey],
    made: Sequence[dict[str, Any]],
    levels: Sequence[tuple[float, int]] | None = None,
    *,
    destroyed_bits: int = 0,
    classes: dict[str, tuple[str, int]] | None = None,
) -> RunResult:
    """The made run with the satellite link a--b; `levels` of its store, read at both ends of the run if left out."""
    if levels is None:
        used = sum(key.bits + TAG_BITS * (len(key.paths[0]) > 3) for key in keys if "a>b" in key.paths[0])
        levels = [(0.0, 0), (1000.0, sum(one["bits"] for one in made) - used)]
    return made_run(
        LINKS,
        keys,
        classes,
        stores=[{"link": "a--b", "time_s": time_s, "stored_bits": bits} for time_s, bits in levels],
        blocks=[
            {"link": one["link"], "available_s": one["time_s"], "secret_bits": one["bits"], "pool_refill_bits": 0}
            for one in made
        ],
        announcements=[{**one, "index": index} for index, one in enumerate(made)],
        destroyed_bits=destroyed_bits,
    )


def exposed(result: RunResult, *compromises: Compromise) -> list[int]:
    return compromised_keys(result, compromises)["index"].to_list()


MADE = [announced(10.0, "s", 100, 1.0), announced(20.0, "t", 100, 2.0), announced(30.0, "s", 100, 25.0)]
KEYS = [MadeKey(("a>b",), 40.0 + 10 * number) for number in range(3)]


def test_a_satellite_gives_away_what_it_announces_from_then_on() -> None:
    run = sky_run(KEYS, MADE)
    assert known_places(run) == (["a", "b", "u", "v"], ["s", "t"])
    assert exposed(run, Compromise("s")) == [0, 2]
    assert exposed(run, Compromise("t")) == [1]
    assert exposed(run, Compromise("s", 10.5)) == [2]  # the first was announced and erased before
    assert exposed(run, Compromise("s", 30.5)) == []  # though all three lie in the stores of a and b
    row = compromised_keys(run, [Compromise("s")]).row(0, named=True)
    assert (row["by_relays"], row["at_ends"]) == (True, False)


def test_key_on_board_when_a_satellite_was_cleaned_is_known_for_good() -> None:
    run = sky_run(KEYS, MADE)
    assert exposed(run, Compromise("t", 3.0, 4.0)) == [1]
    assert exposed(run, Compromise("t", 0.0, 1.5)) == []  # its light came later
    assert exposed(run, Compromise("s", 5.0, 6.0)) == [0]


def test_a_station_holds_its_copy_before_the_announcement() -> None:
    run = sky_run(KEYS, MADE)
    assert exposed(run, Compromise("b", 12.0, 15.0)) == [0, 1]  # one in its store, one not yet announced
    assert exposed(run, Compromise("a", 12.0, 26.0)) == [0, 1, 2]


def test_other_links_and_other_paths_keep_their_secrets() -> None:
    both = ("u>a>b>v", "u>v")
    keys = [MadeKey(both, 40.0, 92, "x"), MadeKey(("u>a>b>v",), 50.0, 92), MadeKey(("u>v",), 60.0)]
    run = sky_run(keys, MADE, classes={"x": ("xor", 2)})
    assert exposed(run, Compromise("s"), Compromise("t")) == [1]
    assert exposed(run, Compromise("s")) == []
    assert exposed(run, Compromise("t")) == [1]


def test_the_nodes_between_a_pair_include_satellites() -> None:
    found = pair_secrecy(sky_run(KEYS, MADE), ("a", "b"))
    assert (found.any_key.nodes, found.any_key.sets) == (1, (("s",), ("t",)))
    assert found.every_key.sets == (("s", "t"),)
    assert found.safe_keys == 0
    assert (found.routes.is_direct, found.routes.disjoint_paths) == (False, 2)
    assert (found.routes.cuts.nodes, found.routes.cuts.sets) == (3, (("s", "t", "u"), ("s", "t", "v")))
    far = pair_secrecy(sky_run([MadeKey(("u>a>b>v",), 40.0, 92)], MADE), ("u", "v"))
    assert far.every_key.sets == (("a",), ("b",), ("s",))
    assert far.routes.cuts.sets == (("a",), ("b",))
    one = pair_secrecy(sky_run([MadeKey(("u>a>b>v",), 40.0, 92)], MADE[1:2]), ("u", "v"))
    assert one.routes.cuts.sets == (("a",), ("b",), ("t",))


def test_an_unknown_satellite_is_refused() -> None:
    run = sky_run(KEYS, MADE)
    with pytest.raises(InputError, match="got 'q', expected a node or a satellite of the run, such as a or s"):
        compromised_keys(run, [Compromise("q")])


def test_a_full_store_hides_no_exposed_key() -> None:
    """The second announcement found no room: who counts its bits would take the key for used up too soon."""
    made = [announced(10.0, "s", 100, 1.0), announced(20.0, "t", 100, 2.0), announced(40.0, "s", 100, 25.0)]
    keys = [MadeKey(("a>b",), 30.0), MadeKey(("a>b",), 50.0)]
    run = sky_run(keys, made, [(0.0, 0), (25.0, 100), (45.0, 100), (60.0, 0)], destroyed_bits=100)
    assert exposed(run, Compromise("s")) == [0, 1]


CAPACITIES = st.sampled_from([150, 1_000_000])
DAYS = st.lists(
    st.one_of(
        st.tuples(st.just("key"), st.sampled_from("st"), st.integers(1, 200)),
        st.tuples(st.just("use"), st.just(""), st.integers(1, 150)),
        st.tuples(st.just("expire"), st.just(""), st.integers(1, 60)),
        st.tuples(st.just("read"), st.just(""), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(DAYS, CAPACITIES, st.integers(0, 120), st.integers(0, 320), st.integers(1, 200))
def test_against_a_store_that_knows_every_bit(
    events: list[tuple[str, str, int]], capacity: int, initial: int, from_s: int, lasts_s: int
) -> None:
    """Never is a key told safe that is known; without expiry and overflow none is told known that is safe."""
    store: deque[tuple[str, float, float]] = deque([("", 0.0, 0.0)] * initial)
    made, keys, levels, truth, losses = [], [], [(0.0, initial)], [], 0
    compromise = Compromise("s", float(from_s), float(from_s + lasts_s))
    for number, (kind, satellite, amount) in enumerate(events):
        at_s = 10.0 * (number + 1)
        if kind == "key":
            made.append(announced(at_s, satellite, amount, at_s - 15.0))
            stored = min(amount, max(0, capacity - len(store)))
            losses += amount - stored
            store.extend([(satellite, at_s, at_s - 15.0)] * stored)
        elif kind == "use" and len(store) >= amount:
            bits = [store.popleft() for _ in range(amount)]
            known = any(who == "s" and when >= from_s and since < from_s + lasts_s for who, when, since in bits)
            truth += [len(keys)] if known else []
            keys.append(MadeKey(("a>b",), at_s, amount))
        elif kind == "expire":
            dropped = [store.popleft() for _ in range(min(amount, len(store)))]
            losses += bool(dropped)
        elif kind == "read":
            levels.append((at_s, len(store)))
    destroyed = sum(one["bits"] for one in made) if capacity < 1000 else 0  # no fewer than were
    levels.append((10.0 * len(events) + 20.0, len(store)))
    run = sky_run(keys, [announced(1.0, "s", 0, 0.5), *made], levels, destroyed_bits=destroyed)
    told = exposed(run, compromise)
    assert set(truth) <= set(told)
    if not losses and capacity >= 1000:
        assert told == truth


def test_satellites_of_a_simulated_run(tmp_path: Path) -> None:
    changes = {"sc": ('interval = "1h"', 'interval = "10min"')}
    result = qkdsim.simulate(str(write(tmp_path, **changes)))
    link, table = "north--south", result.table("announcements")
    blocks = result.table("blocks").filter(link=link)
    assert table.height > 1
    assert table["time_s"].to_list() == blocks["available_s"].to_list()
    assert table["bits"].to_list() == blocks["secret_bits"].to_list()
    assert (table["on_board_s"] < table["time_s"]).all()
    served = result.table("requests").filter(outcome="served")["index"].to_list()
    names = sorted(set(table["satellite"]))
    assert served
    assert exposed(result, *(Compromise(name) for name in names)) == served  # every key crosses the satellite link
    last_s = table["time_s"].to_list()[-1]
    assert exposed(result, *(Compromise(name, last_s + 1.0) for name in names)) == []
    one = exposed(result, Compromise(table["satellite"].to_list()[0]))
    assert 0 < len(one) <= len(served)
    assert ("north",) in pair_secrecy(result, ("user", "south")).every_key.sets
    assert known_places(result)[1] == ["sat-1", "sat-2"]
