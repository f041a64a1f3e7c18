"""Rows and figures of sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qkdsim.results.frames import Values
from qkdsim.scenario.plan import Plan

if TYPE_CHECKING:
    from qkdsim.sessions import PadRecord, SessionRecord, SessionTotals

_AS_THEY_ARE = (
    *("index", "plan", "cause", "suite", "policy", "cipher", "wanted_s", "established_s", "ended_s", "outcome"),
    *("reason", "key_request", "rests_on", "simulated", "messages", "retransmissions", "handshake_bytes", "delay_s"),
    *("protected_bytes", "blocked_bytes"),
)
_JOINED = ("authentication", "mixed", "missing")


def session_columns(records: Sequence[SessionRecord]) -> dict[str, Values]:
    """The columns of the table `sessions`."""
    columns: dict[str, Values] = {name: [getattr(one, name) for one in records] for name in _AS_THEY_ARE}
    columns |= {name: [",".join(getattr(one, name)) for one in records] for name in _JOINED}
    columns["from"] = [one.ends[0] for one in records]
    columns["to"] = [one.ends[1] for one in records]
    columns["downgraded"] = [bool(one.missing) for one in records]
    return columns


def pad_columns(pads: Sequence[PadRecord]) -> dict[str, Values]:
    """The columns of the table `session_pads`."""
    return {name: [getattr(one, name) for one in pads] for name in ("session", "request", "bits")}


def session_figures(plan: Plan, totals: Mapping[str, SessionTotals]) -> list[dict[str, Any]]:
    """What the sessions of each plan come to, in file order; means are over handshakes that gave a session."""
    return [
        {
            "id": one.id,
            "pairs": len(one.pairs),
            "start_s": one.start_s,
            "stop_s": one.stop_s,
            "cryptography": one.cryptography,
            "handshakes": total.handshakes,
            "established": total.established,
            "downgraded": total.downgraded,
            "refused": total.refused,
            "failed": total.failed,
            "protected_bytes": total.protected_bytes,
            "blocked_bytes": total.blocked_bytes,
            "mean_delay_s": total.total_delay_s / total.established if total.established else None,
            "bytes_per_handshake": total.handshake_bytes / total.handshakes if total.handshakes else None,
        }
        for one in plan.sessions
        for total in (totals[one.id],)
    ]
