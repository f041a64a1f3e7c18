"""Which stored objects are exposed: cases by hand, and every possible secret and randomness over a small field."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qkdsim.exposure import Compromise, object_exposure, object_failure_sets
from qkdsim.exposure.known_shares import known_shares
from qkdsim.exposure.object_story import Carried, Operation, StoredObject
from qkdsim.exposure.share_algebra import Polynomial, gives_secret
from qkdsim.results import RunResult
from tests.exposure.small_runs import MadeKey, made_run
from tests.exposure.small_sessions import MadeOperation, failed, object_tables

HOLDERS = ("h1", "h2", "h3")
LINKS = [("o", "r"), ("r", "h1"), ("r", "h2"), ("r", "h3"), ("h1", "h2"), ("h1", "h3"), ("h2", "h3"), ("h1", "u")]


def object_run(*, with_refresh: bool = True) -> RunResult:
    """Stored 2-of-3 at 100 s over the relay r, refreshed at 200 s over direct links, rebuilt by u at 300 s."""
    keys = [MadeKey((f"o>r>{holder}",), 101.0) for holder in HOLDERS]
    pairs = [(a, b) for a in HOLDERS for b in HOLDERS if a != b]
    keys += [MadeKey((f"{a}>{b}",), 201.0) for a, b in pairs]
    keys += [MadeKey(("h1>u",), 301.0), MadeKey(("h2>h1>u",), 301.0)]
    operations = [
        MadeOperation("store", "o", 100.0, 110.0, tuple(enumerate(HOLDERS))),
        MadeOperation("rebuild", "u", 300.0, 310.0, ((9, "h1"), (10, "h2")), ("h1", "h2")),
    ]
    if with_refresh:
        dealt = tuple((3 + number, b) for number, (_, b) in enumerate(pairs))
        operations.insert(1, MadeOperation("refresh", "o", 200.0, 210.0, dealt, HOLDERS))
    return made_run(LINKS, keys, more=object_tables(operations, HOLDERS, 2))


def why(run: RunResult, *names: str, nodes: list[str | Compromise]) -> str:
    return object_exposure(run, failed(*names, nodes=nodes)).objects[0].why


def test_as_many_holders_of_one_epoch_as_the_threshold() -> None:
    run = object_run()
    assert why(run, nodes=["h3"]) == ""
    assert why(run, nodes=["h2", "h3"]) == "shares known: h2, h3"
    assert why(run, nodes=[Compromise("h2", 120.0, 150.0), Compromise("h3", 120.0, 150.0)]) != ""
    assert why(run, nodes=[Compromise("h2", 120.0, 150.0), Compromise("h3", 250.0)]) == ""  # refreshed between
    assert why(run, nodes=[Compromise("h2", 120.0, 205.0), Compromise("h3", 250.0)]) != ""  # seen through the refresh
    without = object_run(with_refresh=False)
    assert why(without, nodes=[Compromise("h2", 120.0, 150.0), Compromise("h3", 250.0)]) != ""


def test_keys_on_the_way_owner_and_reader() -> None:
    run = object_run()
    assert why(run, nodes=["r"]) == "shares known: h1, h2, h3"
    assert why(run, nodes=[Compromise("r", 120.0)]) == ""
    assert why(run, nodes=["o"]) == why(run, nodes=[Compromise("o", 105.0)])
    assert why(run, nodes=["o"]) == "o compromised while the object passed there"
    assert why(run, nodes=[Compromise("o", 111.0)]) == ""
    assert why(run, nodes=[Compromise("u", 309.0)]) == "u compromised while the object passed there"
    assert why(run, nodes=[Compromise("h1", 302.0)]) == ""  # key 10 has passed
    assert why(run, nodes=[Compromise("h1", 250.0)]) == "shares known: h1, h2"  # it holds one and relays the other


def test_algorithms() -> None:
    run = object_run()
    assert why(run, "qkd", nodes=[]) == "QKD devices broken"
    assert why(run, "x25519", "ml-kem-768", "aes-256-gcm", "hkdf-sha384", "ml-dsa-65", nodes=[]) == ""
    found = object_exposure(run, failed("qkd"))
    assert (found.bytes, found.exposed_bytes, found.exposed_objects) == (5000, 5000, 1)
    assert object_exposure(made_run(LINKS, []), failed("qkd")).objects == ()


def test_a_lost_share_that_was_recovered() -> None:
    keys = [MadeKey((f"h{a}>h{b}",), 201.0) for a, b in ((1, 3), (3, 1), (1, 2), (3, 2))]
    recover = MadeOperation("recover", "h2", 200.0, 210.0, ((0, "h3"), (1, "h1"), (2, "h2"), (3, "h2")), ("h1", "h3"))
    run = made_run(LINKS, keys, more=object_tables([MadeOperation("store", "o", 0.0, 10.0), recover], HOLDERS, 2))
    assert why(run, nodes=[Compromise("h2", 150.0, 160.0)]) == ""
    assert why(run, nodes=[Compromise("h2", 250.0)]) == ""  # its own share, and nothing of the helpers'
    assert why(run, nodes=[Compromise("h2", 250.0), Compromise("h1", 300.0)]) != ""


def held_only(*windows: tuple[float, float], is_refreshed: bool = True) -> bool:
    """Whether 2-of-3 shares stored from 0 to 10 s and refreshed from 100 to 110 s are known from holders that are
    compromised then; nothing is known from the line.
    """
    operations = (
        Operation("store", "o", 0.0, 10.0, True, (), ()),
        Operation("refresh", "o", 100.0, 110.0, is_refreshed, HOLDERS, ()),
    )
    stored = StoredObject("o", 1, HOLDERS, 2, "shares:2-of-3 & qkd-pad", operations)
    compromised = {holder: (one,) for holder, one in zip(HOLDERS, windows, strict=False)}
    return known_shares(stored, frozenset(), compromised).is_enough


def test_a_share_is_held_from_the_operation_that_brings_it_to_the_end_of_the_one_that_replaces_it() -> None:
    old, new = (20.0, 30.0), (120.0, 130.0)
    assert held_only(old, old)
    assert not held_only(old, new)
    assert held_only((5.0, 6.0), old)  # while it is being brought
    assert not held_only((-5.0, 0.0), old)  # a compromise is over at its end
    assert held_only(old, (110.0, 111.0))  # the old share is still there when the refresh ends, and not after it
    assert not held_only(old, (110.1, 111.0))
    assert held_only((105.0, 106.0), new)


def test_a_refresh_that_failed_replaces_no_share() -> None:
    assert held_only((20.0, 30.0), (120.0, 130.0), is_refreshed=False)


def test_shares_of_different_epochs_give_it_only_with_what_joins_them() -> None:
    first = Polynomial(3, with_secret=True).plus(1)
    change = Polynomial(3).plus(2)
    second = first.plus(2)
    rows = [first.at(1), first.at(2), second.at(3), second.at(4)]
    assert not gives_secret(rows)
    assert gives_secret([*rows, change.at(1)])  # two unknown numbers are left, and two equations
    assert not gives_secret([*rows[:3], change.at(1)])
    assert gives_secret([*rows[:3], change.at(3)])
    assert gives_secret([*rows[:3], change.at(1), change.at(2)])
    assert gives_secret([first.at(1), first.at(2), first.at(3)])
    assert not gives_secret([])


FIELD = 5


def requests(count: int) -> st.SearchStrategy[frozenset[int]]:
    """Each with an even chance: sets drawn by their size are mostly small."""
    return st.lists(st.booleans(), min_size=count, max_size=count).map(
        lambda known: frozenset(number for number, one in enumerate(known) if one)
    )


WINDOWS = st.dictionaries(
    st.sampled_from(HOLDERS),
    st.sampled_from(
        [((20.0, 30.0),), ((20.0, 105.0),), ((101.0, 102.0),), ((120.0, 130.0),), ((20.0, 30.0), (120.0, 1e9))]
    ),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@example(
    known=frozenset({0, 3, 5, 7, 10}), windows={}
)  # an old share, a new one, and a part of what every dealer dealt
@example(known=frozenset({0, 3, 5, 10}), windows={})
@given(requests(11), WINDOWS)
def test_what_is_known_against_all_secrets_over_a_small_field(known: frozenset[int], windows: dict[str, Any]) -> None:
    """Every secret and every polynomial of all dealers, 2 of 3 modulo 5: is the secret a function of what is seen?"""
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
    stored = StoredObject(
        "o",
        1,
        HOLDERS,
        2,
        "shares:2-of-3 & qkd-pad",
        (
            Operation("store", "o", 0.0, 10.0, True, (), tuple(Carried(i, "o", h) for i, h in enumerate(HOLDERS))),
            Operation(
                *("refresh", "o", 100.0, 110.0, True, HOLDERS),
                tuple(Carried(3 + i, HOLDERS[a], HOLDERS[b]) for i, (a, b) in enumerate(pairs)),
            ),
            Operation(
                *("rebuild", "u", 200.0, 210.0, True, HOLDERS[:2]),
                tuple(Carried(9 + i, HOLDERS[i], "u") for i in range(2)),
            ),
        ),
    )
    secret, slope, *dealers = np.array(list(product(range(FIELD), repeat=5))).T
    old = [(secret + slope * (x + 1)) % FIELD for x in range(3)]
    new = [(old[x] + sum(dealers) * (x + 1)) % FIELD for x in range(3)]
    dealt = [dealers[a] * (b + 1) % FIELD for a, b in pairs]
    carried = [*old, *dealt, *new[:2]]
    seen = [carried[request] for request in known]
    for x, holder in enumerate(HOLDERS):
        for start_s, end_s in windows.get(holder, ()):
            seen += [old[x]] if start_s <= 110.0 else []
            seen += [new[x]] if end_s > 100.0 else []
            if start_s <= 110.0 and end_s > 100.0:
                seen += [dealers[x], *(one for one, pair in zip(dealt, pairs, strict=True) if x in pair)]
    views: dict[tuple[int, ...], set[int]] = {}
    for number, view in enumerate(zip(*seen, strict=True) if seen else [()] * len(secret)):
        views.setdefault(tuple(map(int, view)), set()).add(int(secret[number]))
    is_given = all(len(secrets) == 1 for secrets in views.values())
    assert known_shares(stored, known, windows).is_enough == is_given


@settings(max_examples=20, deadline=None)
@example(known=frozenset({2, 3, 5, 8}), windows={"h1": ((120.0, 130.0),), "h2": ((120.0, 130.0),)})
@given(requests(9), WINDOWS)
def test_never_too_little_where_three_of_four_are_needed(known: frozenset[int], windows: dict[str, Any]) -> None:
    """The same 3 of 4 with two dealers, where the ledger may grant more than is known, and never less."""
    four = (*HOLDERS, "h4")
    pairs = [(a, b) for a in range(2) for b in range(4) if a != b][:5]
    stored = StoredObject(
        "o",
        1,
        four,
        3,
        "shares:3-of-4 & qkd-pad",
        (
            Operation("store", "o", 0.0, 10.0, True, (), tuple(Carried(i, "o", h) for i, h in enumerate(four))),
            Operation(
                *("refresh", "o", 100.0, 110.0, True, four[:2]),
                tuple(Carried(4 + i, four[a], four[b]) for i, (a, b) in enumerate(pairs)),
            ),
        ),
    )
    secret, one, two, *rest = np.array(list(product(range(FIELD), repeat=7)), dtype=np.int16).T
    dealers = [rest[:2], rest[2:]]
    old = [(secret + one * x + two * x * x) % FIELD for x in range(1, 5)]
    dealt = [(dealers[a][0] * (b + 1) + dealers[a][1] * (b + 1) ** 2) % FIELD for a, b in pairs]
    own = [(dealers[a][0] * (a + 1) + dealers[a][1] * (a + 1) ** 2) % FIELD for a in range(2)]
    total = [((sum(d[0] for d in dealers)) * x + sum(d[1] for d in dealers) * x * x) % FIELD for x in (1, 2)]
    seen = [[*old, *dealt][request] for request in known]
    for x, holder in enumerate(HOLDERS):
        for start_s, end_s in windows.get(holder, ()):
            replaced = x < 2
            seen += [old[x]] if start_s <= 110.0 or not replaced else []
            seen += [(old[x] + total[x]) % FIELD] if end_s > 100.0 and replaced else []
            if start_s <= 110.0 and end_s > 100.0:
                seen += [*(one for one, pair in zip(dealt, pairs, strict=True) if x in pair)]
                seen += [own[x], *dealers[x]] if replaced else []
    views = np.stack(seen, axis=1) if seen else np.zeros((len(secret), 1), np.int16)
    _, number = np.unique(views, axis=0, return_inverse=True)
    spread = np.zeros((number.max() + 1, FIELD), bool)
    spread[number.ravel(), secret] = True
    if (spread.sum(axis=1) == 1).all():
        assert known_shares(stored, known, windows).is_enough


def test_smallest_sets() -> None:
    (found,) = object_failure_sets(object_run())
    sets = [(*one.broken, *one.compromised) for one in found.sets.sets]
    assert sets == [("qkd",), ("h1",), ("r",), ("h2", "h3")]  # h1 relays the share of h2 to the reader
    assert (found.sets.fewest, found.sets.complete_to) == (1, 4)
