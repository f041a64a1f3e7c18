"""Which sessions are exposed: cases by hand, laws, and a plain reckoning session by session as the oracle."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.exposure import (
    Compromise,
    Failures,
    check_broken,
    compromised_keys,
    session_exposure,
    session_ledger,
    used_algorithms,
)
from qkdsim.results import TABLES, RunResult
from tests.exposure.small_runs import MadeKey, made_run
from tests.exposure.small_sessions import BOTH, MadeSession, failed, session_tables

LINKS = [("a", "b"), ("b", "z"), ("a", "c"), ("c", "z"), ("a", "z")]
KEYS = [MadeKey(("a>b>z",), 50.0), MadeKey(("a>c>z",), 150.0), MadeKey(("a>b>z", "a>c>z"), 250.0, key_class="x")]
CLASSES = {"x": ("xor", 2)}
EVERYTHING = ("qkd", *BOTH, "ml-dsa-65", "ed25519", "aes-256-gcm", "hkdf-sha384")


def run_of(*sessions: MadeSession) -> RunResult:
    return made_run(LINKS, KEYS, CLASSES, more=session_tables(sessions))


def exposed(run: RunResult, failures: Failures) -> list[int]:
    return session_ledger(run, failures).filter("exposed")["index"].to_list()


def why(run: RunResult, failures: Failures) -> list[str]:
    return session_ledger(run, failures)["why"].to_list()


def test_all_secrets_that_were_mixed_must_fall() -> None:
    run = run_of(MadeSession(key_request=0), MadeSession(("qkd", "x25519"), key_request=1), MadeSession(BOTH))
    assert exposed(run, failed("x25519")) == []
    assert exposed(run, failed(*BOTH)) == [2]
    assert exposed(run, failed("x25519", nodes=["c"])) == [1]
    assert exposed(run, failed(*BOTH, nodes=["b"])) == [0, 2]
    assert exposed(run, failed("qkd", "x25519")) == [1]
    assert exposed(run, failed("qkd", *BOTH)) == [0, 1, 2]
    assert why(run, failed(*BOTH, nodes=["b"])) == [
        "x25519 + ml-kem-768 + QKD key known",
        "",
        "x25519 + ml-kem-768 broken",
    ]


def test_a_key_over_two_paths_needs_both_relays() -> None:
    run = run_of(MadeSession(("qkd",), key_request=2, policy="AtLeastQkdRequired"))
    assert exposed(run, failed(nodes=["b"])) == []
    assert exposed(run, failed(nodes=["b", "c"])) == [0]


def test_ciphers_and_hash_and_kems_expose_the_past_and_signatures_do_not() -> None:
    run = run_of(MadeSession(at_s=10.0), MadeSession(at_s=20.0, cipher="chacha20-poly1305"))
    late = 15.0
    assert exposed(run, failed("aes-256-gcm", since_s=late)) == [0]
    assert exposed(run, failed("chacha20-poly1305", since_s=late)) == [1]
    assert exposed(run, failed("hkdf-sha384", since_s=late)) == [0, 1]
    assert exposed(run, failed("qkd", *BOTH, since_s=late)) == [0, 1]
    assert exposed(run, failed("ml-dsa-65", since_s=late)) == [1]
    assert exposed(run, failed("ml-dsa-65", since_s=20.0)) == [1]
    assert exposed(run, failed("ml-dsa-65", since_s=20.1)) == []
    assert exposed(run, failed("ml-dsa-65")) == [0, 1]
    assert exposed(run, failed("ed25519")) == []


def test_every_method_must_be_broken_and_a_rekeying_is_no_help() -> None:
    run = run_of(
        MadeSession(authentication="pre-shared,ml-dsa-65"),
        MadeSession(authentication="ml-dsa-65,session"),
        MadeSession(authentication=""),
    )
    assert exposed(run, failed("ml-dsa-65")) == [1]
    assert exposed(run, failed("ml-dsa-65", "pre-shared")) == [0, 1]
    assert why(run, failed("ml-dsa-65"))[1] == "impersonated: ml-dsa-65 broken"


@pytest.mark.parametrize(
    ("policy", "mixed", "missing", "needs_qkd"),
    [
        ("QkdAndPqcRequired", ("qkd", *BOTH), "", True),
        ("AtLeastQkdRequired", ("qkd", *BOTH), "", True),
        ("AtLeastQkdRequired", ("qkd", "x25519"), "ml-kem-768", True),
        ("AtLeastPqcRequired", ("qkd", *BOTH), "", False),
        ("EitherQkdOrPqcRequired", ("qkd", *BOTH), "", False),
        ("EitherQkdOrPqcRequired", ("qkd",), "ml-kem-768", False),  # he offers the KEM that was not there
        ("EitherQkdOrPqcRequired", ("qkd", "x25519"), "", True),  # the suite has no other way
        ("ClassicalOnly", ("x25519",), "", False),
    ],
)
def test_who_lacks_the_qkd_key_cannot_impersonate_where_the_policy_asks_for_it(
    policy: str, mixed: tuple[str, ...], missing: str, needs_qkd: bool
) -> None:
    run = run_of(MadeSession(mixed, key_request=0, policy=policy, missing=missing))
    assert exposed(run, failed("ml-dsa-65")) == ([] if needs_qkd else [0])
    assert exposed(run, failed("ml-dsa-65", nodes=["b"])) == [0]
    assert exposed(run, failed("ml-dsa-65", "qkd")) == [0]
    assert exposed(run, failed("ml-dsa-65", "qkd", since_s=101.0)) == ([0] if mixed == ("qkd",) else [])


def test_an_end_exposes_sessions_alive_at_or_after_its_compromise() -> None:
    run = run_of(
        MadeSession(at_s=10.0, until_s=20.0),
        MadeSession(at_s=20.0, until_s=30.0),
        MadeSession(at_s=30.0, until_s=None),
        MadeSession(at_s=10.0, until_s=None, ends=("b", "c")),
    )
    assert exposed(run, failed(nodes=["a"])) == [0, 1, 2]
    assert exposed(run, failed(nodes=[Compromise("a", 25.0)])) == [1, 2]
    assert exposed(run, failed(nodes=[Compromise("z", 11.0, 12.0)])) == [0]
    assert exposed(run, failed(nodes=[Compromise("z", 1e3, 2e3)])) == [2]
    assert why(run, failed(nodes=["c"]))[3] == "end c compromised"
    # the handshake of the first was due at 9.5 s; at 20 s it ended, and the second had begun
    assert exposed(run, failed(nodes=[Compromise("a", 9.0, 9.5)])) == []
    assert exposed(run, failed(nodes=[Compromise("a", 9.0, 9.75)])) == [0]
    assert exposed(run, failed(nodes=[Compromise("a", 20.0, 20.25)])) == [0, 1]


def test_a_pad_rests_on_its_keys_alone_and_falls_by_parts() -> None:
    pad = MadeSession(("qkd", *BOTH), key_request=2, cipher="one-time-pad", pads=((0, 6400), (1, 1600)))
    run = run_of(pad, MadeSession())
    all_but_qkd = ("x25519", "ml-kem-768", "ml-dsa-65", "aes-256-gcm", "hkdf-sha384")
    assert exposed(run, failed(*all_but_qkd)) == [1]
    table = session_ledger(run, failed(nodes=["b"]))
    assert table.row(0)[-3:] == (True, 800, "pads known in part")
    assert session_ledger(run, failed(nodes=["c"])).row(0)[-3:] == (True, 200, "pads known in part")
    assert session_ledger(run, failed(nodes=["b", "c"])).row(0)[-3:] == (True, 1000, "pads known")
    assert session_ledger(run, failed("qkd")).row(0)[-3:] == (True, 1000, "qkd-pad broken")


def test_x_wing_falls_with_both_its_parts() -> None:
    run = run_of(MadeSession(("x-wing",)))
    assert exposed(run, failed("x25519")) == []
    assert exposed(run, failed(*BOTH)) == [0]
    assert exposed(run, failed("x-wing")) == [0]


def test_handshakes_without_a_session_do_not_count() -> None:
    run = run_of(MadeSession(outcome="refused", mixed=(), size=0), MadeSession())
    found = session_exposure(run, failed("aes-256-gcm"))
    assert (found.total.sessions, found.total.exposed_sessions) == (1, 1)


def test_sums_by_policy_pair_and_reason() -> None:
    run = run_of(
        MadeSession(BOTH, size=10),
        MadeSession(BOTH, ends=("z", "a"), size=20),
        MadeSession(key_request=0, size=40, ends=("b", "c")),
        MadeSession(BOTH, size=80, plan="q", policy="AtLeastPqcRequired"),
    )
    found = session_exposure(run, failed(*BOTH))
    assert (found.total.exposed_bytes, found.total.bytes, found.total.bytes_share) == (110, 150, 110 / 150)
    assert [(one.plan, one.policy, one.exposed_bytes) for one in found.policies] == [
        ("p", "EitherQkdOrPqcRequired", 30),
        ("q", "AtLeastPqcRequired", 80),
    ]
    assert [(one.plan, one.ends, one.exposed_sessions) for one in found.pairs] == [
        ("q", ("a", "z"), 1),
        ("p", ("a", "z"), 2),
        ("p", ("b", "c"), 0),
    ]
    assert [(one.words, one.sessions, one.bytes) for one in found.reasons] == [("x25519 + ml-kem-768 broken", 3, 110)]
    assert session_exposure(run, failed(*BOTH), ("c", "b")).total.sessions == 1
    assert session_exposure(run_of(), failed(*BOTH)).total.bytes_share is None


SESSIONS = st.builds(
    MadeSession,
    mixed=st.sampled_from([("qkd", *BOTH), ("qkd", "x25519"), BOTH, ("qkd",), ("x25519",)]),
    at_s=st.sampled_from([10.0, 60.0, 160.0]),
    until_s=st.sampled_from([170.0, 300.0, None]),
    key_request=st.integers(0, 2),
    policy=st.sampled_from(["QkdAndPqcRequired", "AtLeastQkdRequired", "AtLeastPqcRequired", "EitherQkdOrPqcRequired"]),
    authentication=st.sampled_from(["ml-dsa-65", "ml-dsa-65,ed25519", "ed25519,session"]),
    cipher=st.sampled_from(["aes-256-gcm", "one-time-pad"]),
    ends=st.sampled_from([("a", "z"), ("z", "a"), ("b", "c")]),
    pads=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9000)), max_size=2).map(tuple),
)
COMPROMISES = st.lists(
    st.builds(Compromise, st.sampled_from("abcz"), st.sampled_from([0.0, 100.0]), st.sampled_from([155.0, 1e9])),
    max_size=2,
)
FAILURES = st.builds(
    Failures, st.frozensets(st.sampled_from(EVERYTHING)), COMPROMISES.map(tuple), st.sampled_from([0.0, 100.0])
)


def plainly(one: MadeSession, keys: set[int], failures: Failures) -> int:
    """Bytes exposed, straight from the rules."""
    known = "qkd" in failures.broken or one.key_request in keys
    gone = set(failures.broken - {"qkd"}) | ({"qkd"} if known else set())
    for at in failures.compromises:
        alive = one.at_s - 0.5 < at.until_s and (one.until_s is None or one.until_s >= at.from_s)
        if at.node in one.ends and alive:
            return one.size
    if one.cipher == "one-time-pad":
        if "qkd" in failures.broken:
            return one.size
        bits = sum(bits for request, bits in one.pads if request in keys)
        return one.size if bits and bits == sum(bits for _, bits in one.pads) else min(one.size, (bits + 7) // 8)
    if set(one.mixed) <= gone or one.cipher in gone or "hkdf-sha384" in gone:
        return one.size
    asks_for_qkd = one.policy in ("QkdAndPqcRequired", "AtLeastQkdRequired")
    asks_for_qkd |= one.policy == "EitherQkdOrPqcRequired" and "ml-kem-768" not in one.mixed
    # a policy for PQC with a suite that has none cannot have been met, and nobody can meet it
    asks_for_qkd |= one.policy == "AtLeastPqcRequired" and "ml-kem-768" not in one.mixed
    proofs = set(one.authentication.split(",")) - {"session"}
    if proofs <= gone and one.at_s >= failures.since_s and (known or not asks_for_qkd):
        return one.size
    return 0


@settings(max_examples=60, deadline=None)
@given(st.lists(SESSIONS, min_size=1, max_size=6), FAILURES)
def test_the_ledger_is_the_plain_reckoning(sessions: list[MadeSession], failures: Failures) -> None:
    run = run_of(*sessions)
    keys = set(compromised_keys(run, failures.compromises)["index"].to_list()) if failures.compromises else set()
    table = session_ledger(run, failures)
    assert table["exposed_bytes"].to_list() == [plainly(one, keys, failures) for one in sessions]
    assert (table["exposed"] == (table["why"] != "")).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(SESSIONS, min_size=1, max_size=4), FAILURES, FAILURES)
def test_more_failures_never_expose_less(sessions: list[MadeSession], some: Failures, others: Failures) -> None:
    run = run_of(*sessions)
    since_s = min(some.since_s, others.since_s)
    more = Failures(some.broken | others.broken, some.compromises + others.compromises, since_s)
    assert (session_ledger(run, more)["exposed_bytes"] >= session_ledger(run, some)["exposed_bytes"]).all()


def test_names_used_and_names_refused() -> None:
    run = run_of(MadeSession(key_request=0), MadeSession(("x25519",), authentication="ed25519,session"))
    used = used_algorithms(run)
    assert (used.kems, used.signatures) == (("ml-kem-768", "x25519"), ("ed25519", "ml-dsa-65"))
    assert used.others == ("aes-256-gcm", "hkdf-sha384", "qkd")
    assert check_broken(run, ["X25519", "ML_KEM_768", "y-00", "hqc-3"]) == {"x25519", "ml-kem-768", "y-00", "hqc-3"}
    with pytest.raises(InputError, match=r"got 'mlkem768', expected ml-kem-768 or .*; the run uses ml-kem-768, x25519"):
        check_broken(run, ["mlkem768"])
    with pytest.raises(InputError, match="a one-time pad falls with its keys only"):
        check_broken(run, ["one-time-pad"])
    with pytest.raises(InputError, match="compromised node: got 'q'"):
        session_ledger(run, failed(nodes=["q"]))


def test_a_hundred_thousand_sessions_take_less_than_three_seconds() -> None:
    count = 100_000
    one = made_run(LINKS, [MadeKey(("a>b>z",), 50.0)], more=session_tables([MadeSession(key_request=0)]))
    numbers = pl.Series("index", np.arange(count))
    frames = {name: one.table(name) for name in TABLES}
    frames["sessions"] = frames["sessions"][[0] * count].with_columns(numbers, key_request=numbers)
    frames["requests"] = frames["requests"][[0] * count].with_columns(numbers)
    frames["relays"] = frames["relays"][[0, 1] * count].with_columns(request=pl.Series(np.repeat(numbers, 2)))
    run = RunResult(one.summary, {}, frames=frames)
    began_s = time.perf_counter()
    found = session_exposure(run, failed(*BOTH, nodes=["b"]))
    took_s = time.perf_counter() - began_s
    assert found.total.exposed_sessions == count
    assert took_s < 3.0
