"""When the key of a session must be renewed, and when it must not be used any more: worked out once, not polled."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from qkdsim.hybrid.limits import LIMITS, Limits
from qkdsim.hybrid.rekeying import SHARE_OF_LIMIT
from qkdsim.hybrid.sealing import blocks_of
from qkdsim.hybrid.suites import Cipher
from qkdsim.sessions.plan import SessionPair, SessionPlan, SessionRules

DueCause = Literal["time", "volume"]


class Due(NamedTuple):
    """Times after a session was established, and their causes: rekey, and end in any case; infinite for never."""

    rekey_s: float
    cause: DueCause
    end_s: float
    end_cause: DueCause


def due(rules: SessionRules, cipher: Cipher, traffic_bps: float) -> Due:
    """What `hybrid.rekey_due` says at every moment, for constant traffic: all of it counts for one sender, the worst
    case of the cipher's limits.
    """
    most_bytes = _most_bytes(LIMITS[cipher], rules.message_bytes)
    volume_bytes = SHARE_OF_LIMIT * most_bytes
    if rules.rekey_after_bytes is not None:
        volume_bytes = min(volume_bytes, rules.rekey_after_bytes)
    volume_s = _seconds(volume_bytes, traffic_bps)
    time_s = math.inf if rules.rekey_after_s is None else rules.rekey_after_s
    expiry_s = math.inf if rules.expire_after_s is None else rules.expire_after_s
    return Due(*_first(volume_s, time_s), *_first(_seconds(most_bytes, traffic_bps), expiry_s))


def _first(volume_s: float, time_s: float) -> tuple[float, DueCause]:
    return (volume_s, "volume") if volume_s <= time_s else (time_s, "time")


def expected_handshakes(plan: SessionPlan) -> float:
    """Roughly how many handshakes there are, from what makes one due first; without retries and rekeying by supply."""
    return sum(plan.length_s / _shortest_s(plan, pair) for pair in plan.pairs)


def _shortest_s(plan: SessionPlan, pair: SessionPair) -> float:
    dues = [due(plan.rules, phase.suite.cipher, plan.traffic_bps) for phase in pair.phases]
    return min(min(one.rekey_s, one.end_s) for one in dues)


def _most_bytes(limits: Limits, message_bytes: int) -> float:
    """Plain bytes that one key may seal, in messages of one length."""
    return float(message_bytes) * min(limits.messages, limits.blocks // blocks_of(message_bytes))


def _seconds(plain_bytes: float, traffic_bps: float) -> float:
    return 8.0 * plain_bytes / traffic_bps if traffic_bps > 0.0 else math.inf
