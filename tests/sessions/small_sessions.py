"""Sessions on small networks made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from qkdsim.hybrid import Suite, find_policy, find_suite
from qkdsim.network.outage import Outage
from qkdsim.network.service import ServiceClass
from qkdsim.sessions import (
    PadRecord,
    Phase,
    RunningSessions,
    SessionLog,
    SessionPair,
    SessionPlan,
    SessionRecord,
    SessionRules,
)
from tests.network.hand_made_network import HandMadeNetwork, new_network

PLENTY_BITS = 10**9


def phase(suite: str | Suite = "hybrid", policy: str = "QkdAndPqcRequired", from_s: float = 0.0) -> Phase:
    return Phase(from_s, find_suite(suite) if isinstance(suite, str) else suite, find_policy(policy))


def plan(
    *phases: Phase,
    ends: str = "ab",
    start_s: float = 0.0,
    stop_s: float = 100.0,
    traffic_bps: float = 8000.0,
    cryptography: str = "simulated",
    key_wait_s: float = 5.0,
    name: str = "plan",
    pairs: Sequence[str] = (),
    **rules: Any,
) -> SessionPlan:
    """Sessions between one-letter nodes."""
    chosen = phases or (phase(),)
    return SessionPlan(
        name,
        tuple(SessionPair(one[0], one[1], chosen) for one in (pairs or (ends,))),
        ServiceClass(name, latency_budget_s=key_wait_s),
        start_s,
        stop_s,
        traffic_bps,
        cryptography,  # type: ignore[arg-type]
        SessionRules(**rules),
    )


@dataclass
class Sessions:
    """What a run of sessions gave, and the network that they ran on."""

    net: HandMadeNetwork
    rows: list[SessionRecord] = field(default_factory=list)
    pads: list[PadRecord] = field(default_factory=list)
    running: RunningSessions = field(init=False)


def run(
    net: HandMadeNetwork, *plans: SessionPlan, outages: Sequence[Outage] = (), until_s: float = 100.0, seed: int = 3
) -> Sessions:
    """Run to the end; `net.settled` has the requests then."""
    found = Sessions(net)
    net.network.announce(outages)
    log = SessionLog(found.rows.extend, found.pads.extend)
    found.running = RunningSessions(plans, net.network, seed, outages, log)
    net.agenda.run_to(until_s)
    found.running.close()
    net.network.close()
    return found


def network(links: dict[str, int] | None = None, **more: Any) -> HandMadeNetwork:
    """Nodes a, b and c in a row, with key for everything unless stated otherwise."""
    return new_network("abc", {"ab": PLENTY_BITS, "bc": PLENTY_BITS} if links is None else links, **more)
