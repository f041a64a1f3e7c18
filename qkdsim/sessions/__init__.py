"""Hybrid sessions between pairs of nodes over simulated time: handshakes, rekeying, traffic, one-time pads."""

from qkdsim.sessions.plan import Phase, SessionPair, SessionPlan, SessionRules
from qkdsim.sessions.records import PadRecord, SessionLog, SessionRecord, SessionTotals
from qkdsim.sessions.run import RunningSessions

__all__ = [
    "PadRecord",
    "Phase",
    "RunningSessions",
    "SessionLog",
    "SessionPair",
    "SessionPlan",
    "SessionRecord",
    "SessionRules",
    "SessionTotals",
]
