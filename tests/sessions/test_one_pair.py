"""The sessions of one pair, event by event, with times worked out by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from qkdsim.hybrid import Suite, find_suite
from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings
from qkdsim.network.outage import Outage
from qkdsim.units import fibre_delay_s
from tests.network.hand_made_network import HOP_DELAY_S, hand_made_blocks
from tests.sessions.small_sessions import network, phase, plan, run

KM = 100.0
DELAY_S = fibre_delay_s(KM)


def test_delay_of_a_handshake_by_hand() -> None:
    """The key of two hops; Hello, Response, Finish and Done over two links; an end needs 2 ms for each message."""
    net = network(length_km=KM)
    row = run(net, plan(ends="ac", processing_s=0.002)).rows[0]
    key_s = 2 * (DELAY_S + HOP_DELAY_S)
    handshake_s = 4 * (0.002 + 2 * DELAY_S)
    assert row.outcome == "established"
    assert row.delay_s == pytest.approx(key_s + handshake_s, rel=1e-12)
    assert (row.messages, row.retransmissions) == (4, 0)
    assert row.handshake_bytes == _lengths("ac") == 9483


def _lengths(ends: str) -> int:
    """Hello 1,408, Response 4,627, Finish 3,387, Done 70 bytes between names of five letters (table of the manual)."""
    return 1408 + 4627 + 3387 + 70 - sum(5 - len(name) for name in ends) - 1


def test_a_lost_message_is_repeated_with_a_back_off() -> None:
    """The only way is cut from 2 s on: the rekeying at 10 s says Hello at 10, 11, 13 and 17 s, and gives up at 25 s."""
    cut = Outage("classical-link", "ab", 10.0005, 90.0)
    net = network(length_km=KM)
    rules = {"rekey_after_s": 10.0, "max_repeats": 3, "timeout_s": 1.0, "retry_interval_s": 30.0}
    found = run(net, plan(phase(policy="AtLeastPqcRequired"), key_wait_s=0.0, **rules), outages=[cut])
    first, second = found.rows[:2]
    assert first.established_s is not None
    assert second.wanted_s == pytest.approx(first.established_s + 10.0)
    assert (second.outcome, second.messages, second.retransmissions) == ("failed", 4, 3)
    assert second.reason == "given up while awaiting-response"
    # no session was made; the old one went on, and the next handshake came 30 s after the failure at wanted + 15 s
    assert [row.cause for row in found.rows[:3]] == ["start", "time", "retry"]
    assert found.rows[2].wanted_s == pytest.approx(second.wanted_s + 15.0 + 30.0)
    assert first.ended_s is not None
    assert first.ended_s > second.wanted_s + 45.0


def test_blocked_qkd_is_a_downgrade_where_the_policy_allows_it_and_a_refusal_where_not() -> None:
    lenient = run(network({"ab": 0}), plan(phase(policy="AtLeastPqcRequired"))).rows
    assert {row.outcome for row in lenient} == {"established"}
    assert lenient[0].mixed == ("x25519", "ml-kem-768")
    assert lenient[0].missing == ("qkd",)
    assert lenient[0].key_request == -1
    assert lenient[0].rests_on == "(x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm"
    assert lenient[0].delay_s == pytest.approx(5.0 + 4 * 0.001)
    strict = run(network({"ab": 0}), plan(phase(policy="QkdAndPqcRequired"))).rows
    assert {(row.outcome, row.messages) for row in strict} == {("refused", 0)}
    assert strict[0].reason == "policy QkdAndPqcRequired needs qkd and pqc; x25519, ml-kem-768 is there"
    assert sum(row.blocked_bytes for row in strict) == 100_000
    # refused after 5 s of waiting, then again every 60 s
    assert [row.wanted_s for row in strict] == [0.0, 65.0]


def test_classical_only_asks_for_no_key() -> None:
    net = network()
    rows = run(net, plan(phase("classical", "ClassicalOnly"))).rows
    assert [row.mixed for row in rows] == [("x25519",)]
    assert net.settled == []


def test_rekeying_by_volume_is_on_time_without_polling() -> None:
    """1,000 bytes a second: 20,000 bytes take 20 s."""
    rows = run(network(), plan(rekey_after_s=None, rekey_after_bytes=20_000)).rows
    assert [row.cause for row in rows] == ["start"] + ["volume"] * 4
    for before, row in pairwise(rows):
        assert before.established_s is not None
        assert row.wanted_s == pytest.approx(before.established_s + 20.0)
        assert 20_000 <= before.protected_bytes <= 20_010


def test_rekeying_names_the_session_before() -> None:
    rows = run(network(), plan(rekey_after_s=30.0)).rows
    assert [row.authentication for row in rows[:2]] == [("ml-dsa-65",), ("ml-dsa-65", "session")]
    assert rows[0].ended_s == rows[1].established_s


def test_a_downgrade_is_mended_when_there_is_key_again() -> None:
    """Key comes at 33 s; it is looked for 10 s after the session was made at about 5 s, at 15, 25 and 35 s."""
    net = network({"ab": 0})
    net.feed("ab", hand_made_blocks([33.0], [100_000]))
    rules = {"rekey_supply_bits": 512, "retry_interval_s": 10.0, "rekey_after_s": None}
    rows = run(net, plan(phase(policy="AtLeastPqcRequired"), stop_s=40.0, **rules), until_s=40.0).rows
    assert [(row.cause, bool(row.missing)) for row in rows] == [("start", True), ("supply", False)]
    assert rows[0].established_s is not None
    assert rows[1].wanted_s == pytest.approx(rows[0].established_s + 30.0)
    # without the rule nothing mends it
    net = network({"ab": 0})
    net.feed("ab", hand_made_blocks([33.0], [100_000]))
    assert len(run(net, plan(phase(policy="AtLeastPqcRequired"), rekey_after_s=None)).rows) == 1


def test_an_old_session_expires_when_it_cannot_be_renewed() -> None:
    """Key for one handshake only: the session of 0 s is due at 20 s, ends at 50 s, and then traffic is blocked."""
    net = network({"ab": 256})
    found = run(net, plan(rekey_after_s=20.0, expire_after_s=50.0, retry_interval_s=10.0))
    first = found.rows[0]
    assert first.established_s is not None
    assert first.ended_s == pytest.approx(first.established_s + 50.0)
    assert {row.outcome for row in found.rows[1:-1]} == {"refused"}
    assert 50_000 - 1 <= first.protected_bytes <= 50_000 + 1
    assert sum(row.blocked_bytes for row in found.rows) == 100_000 - first.protected_bytes


def test_the_limit_of_the_cipher_ends_a_session_that_cannot_be_renewed() -> None:
    """AES-256-GCM: 2^34 blocks of a key, 68 for a message of 1,024 bytes; at 1 Tbit/s that is 2.07 s."""
    most_bytes = 1024 * (2**34 // 68)
    net = network({"ab": 256})
    chosen = plan(traffic_bps=1e12, rekey_after_s=None, stop_s=10.0)
    first, *others = run(net, chosen, until_s=10.0).rows
    assert first.established_s is not None
    assert first.ended_s == pytest.approx(first.established_s + 8 * most_bytes / 1e12)
    assert first.protected_bytes == pytest.approx(most_bytes, rel=1e-6)
    assert others[0].cause == "volume"
    assert others[0].wanted_s == pytest.approx(first.established_s + 0.9 * 8 * most_bytes / 1e12)


def test_a_session_that_the_limit_of_the_cipher_ends_is_renewed_for_its_volume() -> None:
    """QKD is required from 1 s on and there is no key; the limit ends the session of before at 2.07 s."""
    phases = (phase(policy="PqcOnly"), phase(policy="QkdAndPqcRequired", from_s=1.0))
    rules = {"rekey_after_s": None, "key_wait_s": 0.0}
    rows = run(network({"ab": 0}), plan(*phases, traffic_bps=1e12, stop_s=10.0, **rules), until_s=10.0).rows
    assert [(row.cause, row.outcome) for row in rows] == [
        ("start", "established"),
        ("phase", "refused"),
        ("volume", "refused"),  # 0.9 of the limit
        ("volume", "refused"),
    ]
    assert rows[3].wanted_s == rows[0].ended_s


def test_one_handshake_at_most_begins_at_an_instant() -> None:
    """QKD is required from 10 s on and there is no key: refused at once, and tried every 10 s. The session of before
    expires at 40 s, right after the try of that time was refused.
    """
    phases = (phase(policy="PqcOnly"), phase(policy="QkdAndPqcRequired", from_s=10.0))
    rules = {"rekey_after_s": None, "expire_after_s": 40.0, "retry_interval_s": 10.0, "processing_s": 0.0}
    net = network({"ab": 0})
    rows = run(net, plan(*phases, key_wait_s=0.0, stop_s=60.0, **rules), until_s=60.0).rows
    assert [(row.cause, row.wanted_s) for row in rows] == [
        ("start", 0.0),
        ("phase", 10.0),
        *(("retry", at_s) for at_s in (20.0, 30.0, 40.0, 50.0)),
    ]
    assert rows[0].ended_s == 40.0
    assert len(net.settled) == 5  # requests for key


def test_a_message_takes_the_way_that_is_there_when_it_leaves() -> None:
    """An end needs 0.2 s to make a message; the line is cut from 0.1 s on and back at 0.5 s: the first Hello is lost,
    and the next one, of 1 s, is answered.
    """
    cut = Outage("classical-link", "ab", 0.1, 0.5)
    row = run(network(), plan(phase(policy="PqcOnly"), processing_s=0.2, timeout_s=1.0), outages=[cut]).rows[0]
    assert (row.outcome, row.retransmissions) == ("established", 1)
    assert row.delay_s == pytest.approx(1.0 + 3 * 0.2)
    back = Outage("classical-link", "ab", 0.0, 0.1)
    row = run(network(), plan(phase(policy="PqcOnly"), processing_s=0.2, timeout_s=1.0), outages=[back]).rows[0]
    assert (row.outcome, row.retransmissions) == ("established", 0)


def test_phases_change_suite_and_policy_at_their_time() -> None:
    phases = (
        phase("classical", "ClassicalOnly"),
        phase("post-quantum", "AtLeastPqcRequired", 20.0),
        phase("hybrid", "QkdAndPqcRequired", 60.0),
    )
    rows = run(network(), plan(*phases)).rows
    assert [(row.cause, row.suite, row.wanted_s) for row in rows] == [
        ("start", "classical", 0.0),
        ("phase", "post-quantum", 20.0),
        ("phase", "hybrid", 60.0),
    ]
    assert [row.mixed for row in rows] == [("x25519",), ("qkd", "ml-kem-768"), ("qkd", "x25519", "ml-kem-768")]
    assert sum(row.protected_bytes for row in rows[:2]) == pytest.approx(60_000, abs=50)


def test_a_phase_that_begins_during_a_handshake_follows_it() -> None:
    phases = (phase(policy="AtLeastPqcRequired"), phase(policy="QkdAndPqcRequired", from_s=2.0))
    net = network({"ab": 0})
    net.feed("ab", hand_made_blocks([6.0], [10_000]))
    rows = run(net, plan(*phases, key_wait_s=5.0)).rows
    assert [(row.cause, row.policy) for row in rows] == [
        ("start", "AtLeastPqcRequired"),
        ("phase", "QkdAndPqcRequired"),
    ]
    assert rows[1].wanted_s == rows[0].established_s


@pytest.mark.parametrize("node", ["a", "b"])
def test_a_node_that_is_lost_has_no_session(node: str) -> None:
    lost = Outage("node", node, 30.0, 50.0)
    found = run(
        network(), plan(phase(policy="AtLeastPqcRequired"), retry_interval_s=7.0, max_repeats=0), outages=[lost]
    )
    rows = found.rows
    assert rows[0].ended_s == 30.0
    again = next(row for row in rows[1:] if row.outcome == "established")
    assert again.wanted_s == 50.0 if node == "a" else 50.0 <= again.wanted_s < 50.0 + 7.0 + 6.0
    assert again.authentication == ("ml-dsa-65",)  # the session before is forgotten
    assert all(30.0 <= row.wanted_s < 50.0 for row in rows[1 : rows.index(again)])
    assert len(rows) == (2 if node == "a" else len(rows))
    assert 30_000 <= sum(row.protected_bytes for row in rows if row.wanted_s < 30.0) + 10 <= 30_010


def test_a_node_lost_in_the_middle_of_a_handshake() -> None:
    lost = Outage("node", "b", 0.0025, 50.0)
    found = run(network(length_km=KM), plan(phase(policy="AtLeastPqcRequired"), retry_interval_s=60.0), outages=[lost])
    assert (found.rows[0].outcome, found.rows[0].reason) == ("failed", "node b was lost")
    assert found.rows[1].wanted_s == pytest.approx(60.0025)
    assert found.rows[1].outcome == "established"


def test_a_node_that_is_down_at_the_start_begins_when_it_is_back() -> None:
    rows = run(network(), plan(), outages=[Outage("node", "a", 0.0, 40.0)]).rows
    assert [(row.outcome, row.cause) for row in rows] == [("failed", "start"), ("established", "retry")]
    assert rows[0].reason == "node a is down"
    assert rows[1].wanted_s == 40.0


def test_pads_are_fetched_all_the_time_and_traffic_beyond_them_is_blocked() -> None:
    """The store holds the key of the handshake and of three chunks for 10 s each."""
    suite = Suite("pads", ("ml-kem-768",), ("pre-shared",), "one-time-pad")
    chunk_bits = 8 * 10_000 + 128 * (10 + 1) + 512  # 10,000 bytes, a tag for each of 10 messages and one more, tag keys
    net = network({"ab": 256 + 3 * chunk_bits})
    found = run(net, plan(phase(suite), message_bytes=1000))
    assert {pad.bits for pad in found.pads} == {chunk_bits}
    assert len(found.pads) == 3
    row = found.rows[0]
    assert row.rests_on == "qkd-pad"
    assert row.protected_bytes == 30_000
    assert row.blocked_bytes == 70_000
    assert {pad.request for pad in found.pads}.isdisjoint({row.key_request})


def test_a_handshake_over_a_slow_line_takes_the_time_of_its_bytes() -> None:
    """8,000 bit/s: one second for each 1,000 bytes."""
    net = network()
    lines = [ClassicalLink("ab", (0, 1), 0.0, 8000.0)]
    net.network.classical = ClassicalNetwork(3, lines, ClassicalSettings())
    row = run(net, plan(phase("qkd-pre-shared", "AtLeastQkdRequired"), timeout_s=2.0)).rows[0]
    assert row.retransmissions == 0
    assert row.delay_s == pytest.approx(HOP_DELAY_S + row.handshake_bytes / 1000.0 + 4 * 0.001)


def test_nothing_begins_at_the_end_of_the_plan() -> None:
    """Refused at once for want of key, and tried again every 20 s: at 20, 40 and 60 s, not at 80 s."""
    rows = run(network({"ab": 0}), plan(key_wait_s=0.0, retry_interval_s=20.0, stop_s=80.0)).rows
    assert [row.wanted_s for row in rows] == [0.0, 20.0, 40.0, 60.0]
    assert {row.outcome for row in rows} == {"refused"}


def test_the_end_of_the_run_comes_first() -> None:
    net = network({"ab": 0})
    rows = run(net, plan(key_wait_s=1000.0)).rows
    assert [(row.outcome, row.reason) for row in rows] == [("failed", "the end of the plan or of the run came first")]
    assert rows[0].blocked_bytes == 100_000


def test_every_suite_of_the_list_can_run_simulated() -> None:
    for name in ("hybrid-diverse", "x-wing", "hybrid-high"):
        row = run(network(), plan(phase(name))).rows[0]
        assert row.outcome == "established"
        assert set(find_suite(name).kems) <= set(row.mixed)
    assert row.delay_s is not None
    assert math.isfinite(row.delay_s)
