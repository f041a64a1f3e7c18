"""Stored objects on hand-made networks: the key that they take, the bytes that come back, what losses do to them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.apps import Absence, Content, KeyTaken, ObjectLog, OperationRecord, Rebuild, StoredObject, start_objects
from qkdsim.apps.stored_object_shares import MOST_KEPT_BYTES, keeps_bytes
from qkdsim.errors import RunError
from qkdsim.keystore import KeyStore
from qkdsim.network import Agenda, KeyNetwork, KeyRequest, NetworkLink, NetworkSettings, Turn
from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings
from qkdsim.network.outage import Outage
from qkdsim.network.service import ServiceClass
from qkdsim.securecloud import GUARD_BYTES, Holders, KeyUse, refresh_plan, share_plan, total_use

TREE = (("o", "c"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"))  # one path between any two nodes
NODES = ("o", "a", "b", "c", "d", "e")
HOLDERS = Holders(3, ("a", "b", "c", "d", "e"))
SIZE = 5_000
SHARE_BITS = 8 * (SIZE + GUARD_BYTES) + 128  # one chunk, with its tag
PLENTY = 10**9
DELAY_S = 0.001


class Run:
    """A network with stored objects, run to its end."""

    def __init__(
        self,
        *objects: StoredObject,
        until_s: float = 1000.0,
        initial_bits: int = PLENTY,
        tag_bits: int = 128,
        bandwidth_bps: float = math.inf,
        outages: Sequence[Outage] = (),
        blocks: Sequence[tuple[float, int, int]] = (),
        seed: int = 1,
    ) -> None:
        """Blocks are (time, link, bits)."""
        index = {name: number for number, name in enumerate(NODES)}
        ends = [(index[a], index[b]) for a, b in TREE]
        self.requests: list[KeyRequest] = []
        self.keys: list[KeyTaken] = []
        self.network = KeyNetwork(
            Agenda(),
            [(node, True) for node in NODES],
            [
                NetworkLink(a + b, pair, 0.0, KeyStore(initial_bits=initial_bits))
                for (a, b), pair in zip(TREE, ends, strict=True)
            ],
            NetworkSettings(hop_tag_bits=tag_bits, hop_delay_s=0.0),
            classical=ClassicalNetwork(
                len(NODES),
                [ClassicalLink(a + b, pair, DELAY_S, bandwidth_bps) for (a, b), pair in zip(TREE, ends, strict=True)],
                ClassicalSettings(),
            ),
            draws=np.random.default_rng(1),
            on_settled=self.requests.extend,
        )
        self.network.announce(outages)
        for number, (at_s, link, bits) in enumerate(blocks):
            self.network.agenda.at(
                at_s,
                Turn.KEY,
                lambda _, block=number, link=link, bits=bits: self.network.deposit(link, 10**6 + block, bits, 0.0),
            )
        log = ObjectLog(self.keys.append)
        running = start_objects(objects, self.network, seed, log)
        self.network.agenda.run_to(until_s)
        self.network.close()
        for one in running:
            one.close()
        self.records: list[OperationRecord] = log.records

    def of(self, kind: str) -> list[OperationRecord]:
        return [one for one in self.records if one.kind == kind]

    def taken_on_links(self) -> dict[tuple[str, str], int]:
        """Key for the messages on each link, the tags of relays left out."""
        used = Counter[tuple[str, str]]()
        for request in self.requests:
            for route in request.routes:
                for one, other in pairwise(route.path.split(">")):
                    used[min(one, other), max(one, other)] += request.bits
        return dict(sorted(used.items()))

    def all_taken_bits(self) -> int:
        return sum(
            link.store.delivered_bits + link.store.relayed_bits + link.store.authentication_bits
            for link in self.network.links
        )


def stored(
    *,
    content: Content | None = None,
    holders: Holders = HOLDERS,
    outages: Sequence[Outage] = (),
    refresh_s: Sequence[float] = (),
    rebuilds: Sequence[tuple[float, str]] = (),
    wait_s: float = 10.0,
    retries: int = 0,
    request_bits: int = 2**20,
    start_s: float = 10.0,
    chunk_bytes: int = 2**20,
    name: str = "record",
) -> StoredObject:
    return StoredObject(
        id=name,
        owner="o",
        holders=holders,
        content=content or Content(SIZE),
        service=ServiceClass(name, latency_budget_s=wait_s),
        chunk_bytes=chunk_bytes,
        request_bits=request_bits,
        retries=retries,
        retry_after_s=5.0,
        start_s=start_s,
        refresh_s=tuple(refresh_s),
        rebuilds=tuple(Rebuild(*one) for one in rebuilds),
        absences=tuple(Absence(one.target, one.start_s, one.end_s, one.key_lost) for one in outages),
    )


def lost(node: str, start_s: float, end_s: float, *, key_lost: bool = True) -> Outage:
    return Outage("node", node, start_s, end_s, key_lost)


def path(one: str, other: str) -> tuple[str, ...]:
    """The only path of the tree."""
    near = defaultdict(list)
    for a, b in TREE:
        near[a].append(b)
        near[b].append(a)
    ways = [(one,)]
    while ways:
        way = ways.pop()
        if way[-1] == other:
            return way
        ways += [(*way, node) for node in near[way[-1]] if node not in way]
    raise AssertionError


PATHS = {(one, other): path(one, other) for one in NODES for other in NODES if one < other}


# --- key


def test_links_give_what_the_plans_say() -> None:
    """Relays add tags of their own to what `KeyUse.on_links` says, for every request and hop of a longer path."""
    outages = [lost("e", 300.0, 350.0)]
    run = Run(
        stored(refresh_s=[200.0], rebuilds=[(100.0, "o"), (250.0, "b")], outages=outages, request_bits=7_000),
        outages=outages,
    )
    assert [(one.kind, one.outcome) for one in run.records] == [
        ("store", "done"),
        ("rebuild", "done"),
        ("refresh", "done"),
        ("rebuild", "done"),
        ("recover", "failed"),  # the key to e is gone with it
    ]
    done = [one for one in run.records if one.outcome == "done"]
    use = total_use(one.stored.use(one.kind, one.node, one.used or HOLDERS.nodes) for one in done)
    taken = {one.index: [key.request for key in run.keys if key.operation == one.index] for one in done}
    run.requests = [one for one in run.requests if one.index in {index for row in taken.values() for index in row}]
    assert run.taken_on_links() == use.on_links(PATHS)
    assert sum(one.key_bits for one in done) == use.key_bits


@settings(max_examples=15)
@given(
    size=st.integers(0, 3_000),
    chunk_bytes=st.integers(500, 2_000),
    request_bits=st.integers(1_000, 40_000),
    threshold=st.integers(2, 5),
)
def test_key_is_conserved(size: int, chunk_bytes: int, request_bits: int, threshold: int) -> None:
    holders = Holders(threshold, HOLDERS.nodes)
    one = stored(
        content=Content(size),
        holders=holders,
        chunk_bytes=chunk_bytes,
        request_bits=request_bits,
        refresh_s=[50.0],
        rebuilds=[(100.0, "a")],
    )
    run = Run(one, until_s=200.0)
    assert [record.outcome for record in run.records] == ["done"] * 3
    assert run.of("rebuild")[0].matches == "yes"
    store, refresh = (record.key_bits for record in run.records[:2])
    assert store == share_plan(holders, "o", size, chunk_bytes).key_bits
    assert refresh == refresh_plan(holders, size, chunk_bytes).key_bits
    assert max(key.bits for key in run.keys) <= request_bits
    bits = Counter[int]()
    for key in run.keys:
        bits[key.operation] += key.bits
    assert [bits[record.index] for record in run.records] == [record.key_bits for record in run.records]
    assert sum(record.link_bits for record in run.records) == run.all_taken_bits()


def test_keys_name_the_share_that_they_carried() -> None:
    run = Run(stored(rebuilds=[(100.0, "o")]))
    by_operation = defaultdict(set)
    for key in run.keys:
        by_operation[key.operation].add(key.holder)
    assert by_operation == {0: set("abcde"), 1: set("abc")}


def test_messages_take_their_time_on_the_classical_network() -> None:
    """Key that is stored comes over a hop in its control message, a share then at the bandwidth of the line."""
    run = Run(stored(wait_s=1e6), bandwidth_bps=1000.0)
    one = run.records[0]
    assert one.finished_s is not None
    longest = 3 * DELAY_S + SHARE_BITS / 1000.0  # from o over c and b to a
    key_s = max(request.delay_s or 0.0 for request in run.requests)
    assert one.finished_s - one.started_s == pytest.approx(key_s + longest)


def test_helpers_of_a_recovery_first_talk_to_each_other_and_holders_of_a_refresh_all_at_once() -> None:
    holders, outages = Holders(3, ("o", "a", "b", "c", "d")), [lost("d", 50.0, 60.0, key_lost=False)]
    one = stored(holders=holders, outages=outages, refresh_s=[55.0, 900.0], wait_s=1e6)
    run = Run(one, outages=outages, bandwidth_bps=1000.0, until_s=2000.0)
    share_s = SHARE_BITS / 1000.0
    key_s = SHARE_BITS / 1000.0 * 3  # relayed over the same line, hop by hop
    for record, rounds in ((run.of("refresh")[1], 1), (run.of("recover")[0], 2)):
        due_s = record.started_s if record.kind == "refresh" else run.of("refresh")[0].finished_s
        assert record.outcome == "done"
        assert (record.finished_s or 0.0) - (due_s or 0.0) == pytest.approx(key_s + rounds * share_s, rel=0.02)


# --- bytes and thresholds


def test_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "variants"
    data = bytes(range(256)) * 20
    file.write_bytes(data)
    content = Content(len(data), file, hashlib.sha256(data).hexdigest())
    one = stored(content=content, refresh_s=[50.0], rebuilds=[(100.0, "e")], chunk_bytes=1000)
    assert Run(one).of("rebuild")[0].matches == "yes"
    file.write_bytes(data[:-1] + b"x")
    with pytest.raises(RunError, match="it has changed since the run was planned"):
        Run(one)
    file.unlink()
    with pytest.raises(RunError, match="cannot be read: No such file"):
        Run(one)


def test_large_objects_are_sizes_only() -> None:
    size = MOST_KEPT_BYTES // 5
    assert keeps_bytes(stored(content=Content(size)))
    assert not keeps_bytes(stored(content=Content(size + 1)))
    many = Holders(2, tuple(str(number) for number in range(64)))
    assert keeps_bytes(stored(content=Content(2**18), holders=many))
    assert not keeps_bytes(stored(content=Content(2**18 + 1), holders=many))
    content = Content(10 * 2**20 + MOST_KEPT_BYTES // 5)
    large = Run(stored(content=content, refresh_s=[50.0], rebuilds=[(100.0, "o")]), initial_bits=10**12)
    assert [(one.outcome, one.matches) for one in large.records] == [("done", "")] * 3
    assert large.of("store")[0].key_bits == share_plan(HOLDERS, "o", content.size_bytes).key_bits


@pytest.mark.parametrize("gone", ["", "a", "ae", "bd", "abc", "cde", "abcd"])
def test_any_threshold_of_shares_gives_the_object(gone: str) -> None:
    """On a tree, nodes that are away cut off others."""
    outages = [lost(node, 50.0, 900.0, key_lost=False) for node in gone]
    holders = Holders(3, ("a", "b", "c", "d", "e"))
    run = Run(stored(holders=holders, rebuilds=[(100.0, "o")], outages=outages), outages=outages)
    one = run.of("rebuild")[0]
    reached = [node for node in "abcde" if not set(path("o", node)) & set(gone)]
    assert (one.outcome == "done") == (len(reached) >= 3)
    assert one.used == (tuple(reached[:3]) if len(reached) >= 3 else ())
    assert one.matches == ("yes" if len(reached) >= 3 else "")
    if len(reached) < 3:
        assert "of the 3 shares needed can be had; " in one.reason


def test_a_reader_that_holds_a_share_uses_its_own() -> None:
    run = Run(stored(rebuilds=[(100.0, "e")]))
    assert run.of("rebuild")[0].used == ("e", "a", "b")
    assert run.of("rebuild")[0].key_bits == 2 * SHARE_BITS


# --- faults


def test_a_node_that_lost_its_share_gets_it_back() -> None:
    outages = [lost("e", 50.0, 100.0)]
    run = Run(
        stored(outages=outages, rebuilds=[(70.0, "o"), (300.0, "e")]),
        outages=outages,
        blocks=[(200.0, 4, 4 * SHARE_BITS)],
    )
    assert [(one.kind, one.outcome) for one in run.records] == [
        ("store", "done"),
        ("rebuild", "done"),
        ("recover", "failed"),  # no key to e before 200 s
        ("rebuild", "done"),
    ]
    run = Run(
        stored(outages=outages, rebuilds=[(300.0, "e")], wait_s=150.0),
        outages=outages,
        blocks=[(200.0, 4, 4 * SHARE_BITS), (250.0, 4, 4 * SHARE_BITS)],
    )
    recover = run.of("recover")[0]
    assert (recover.node, recover.used, recover.outcome) == ("e", ("a", "b", "c"), "done")
    assert 200.0 < (recover.finished_s or 0.0) < 210.0
    assert recover.key_bits == 9 * SHARE_BITS  # k (k - 1) among helpers, k to the lost node
    rebuilt = run.of("rebuild")[0]
    assert (rebuilt.used, rebuilt.matches) == (("e", "a", "b"), "yes")


def test_other_helpers_of_a_recovery_begin_anew_and_all_key_is_counted() -> None:
    """Helpers a, b and c have dealt to each other, b and c have key to e, when a is lost: of that nothing helps the
    helpers b, c and d. The bytes that e has in the end are right.
    """
    outages = [lost("e", 50.0, 100.0), lost("a", 150.0, 900.0, key_lost=False)]
    one = stored(outages=outages, rebuilds=[(600.0, "e")], wait_s=150.0)
    run = Run(one, outages=outages, blocks=[(200.0, 4, 20 * SHARE_BITS)])
    recover = run.of("recover")[0]
    assert (recover.outcome, recover.used) == ("done", ("b", "c", "d"))
    assert recover.key_bits == (6 + 2 + 9) * SHARE_BITS
    assert recover.key_bits == sum(key.bits for key in run.keys if key.operation == recover.index)
    assert (run.of("rebuild")[0].used, run.of("rebuild")[0].matches) == (("e", "b", "c"), "yes")


def test_key_that_was_there_before_a_line_was_cut_is_not_asked_for_again() -> None:
    """The key to e comes at 11 s, that to a at 200 s; meanwhile the line to e is cut: the other four store."""
    cut = Outage("classical-link", "de", 100.0, 900.0)
    blocks = [(200.0 if link == 1 else 11.0, link, PLENTY) for link in range(5)]
    run = Run(stored(wait_s=300.0, rebuilds=[(500.0, "o")]), outages=[cut], initial_bits=0, blocks=blocks)
    store = run.of("store")[0]
    assert (store.outcome, store.reason) == ("done", "e: cut off")
    assert store.key_bits == 5 * SHARE_BITS
    assert run.of("rebuild")[0].matches == "yes"


def test_a_share_that_missed_a_refresh_is_recovered() -> None:
    outages = [lost("e", 50.0, 100.0, key_lost=False)]
    run = Run(stored(outages=outages, refresh_s=[60.0], rebuilds=[(300.0, "e")]), outages=outages)
    assert [(one.kind, one.outcome, one.epoch) for one in run.records] == [
        ("store", "done", 0),
        ("refresh", "done", 1),
        ("recover", "done", 1),
        ("rebuild", "done", 1),
    ]
    assert run.of("refresh")[0].reason == "e: lost"
    assert run.of("rebuild")[0].matches == "yes"
    assert "e" in run.of("rebuild")[0].used


def test_a_node_that_was_only_away_keeps_its_share() -> None:
    outages = [lost("e", 50.0, 100.0, key_lost=False)]
    assert [one.kind for one in Run(stored(outages=outages), outages=outages).records] == ["store"]


def test_shares_that_are_lost_for_good_are_recorded_and_not_a_crash() -> None:
    outages = [lost(node, 50.0, 60.0) for node in "abe"]
    blocks = [(70.0, link, PLENTY) for link in range(5)]
    one = stored(outages=outages, refresh_s=[200.0], rebuilds=[(300.0, "o")], wait_s=50.0)
    run = Run(one, outages=outages, blocks=blocks)
    assert [record.outcome for record in run.records if record.kind != "store"] == ["failed"] * (len(run.records) - 1)
    assert {record.kind for record in run.records} == {"store", "recover", "refresh", "rebuild"}
    assert "2 of the 3 shares needed can be had" in run.of("rebuild")[0].reason


def test_a_holder_lost_while_it_takes_part_is_left_out() -> None:
    """The key to e is still to come when e burns down; the operation ends with the other four."""
    outages = [lost("e", 30.0, 500.0)]
    one = stored(outages=outages, wait_s=100.0, rebuilds=[(300.0, "o")])
    run = Run(one, outages=outages, initial_bits=SHARE_BITS - 1, blocks=[(20.0, link, PLENTY) for link in range(4)])
    store = run.of("store")[0]
    assert (store.outcome, store.reason) == ("done", "e: lost")
    assert run.of("rebuild")[0].matches == "yes"


def test_an_owner_that_is_lost_stores_nothing() -> None:
    outages = [lost("o", 5.0, 500.0)]
    run = Run(stored(outages=outages, rebuilds=[(600.0, "o")]), outages=outages)
    assert (run.records[0].outcome, run.records[0].reason) == ("failed", "o: lost")
    assert run.of("rebuild")[0].reason.startswith("0 of the 3 shares needed can be had")


def test_empty_stores_delay_and_then_fail() -> None:
    """A request waits for its time and is asked for again so often as stated; who stays unreached is left out."""
    waits = Run(stored(wait_s=100.0), initial_bits=0, blocks=[(50.0, link, PLENTY) for link in range(5)]).records[0]
    assert waits.outcome == "done"
    assert 50.0 < (waits.finished_s or 0.0) < 60.0
    retried = Run(stored(retries=3), initial_bits=0, blocks=[(50.0, link, PLENTY) for link in range(5)]).records[0]
    assert retried.outcome == "done"
    tired = Run(stored(retries=1), initial_bits=0, blocks=[(50.0, link, PLENTY) for link in range(5)]).records[0]
    assert tired.outcome == "failed"
    assert tired.finished_s == 10.0 + 10.0 + 5.0 + 10.0
    assert tired.reason.startswith("0 of the 3 holders needed can be reached; ")
    assert "no key in time" in tired.reason
    assert tired.key_bits == 0


def test_every_piece_of_a_key_has_its_own_retries() -> None:
    """Two pieces for each of two holders, one retry; the first pieces come at the second try, the others as well."""
    one = stored(holders=Holders(2, ("c", "d")), retries=1, request_bits=SHARE_BITS // 2 + 1)
    piece_bits = SHARE_BITS // 2 + 1 + 2 * 128
    blocks = [(26.0, 0, 2 * piece_bits), (26.0, 3, piece_bits), (45.0, 0, PLENTY), (45.0, 3, PLENTY)]
    store = Run(one, initial_bits=0, blocks=blocks).records[0]
    assert (store.outcome, store.reason, store.key_bits) == ("done", "", 2 * SHARE_BITS)
    assert 45.0 < (store.finished_s or 0.0) < 46.0


def test_a_partial_failure_leaves_out_whom_no_key_reaches() -> None:
    """Only the last link has no key: one holder is left out and the shares are refreshed without it."""
    run = Run(
        stored(refresh_s=[200.0], rebuilds=[(400.0, "o")]), initial_bits=0, blocks=[(1.0, n, PLENTY) for n in range(4)]
    )
    assert (run.of("store")[0].outcome, run.of("store")[0].reason) == ("done", "e: no key in time")
    assert run.of("refresh")[0].used == ("a", "b", "c", "d")
    assert all(one.outcome == "failed" for one in run.of("recover"))
    assert run.of("rebuild")[0].matches == "yes"


def test_what_the_end_of_the_run_cuts_off_is_unfinished() -> None:
    run = Run(stored(wait_s=1e6, refresh_s=[50.0, 60.0, 70.0], rebuilds=[(80.0, "o")]), initial_bits=0, until_s=100.0)
    assert [(one.kind, one.outcome, one.finished_s) for one in run.records] == [
        ("store", "unfinished", None),
        ("refresh", "unfinished", None),  # the others would only wait behind it
        ("rebuild", "unfinished", None),
    ]
    assert [one.reason for one in run.records] == ["the run ended", *["waits for another operation on the object"] * 2]


@settings(max_examples=40)
@given(
    gone=st.lists(st.tuples(st.sampled_from(NODES), st.integers(1, 300), st.booleans()), max_size=8),
    blocks=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 4), st.integers(1, 400_000)), max_size=20),
    initial_bits=st.sampled_from([0, 60_000, 500_000, PLENTY]),
    threshold=st.integers(2, 5),
    retries=st.integers(0, 2),
)
def test_whatever_happens_nothing_is_lost_sight_of(
    gone: list[tuple[str, int, bool]],
    blocks: list[tuple[int, int, int]],
    initial_bits: int,
    threshold: int,
    retries: int,
) -> None:
    """Every operation ends, what is rebuilt is right, no request has two owners, all key is accounted for."""
    first = {node: (start_s, key_lost) for node, start_s, key_lost in gone}  # one outage of a node, of 40 s
    outages = [lost(node, start_s, start_s + 40.0, key_lost=key_lost) for node, (start_s, key_lost) in first.items()]
    one = stored(
        holders=Holders(threshold, HOLDERS.nodes),
        outages=outages,
        refresh_s=[50.0, 120.0, 200.0],
        rebuilds=[(30.0, "o"), (100.0, "e"), (180.0, "o"), (350.0, "a")],
        wait_s=20.0,
        retries=retries,
        request_bits=15_000,
    )
    run = Run(one, outages=outages, blocks=blocks, initial_bits=initial_bits, until_s=2000.0)
    assert [record.index for record in run.records] == list(range(len(run.records)))
    assert len(run.of("rebuild")) == 4
    for record in run.records:
        assert record.outcome in ("done", "failed")  # all waits are over long before the end
        assert record.finished_s is not None
        assert record.finished_s >= record.started_s
        assert (record.matches == "yes") == (record.kind == "rebuild" and record.outcome == "done")
        assert (record.outcome == "failed") <= bool(record.reason)
        assert len(set(record.used)) == len(record.used)
        assert not record.used or len(record.used) >= threshold
    assert sum(record.link_bits for record in run.records) == run.all_taken_bits() + sum(
        request.consumed_bits for request in run.requests if request.outcome == "lost"
    )
    assert len({key.request for key in run.keys}) == len(run.keys)
    assert len(run.keys) == sum(request.outcome == "served" for request in run.requests)


# --- repetition


def test_the_same_seed_gives_the_same_run_and_objects_do_not_disturb_each_other() -> None:
    def run(*names: str) -> list[tuple[object, ...]]:
        objects = [stored(name=name, refresh_s=[50.0], rebuilds=[(100.0, "o")]) for name in names]
        done = Run(*objects).records
        return [
            (one.kind, one.started_s, one.finished_s, one.key_bits, one.matches) for one in done if one.stored.id == "x"
        ]

    assert run("x", "y") == run("x", "y")
    assert run("x") == run("y", "x")


def test_what_an_object_rests_on_can_be_read_by_the_ledger() -> None:
    from qkdsim.hybrid.assumptions import parse_assumptions

    assert parse_assumptions(stored().rests_on) == (("shares:3-of-5",), ("qkd-pad",))


def test_a_party_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="3 shares are needed, 2 are here"):
        stored().use("store", "o", ("a", "b"))
    assert isinstance(stored().use("recover", "e", ("a", "b", "c")), KeyUse)
