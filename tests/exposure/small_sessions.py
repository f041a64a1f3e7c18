"""Sessions and stored objects made by hand, as rows of their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qkdsim.crypto.kem import kem_facts
from qkdsim.exposure import Failures
from qkdsim.exposure.compromise import Compromise
from qkdsim.hybrid.assumptions import format_assumptions, rests_on
from qkdsim.hybrid.suites import Cipher

BOTH = ("x25519", "ml-kem-768")


@dataclass(frozen=True)
class MadeSession:
    """A session established at `at_s` that lived until `until_s`; `pads` of a one-time pad: requests and bits."""

    mixed: tuple[str, ...] = ("qkd", *BOTH)
    at_s: float = 100.0
    until_s: float | None = 200.0
    key_request: int = -1
    policy: str = "EitherQkdOrPqcRequired"
    authentication: str = "ml-dsa-65"
    cipher: Cipher = "aes-256-gcm"
    missing: str = ""
    ends: tuple[str, str] = ("a", "z")
    plan: str = "p"
    size: int = 1000
    outcome: str = "established"
    pads: tuple[tuple[int, int], ...] = ()


def session_tables(sessions: Sequence[MadeSession]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The tables `sessions` and `session_pads`."""
    rows = [
        {
            "index": index,
            "plan": one.plan,
            "from": one.ends[0],
            "to": one.ends[1],
            "policy": one.policy,
            "cipher": one.cipher,
            "authentication": one.authentication,
            "wanted_s": one.at_s - 0.5,
            "established_s": one.at_s,
            "ended_s": one.until_s,
            "outcome": one.outcome,
            "mixed": ",".join(one.mixed),
            "missing": one.missing,
            "key_request": one.key_request,
            "rests_on": format_assumptions(rests_on(_secrets(one.mixed), one.cipher)) if one.mixed else "",
            "protected_bytes": one.size,
        }
        for index, one in enumerate(sessions)
    ]
    pads = [
        {"session": index, "request": request, "bits": bits}
        for index, one in enumerate(sessions)
        for request, bits in one.pads
        if one.cipher == "one-time-pad"
    ]
    return {"sessions": rows, "session_pads": pads}


def _secrets(mixed: Sequence[str]) -> tuple[str, ...]:
    """As `Outcome.secrecy_rests_on` says it: X-Wing is its two parts."""
    parts = [part for name in mixed for part in (("qkd",) if name == "qkd" else kem_facts(name).rests_on)]
    return tuple(dict.fromkeys(parts))


@dataclass(frozen=True)
class MadeOperation:
    """An operation on the object `o`; `keys`: request and holder."""

    operation: str
    node: str
    start_s: float
    end_s: float | None
    keys: tuple[tuple[int, str], ...] = ()
    used: tuple[str, ...] = ()
    outcome: str = "done"


def object_tables(
    operations: Sequence[MadeOperation], holders: Sequence[str], threshold: int, size: int = 5000
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The tables `objects` and `object_keys`."""
    rows = [
        {
            "index": index,
            "object": "o",
            "operation": one.operation,
            "node": one.node,
            "holders": ">".join(holders),
            "threshold": threshold,
            "object_bytes": size,
            "started_s": one.start_s,
            "finished_s": one.end_s,
            "outcome": one.outcome,
            "used": ">".join(one.used),
            "rests_on": f"shares:{threshold}-of-{len(holders)} & qkd-pad",
        }
        for index, one in enumerate(operations)
    ]
    keys = [
        {"operation": index, "request": request, "holder": holder, "bits": 100}
        for index, one in enumerate(operations)
        for request, holder in one.keys
    ]
    return {"objects": rows, "object_keys": keys}


def failed(*names: str, since_s: float = 0.0, nodes: Sequence[str | Compromise] = ()) -> Failures:
    """Failures: broken names, and nodes compromised all the time or as stated."""
    compromises = tuple(Compromise(one) if isinstance(one, str) else one for one in nodes)
    return Failures(frozenset(names), compromises, since_s)
