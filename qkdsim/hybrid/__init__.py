"""Hybrid sessions: policies, a handshake as a pure state machine, rekeying, session ciphers, what secrecy rests on.

No simulated time and no network: messages are carried by the caller.
"""

from __future__ import annotations

from qkdsim.hybrid.handshake import End, Step, new_end, step
from qkdsim.hybrid.memory import Fetch, GiveUp, KeyAnswer, Open, Received, Send, Settle, Start, Timer
from qkdsim.hybrid.messages import (
    Done,
    Finish,
    Hello,
    MalformedError,
    Message,
    Refuse,
    Response,
    decode,
    encode,
    size_bytes,
)
from qkdsim.hybrid.one_time_pad import Pad, pad_key_bits
from qkdsim.hybrid.policies import DEFAULT_POLICY, POLICIES, Decision, Policy, decide, find_policy
from qkdsim.hybrid.real import RealCryptography
from qkdsim.hybrid.rekeying import RekeyRules, rekey_due
from qkdsim.hybrid.replay import ReplayWindow
from qkdsim.hybrid.sealing import Pads, Receiver, Sender, channel, open_sealed, seal, sealed_bytes
from qkdsim.hybrid.session import Credentials, Outcome, QkdKey, Session
from qkdsim.hybrid.setup import Setup
from qkdsim.hybrid.simulated import SimulatedCryptography
from qkdsim.hybrid.suites import DEFAULT_SUITE, Suite, find_suite, suites
from qkdsim.hybrid.table import TABLE, TRANSITIONS, Transition

__all__ = [
    "DEFAULT_POLICY",
    "DEFAULT_SUITE",
    "POLICIES",
    "TABLE",
    "TRANSITIONS",
    "Credentials",
    "Decision",
    "Done",
    "End",
    "Fetch",
    "Finish",
    "GiveUp",
    "Hello",
    "KeyAnswer",
    "MalformedError",
    "Message",
    "Open",
    "Outcome",
    "Pad",
    "Pads",
    "Policy",
    "QkdKey",
    "RealCryptography",
    "Received",
    "Receiver",
    "Refuse",
    "RekeyRules",
    "ReplayWindow",
    "Response",
    "Send",
    "Sender",
    "Session",
    "Settle",
    "Setup",
    "SimulatedCryptography",
    "Start",
    "Step",
    "Suite",
    "Timer",
    "Transition",
    "channel",
    "decide",
    "decode",
    "encode",
    "find_policy",
    "find_suite",
    "new_end",
    "open_sealed",
    "pad_key_bits",
    "rekey_due",
    "seal",
    "sealed_bytes",
    "size_bytes",
    "step",
    "suites",
]
