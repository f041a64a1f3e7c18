"""Two ends to test with: Tokyo begins, Osaka answers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from qkdsim.crypto.signature import SigningKeyPair, find_signature
from qkdsim.hybrid import (
    Credentials,
    End,
    Fetch,
    KeyAnswer,
    QkdKey,
    RealCryptography,
    Received,
    Send,
    Session,
    Setup,
    Start,
    Suite,
    encode,
    find_policy,
    find_suite,
    new_end,
    step,
)

PRE_SHARED_KEY = bytes(range(32))


@dataclass(frozen=True, slots=True)
class Lacking(RealCryptography):
    """A node where some KEMs are not installed."""

    missing: frozenset[str] = field(default=frozenset())

    def lacks(self, kem: str) -> str:
        return f"{kem}: not installed" if kem in self.missing else ""


@cache
def signing_pair(node: str, scheme: str) -> SigningKeyPair:
    return find_signature(scheme).generate()


def credentials(me: str, peer: str, suite: Suite) -> Credentials:
    schemes = [one for one in suite.authentication if one != "pre-shared"]
    return Credentials(
        PRE_SHARED_KEY,
        {one: signing_pair(me, one) for one in schemes},
        {one: signing_pair(peer, one).public_key for one in schemes},
    )


def pair(
    suite: str | Suite = "hybrid-pre-shared",
    policy: str = "QkdAndPqcRequired",
    lacking: tuple[Iterable[str], Iterable[str]] = ((), ()),
    names: tuple[str, str] = ("tokyo", "osaka"),
    **more: Any,
) -> tuple[End, End]:
    """Initiator and responder; `lacking` names the KEMs that each has not."""
    chosen = find_suite(suite) if isinstance(suite, str) else suite
    one, other = names
    setups = []
    for role, me, peer, missing in (("initiator", one, other, lacking[0]), ("responder", other, one, lacking[1])):
        with_more = {"cryptography": Lacking(frozenset(missing)), "credentials": credentials(me, peer, chosen)} | more
        setups.append(Setup(role, me, peer, chosen, find_policy(policy), **with_more))
    return new_end(setups[0]), new_end(setups[1])


def qkd_key(key_id: str = "key-1") -> QkdKey:
    return QkdKey(key_id, os.urandom(32))


def answer(end: End, wire: bytes, held: dict[str, QkdKey], now_s: float = 0.0) -> tuple[End, list[bytes]]:
    """Deliver a message, fetch keys where asked for, and return what is sent."""
    after, sent = step(end, Received(wire), now_s), []
    requests = list(after.requests)
    end = after.end
    for request in requests:
        if isinstance(request, Fetch):
            found = next((held.pop(key_id) for key_id in request.key_ids if key_id in held), None)
            fetched = step(end, KeyAnswer(os.urandom, found), now_s)
            end = fetched.end
            requests.extend(fetched.requests)
        if isinstance(request, Send):
            sent.append(encode(request.message))
    return end, sent


def begin(end: End, *keys: QkdKey) -> tuple[End, list[bytes]]:
    begun = step(end, Start(os.urandom, keys), 0.0)
    return begun.end, [encode(one.message) for one in begun.requests if isinstance(one, Send)]


def talk(
    initiator: End, responder: End, keys: Iterable[QkdKey] = (), held: Iterable[QkdKey] | None = None
) -> tuple[End, End, list[bytes]]:
    """A whole handshake without disturbance, as far as it goes: both ends, and what was sent."""
    offered = list(keys)
    store = {key.key_id: key for key in (offered if held is None else held)}
    initiator, to_responder = begin(initiator, *offered)
    said = list(to_responder)
    while to_responder:
        responder, back = answer(responder, to_responder.pop(0), store)
        said += back
        for wire in back:
            initiator, more = answer(initiator, wire, {})
            said += more
            to_responder += more
    return initiator, responder, said


def session_of(end: End) -> Session:
    assert end.session is not None, end.reason
    return end.session


def agree(one: Session, other: Session) -> bool:
    """Whether two ends hold the same session."""
    assert one.keys is not None
    assert other.keys is not None
    return (
        one.handshake == other.handshake
        and one.outcome == other.outcome
        and one.transcript == other.transcript
        and (one.keys.initiator, one.keys.responder, one.keys.rekeying)
        == (other.keys.initiator, other.keys.responder, other.keys.rekeying)
    )


def flipped(wire: bytes, bit: int) -> bytes:
    changed = bytearray(wire)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
