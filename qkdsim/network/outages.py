"""Outages while a network runs: what goes down, what comes back, and which routes that hits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.classical import ClassicalNetwork
from qkdsim.network.incidents import Incident
from qkdsim.network.link_states import LinkStates, NetworkLink
from qkdsim.network.outage import Outage
from qkdsim.network.route import Route

Hit: TypeAlias = tuple[int, int | None]  # link, and node if it was one that failed


class Outages:
    """Keeps account of what is down; outages of one target may overlap.

    A link can be used as long as its two nodes are up and can reach each other over the classical network.
    """

    def __init__(
        self,
        agenda: Agenda,
        nodes: Mapping[str, int],
        links: Sequence[NetworkLink],
        states: LinkStates,
        classical: ClassicalNetwork,
        *,
        controller: Callable[[bool], None],
        changed: Callable[[Sequence[int]], None],
        incident: Callable[[Incident], None],
    ) -> None:
        """`controller(up)` hears of the controller, `changed(links)` of links whose usability or store has changed."""
        self.count = 0
        self._agenda = agenda
        self._nodes = nodes
        self._links = links
        self._states = states
        self._classical = classical
        self._controller = controller
        self._changed = changed
        self._incident = incident
        self._down: Counter[tuple[str, str]] = Counter()
        self._last_failure: dict[int, int] = {}  # node: number of the outage
        self._nodes_down: set[int] = set()
        self._links_at: list[list[int]] = [[] for _ in nodes]
        for number, link in enumerate(links):
            for end in link.ends:
                self._links_at[end].append(number)

    def announce(self, outages: Sequence[Outage]) -> None:
        """Put outages on the agenda."""
        for one in outages:
            self._agenda.at(one.start_s, Turn.OUTAGE, self._begins, one)
            self._agenda.at(one.end_s, Turn.REPAIR, self._ends, one)

    def hit(self, route: Route, since: int) -> Hit | None:
        """Where something on a route has gone down after the outage of number `since`: the first link, and the node if
        it was one; None if nothing has.
        """
        if self.count == since:
            return None
        for hop, link in enumerate(route.links):
            for node in route.nodes[hop : hop + 2]:
                if self._last_failure.get(node, 0) > since:
                    return link, node
            if not self._states.usable[link]:
                return link, None
        return None

    def is_up(self, node: int) -> bool:
        """Whether a node works."""
        return node not in self._nodes_down

    def _begins(self, outage: Outage) -> None:
        self.count += 1
        key = (outage.kind, outage.target)
        self._down[key] += 1
        touched: list[int] = []
        if outage.kind == "node" and outage.key_lost:
            touched = self._destroy(self._nodes[outage.target])
        if self._down[key] == 1:
            self._set(outage, up=False)
            touched += self._refresh()
        self._changed(sorted(set(touched)))

    def _ends(self, outage: Outage) -> None:
        key = (outage.kind, outage.target)
        self._down[key] -= 1
        if not self._down[key]:
            self._set(outage, up=True)
            self._changed(self._refresh())

    def _set(self, outage: Outage, *, up: bool) -> None:
        if outage.kind == "controller":
            self._controller(up)
        elif outage.kind == "classical-link":
            self._classical.set_link(outage.target, up=up)
        else:
            node = self._nodes[outage.target]
            if up:
                self._nodes_down.remove(node)
            else:
                self._nodes_down.add(node)
                self._last_failure[node] = self.count
            self._classical.set_node(node, up=up)

    def _refresh(self) -> list[int]:
        """See which links can be used now; those that have changed."""
        usable, changed = self._states.usable, []
        for number, link in enumerate(self._links):
            first, second = link.ends
            now = self.is_up(first) and self.is_up(second) and self._classical.path(first, second) is not None
            if bool(usable[number]) != now:
                usable[number] = now
                changed.append(number)
        return changed

    def _destroy(self, node: int) -> list[int]:
        """The node's key is gone, so the key at the other ends of its links is of no more use."""
        for number in self._links_at[node]:
            link = self._links[number]
            lost = link.store.destroy()
            self._states.level_is(number, 0)
            if lost:
                self._incident(Incident(self._agenda.now_s, "key-lost", number, node, None, lost))
        return list(self._links_at[node])
