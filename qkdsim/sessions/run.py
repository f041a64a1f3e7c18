"""Sessions of all plans on one network."""

from __future__ import annotations

from collections.abc import Sequence

from qkdsim import rng
from qkdsim.network import KeyNetwork, Turn
from qkdsim.network.outage import Outage
from qkdsim.sessions.carrier import Carrier
from qkdsim.sessions.identities import Identities
from qkdsim.sessions.pair import RunningPair
from qkdsim.sessions.plan import SessionPlan
from qkdsim.sessions.records import SessionLog, SessionTotals


class RunningSessions:
    """All sessions of a run under way."""

    def __init__(
        self,
        plans: Sequence[SessionPlan],
        network: KeyNetwork,
        seed: int,
        outages: Sequence[Outage],
        log: SessionLog,
    ) -> None:
        """Announce everything; `outages` are those that the network was told of before."""
        self._log = log
        self._network = network
        self._pairs: list[RunningPair] = []
        self._at_node: dict[str, list[RunningPair]] = {}
        identities = Identities(seed)
        for plan in plans:
            log.totals[plan.id] = SessionTotals()
            carrier = Carrier(network, rng.stream(seed, "session messages", plan.id))
            for pair in plan.pairs:
                running = RunningPair(plan, pair, network, carrier, identities, log, seed)
                self._pairs.append(running)
                for node in (pair.initiator, pair.responder):
                    self._at_node.setdefault(node, []).append(running)
        for outage in outages:
            if outage.kind == "node" and outage.target in self._at_node:
                network.agenda.at(outage.start_s, Turn.OUTAGE, self._node_lost, outage.target)
                network.agenda.at(outage.end_s, Turn.REPAIR, self._node_back, outage.target)

    @property
    def handshakes(self) -> int:
        """Handshakes begun so far."""
        return self._log.begun

    @property
    def totals(self) -> dict[str, SessionTotals]:
        """Figures of each plan by its id; complete after `close`."""
        return self._log.totals

    def close(self) -> None:
        """The end of the run: traffic ends, and all rows are handed on."""
        for pair in self._pairs:
            pair.stop()
        self._log.close()

    def _node_lost(self, node: str) -> None:
        for pair in self._at_node[node]:
            pair.node_lost(node)

    def _node_back(self, node: str) -> None:
        if self._network.is_up(self._network.node(node)):
            for pair in self._at_node[node]:
                pair.node_back(node)
