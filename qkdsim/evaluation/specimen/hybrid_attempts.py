"""Attempts to have two ends set up a session with less than both secrets, on real handshakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qkdsim.hybrid import (
    Credentials,
    End,
    Fetch,
    Hello,
    KeyAnswer,
    Message,
    QkdKey,
    Received,
    Response,
    Send,
    Setup,
    Start,
    decode,
    encode,
    find_policy,
    find_suite,
    new_end,
    step,
)

SUITE = "hybrid-pre-shared"
_PQC = "ml-kem-768"
Change = Callable[[Message], Message]


def _nothing(message: Message) -> Message:
    return message


def _without_keys(message: Message) -> Message:
    return replace(message, key_ids=()) if isinstance(message, Hello | Response) else message


def _without_kem(message: Message) -> Message:
    if not isinstance(message, Hello) or _PQC not in message.kems:
        return message
    place = message.kems.index(_PQC)
    keys = message.public_keys
    return replace(
        message,
        kems=message.kems[:place] + message.kems[place + 1 :],
        public_keys=keys[:place] + keys[place + 1 :],
    )


def _weaker_policy(message: Message) -> Message:
    return replace(message, policy="EitherQkdOrPqcRequired") if isinstance(message, Hello) else message


def _all_weaker(message: Message) -> Message:
    return _weaker_policy(_without_keys(message))


# name: who has the QKD key (initiator, responder), and what the attacker makes of each message on its way
ATTEMPTS: dict[str, tuple[bool, bool, Change]] = {
    "undisturbed": (True, True, _nothing),
    "no QKD key at either end": (False, False, _nothing),
    "no QKD key at the responder": (True, False, _nothing),
    "no QKD key at the initiator": (False, True, _nothing),
    "key identifiers removed": (True, True, _without_keys),
    "KEM removed from the offer": (True, True, _without_kem),
    "policy rewritten": (True, True, _weaker_policy),
    "policy rewritten, key identifiers removed": (True, True, _all_weaker),
    "policy rewritten, no QKD key": (False, False, _weaker_policy),
}


def shaken(policy: str, attempt: str, generator: np.random.Generator) -> tuple[str, ...] | None:
    """What the session of a handshake under an attempt mixed, at the end that has less; None where there is none."""
    first_has, second_has, change = ATTEMPTS[attempt]
    suite, shared = find_suite(SUITE), generator.bytes(32)
    rules, known = find_policy(policy), Credentials(pre_shared_key=shared)
    first = new_end(Setup("initiator", "tokyo", "osaka", suite, rules, known))
    second = new_end(Setup("responder", "osaka", "tokyo", suite, rules, known))
    key = QkdKey("key-1", generator.bytes(32))
    first, post = _told(first, Start(generator.bytes, (key,) if first_has else ()), None, generator)
    ends, held = [second, first], [key if second_has else None, None]
    for turn in range(8):
        if not post:
            break
        at = turn % 2
        ends[at], post = _told(ends[at], Received(encode(change(decode(post)))), held[at], generator)
    sessions = [end.session for end in ends if end.session is not None]
    return min((one.outcome.mixed for one in sessions), key=len, default=None)


def _told(
    end: End, happening: Start | Received, held: QkdKey | None, generator: np.random.Generator
) -> tuple[End, bytes | None]:
    """The end after a happening, and what it says."""
    after = step(end, happening, 0.0)
    requests = list(after.requests)
    end = after.end
    asked = [key_id for one in requests if isinstance(one, Fetch) for key_id in one.key_ids]
    if any(isinstance(one, Fetch) for one in requests):
        found = held if held is not None and held.key_id in asked else None
        fetched = step(end, KeyAnswer(generator.bytes, found), 0.0)
        end = fetched.end
        requests += fetched.requests
    said = [encode(one.message) for one in requests if isinstance(one, Send)]
    return end, said[0] if said else None
