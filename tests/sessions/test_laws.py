"""What must hold whatever the network does: losses, jitter, partitions, lost nodes, too little key."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.hybrid import POLICIES, decide
from qkdsim.hybrid.assumptions import format_assumptions, parse_assumptions
from qkdsim.network.classical import ClassicalSettings
from qkdsim.network.outage import Outage
from tests.network.hand_made_network import hand_made_blocks
from tests.sessions.small_sessions import Sessions, network, phase, plan, run

END_S = 60.0
times = st.floats(0.0, END_S, allow_nan=False)


@st.composite
def outages(draw: st.DrawFn) -> Outage:
    start_s, length_s = draw(times), draw(st.floats(0.01, 30.0))
    kind, target = draw(
        st.sampled_from(
            [("node", "a"), ("node", "b"), ("node", "c"), ("classical-link", "ab"), ("classical-link", "bc")]
        )
    )
    return Outage(kind, target, start_s, start_s + length_s)  # type: ignore[arg-type]


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    suite = draw(st.sampled_from(["hybrid", "hybrid-pre-shared", "hybrid-one-time-pad"]))
    policies = draw(st.lists(st.sampled_from(sorted(set(POLICIES) - {"ClassicalOnly"})), min_size=1, max_size=2))
    return {
        "suite": suite,
        "policies": policies,
        "classical": ClassicalSettings(
            jitter_s=draw(st.sampled_from([0.0, 0.01])),
            loss_probability=draw(st.sampled_from([0.0, 0.3, 0.7])),
            retransmit_timeout_s=0.05,
            max_retransmissions=draw(st.integers(0, 2)),
        ),
        "outages": draw(st.lists(outages(), max_size=4)),
        "initial": draw(st.sampled_from([0, 300, 5000, 10**6])),
        "more": draw(st.lists(st.tuples(times, st.integers(100, 50_000)), max_size=4)),
        "rules": {
            "rekey_after_s": draw(st.sampled_from([3.0, 11.0])),
            "expire_after_s": draw(st.sampled_from([None, 20.0])),
            "rekey_supply_bits": draw(st.sampled_from([None, 512])),
            "retry_interval_s": draw(st.sampled_from([2.0, 9.0])),
            "timeout_s": 0.1,
            "max_repeats": draw(st.integers(0, 3)),
            "pad_interval_s": 2.0,
        },
        "traffic_bps": draw(st.sampled_from([0.0, 100.0, 777.0])),
        "seed": draw(st.integers(0, 3)),
    }


def simulated(world: dict[str, Any], cryptography: str = "simulated") -> Sessions:
    net = network({"ab": world["initial"], "bc": world["initial"]}, length_km=10.0, classical=world["classical"])
    for link in ("ab", "bc"):
        arrivals = sorted(world["more"])
        net.feed(link, hand_made_blocks([at for at, _ in arrivals], [bits for _, bits in arrivals]))
    phases = [phase(world["suite"], one, 25.0 * place) for place, one in enumerate(world["policies"])]
    chosen = plan(
        *phases, pairs=("ab", "ac", "cb"), stop_s=50.0, start_s=0.5, traffic_bps=world["traffic_bps"],
        cryptography=cryptography, key_wait_s=1.0, **world["rules"],
    )  # fmt: skip
    return run(net, chosen, outages=world["outages"], until_s=END_S, seed=world["seed"])


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_laws(world: dict[str, Any]) -> None:
    found = simulated(world)
    rows, requests = found.rows, {request.index: request for request in found.net.settled}
    assert [row.index for row in rows] == list(range(len(rows)))

    used = Counter([row.key_request for row in rows if row.key_request >= 0] + [pad.request for pad in found.pads])
    assert not used or max(used.values()) == 1  # no key twice
    for pad in found.pads:
        assert (requests[pad.request].outcome, requests[pad.request].queue.ends) == ("served", rows[pad.session].ends)

    for row in rows:
        inputs = phase(row.suite).suite.inputs
        decision = decide(POLICIES[row.policy], inputs, row.mixed)
        if row.outcome != "established":
            assert row.outcome in {"refused", "failed"}
            assert row.reason
            assert (row.established_s, row.ended_s, row.mixed, row.key_request) == (None, None, (), -1)
            assert row.protected_bytes == 0
            continue
        assert not decision.refusal  # no policy under-satisfied
        assert (decision.mixed, decision.missing) == (row.mixed, row.missing)
        assert ("qkd" in row.mixed) == (row.key_request >= 0)
        if row.key_request >= 0:
            request = requests[row.key_request]
            assert (request.outcome, request.queue.ends) == ("served", row.ends)
            assert request.delay_s is not None
            assert row.established_s is not None
            assert row.wanted_s <= request.arrival_s
            assert request.arrival_s + request.delay_s <= row.established_s
        assert format_assumptions(parse_assumptions(row.rests_on)) == row.rests_on
        assert row.messages >= 4
        assert row.established_s is not None
        assert row.ended_s is not None
        assert row.wanted_s < row.established_s <= row.ended_s <= 50.0

    for ends in (("a", "b"), ("a", "c"), ("c", "b")):
        mine = [row for row in rows if row.ends == ends]
        whole = sum(row.protected_bytes + row.blocked_bytes for row in mine)
        assert whole == int(world["traffic_bps"] / 8 * 49.5)
        made = [row for row in mine if row.outcome == "established"]
        for before, after in pairwise(made):  # one session at a time, in order
            assert before.ended_s is not None
            assert after.established_s is not None
            assert before.ended_s <= after.established_s
    assert_nothing_lives_on_a_lost_node(found, world)


def assert_nothing_lives_on_a_lost_node(found: Sessions, world: dict[str, Any]) -> None:
    for row in found.rows:
        for outage in world["outages"]:
            if outage.kind == "node" and outage.target in row.ends and row.established_s is not None:
                assert row.ended_s is not None
                assert not (row.established_s < outage.start_s < row.ended_s)
                assert not (outage.start_s < row.established_s < outage.end_s)


@settings(max_examples=8, deadline=None)
@given(worlds())
def test_same_seed_same_rows_with_real_cryptography_or_without(world: dict[str, Any]) -> None:
    """Real KEMs and signatures draw from the system; nothing of that may be seen, and nothing else depends on them."""
    real, again, as_if = (simulated(world, kind) for kind in ("real", "real", "simulated"))
    one = [asdict(row) for row in real.rows]
    assert one == [asdict(row) for row in again.rows]
    assert [row | {"simulated": True} for row in one] == [asdict(row) for row in as_if.rows]
    assert real.pads == again.pads == as_if.pads


def test_the_worlds_above_are_not_all_alike() -> None:
    """The laws cannot pass because nothing ever happens."""
    world: dict[str, Any] = {
        "suite": "hybrid", "policies": ["AtLeastPqcRequired"], "classical": ClassicalSettings(0.01, 0.3, 0.05, 1),
        "outages": [Outage("node", "b", 20.0, 25.0)], "initial": 2000, "more": [], "seed": 1, "traffic_bps": 777.0,
        "rules": {"rekey_after_s": 3.0, "timeout_s": 0.1, "retry_interval_s": 2.0, "max_repeats": 1},
    }  # fmt: skip
    found = simulated(world)
    assert {row.outcome for row in found.rows} == {"established", "failed"}
    assert {bool(row.missing) for row in found.rows if row.mixed} == {True, False}
    assert any(row.retransmissions for row in found.rows)
    assert {row.cause for row in found.rows} == {"start", "time", "retry"}


def test_other_seeds_give_other_losses() -> None:
    settings_ = ClassicalSettings(jitter_s=0.01)
    rows = [run(network(classical=settings_), plan(), seed=seed).rows[0] for seed in (1, 2)]
    assert rows[0].delay_s != rows[1].delay_s


@pytest.mark.parametrize("kind", ["real", "simulated"])
def test_other_pairs_leave_a_pair_as_it_is(kind: str) -> None:
    alone = run(network(), plan(ends="ab", cryptography=kind, rekey_after_s=20.0)).rows
    both = run(network(), plan(pairs=("ac", "ab"), cryptography=kind, rekey_after_s=20.0)).rows
    mine = [row for row in both if row.ends == ("a", "b")]
    assert [(row.established_s, row.ended_s) for row in mine] == [(row.established_s, row.ended_s) for row in alone]
