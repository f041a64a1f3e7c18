"""Who knows what of the links: everybody at once, a controller now and then, or every node from announcements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from qkdsim.network.classical import ClassicalNetwork, ClassicalPath
from qkdsim.network.link_states import BoolArray, FloatArray, IntArray, LinkStates

Announced: TypeAlias = Callable[[int, bool], None]
_NEVER_S = 1e30  # as long as that takes an announcement to where there is no way


@dataclass(frozen=True, slots=True)
class Picture:
    """The links as somebody believes them to be."""

    costs: FloatArray
    held_bits: IntArray
    usable: BoolArray


class ControlPlane(Protocol):
    """Source of pictures for route decisions."""

    def seen_from(self, node: int, now_s: float) -> Picture:
        """What a decision for a request at a node is based on."""
        ...

    def changed(self, link: int, now_s: float) -> None:
        """A level has crossed a watermark, or a link has failed or come back."""
        ...

    def update(self, now_s: float) -> None:
        """The regular time of an update has come."""
        ...


class IdealControl:
    """Everybody knows everything at once."""

    def __init__(self, states: LinkStates) -> None:
        """Keep no copy: the states themselves are the picture."""
        self._states = states
        self._picture = Picture(states.costs, states.held_bits, states.usable)

    def seen_from(self, node: int, now_s: float) -> Picture:
        """The links as they are."""
        del node, now_s
        costs = self._states.costs
        if costs is not self._picture.costs:
            self._picture = Picture(costs, self._states.held_bits, self._states.usable)
        return self._picture

    def changed(self, link: int, now_s: float) -> None:
        """Nothing to tell anybody."""

    def update(self, now_s: float) -> None:
        """Key rates have moved on."""
        self._states.reprice(now_s)


class CentralControl:
    """A controller looks at the stores that it can reach at every update, and is asked for routes.

    A node that cannot reach it, and every node while it is out, goes by the last picture that had come to it.
    """

    def __init__(self, states: LinkStates, ends: IntArray, classical: ClassicalNetwork, node: int) -> None:
        """Look once, at the start; `ends` are the two nodes of each link, shape (links, 2), `node` the controller's."""
        self.is_up = True
        self.reports = 0
        self._states = states
        self._ends = ends
        self._classical = classical
        self._node = node
        self._picture = Picture(states.costs.copy(), states.held_bits.copy(), states.usable.copy())
        self._last = [self._picture] * classical.node_count
        self._version = -1
        self._in_reach: BoolArray = np.zeros(classical.node_count, dtype=np.bool_)

    def way_from(self, node: int) -> ClassicalPath | None:
        """How a node reaches the controller; None if it cannot, or gets no answer."""
        return self._classical.path(node, self._node) if self.is_up else None

    def seen_from(self, node: int, now_s: float) -> Picture:
        """The links as they were at the last update."""
        del now_s
        return self._last[node] if self.way_from(node) is None else self._picture

    def changed(self, link: int, now_s: float) -> None:
        """Nodes report at updates only."""

    def update(self, now_s: float) -> None:
        """Look again at what can be reached."""
        self._states.reprice(now_s)
        reached = self._reached()
        if not (self.is_up and reached.any()):
            return
        states, old, known = self._states, self._picture, reached[self._ends].any(axis=1)
        self._picture = Picture(
            np.where(known, states.costs, old.costs),
            np.where(known, states.held_bits, old.held_bits),
            np.where(known, states.usable, old.usable),
        )
        for node in np.flatnonzero(reached).tolist():
            self._last[node] = self._picture
        self.reports += int(reached.sum())

    def _reached(self) -> BoolArray:
        """The nodes that are not cut off from the controller, asked for anew when the classical network has changed."""
        if self._version != self._classical.version:
            self._version = self._classical.version
            ways = [self._classical.path(node, self._node) for node in range(len(self._last))]
            self._in_reach = np.array([way is not None for way in ways])
        return self._in_reach


class LinkStateControl:
    """Every node hears announcements, later the more hops it is away from the link.

    A link announces itself when its level crosses a watermark or when it fails or comes back, but at the earliest
    `hold_s` after its last announcement; what happens in between is announced then. `hold_s` is at least the time that
    an announcement takes through the whole network, so that never more than one per link is on its way and two
    states of each link are all that has to be remembered.
    """

    def __init__(
        self, states: LinkStates, hops: IntArray, flooding_delay_s: float, hold_s: float, announced: Announced
    ) -> None:
        """Take `hops` from every node (rows) to the nearer end of every link (columns); -1 where there is no way.

        `announced(link, opened)` hears of announcements when they are made, and whether the link has come back.
        """
        self.announcements = 0
        self._announced = announced
        self._states = states
        self._delay_s: FloatArray = np.where(hops < 0, _NEVER_S, hops * flooding_delay_s)
        longest_s = float(self._delay_s[hops >= 0].max(initial=0.0))
        self.hold_s = max(hold_s, longest_s)
        links = len(states.held_bits)
        self._announced_s = np.full(links, -np.inf)
        self._pending: set[int] = set()
        self._new = Picture(states.costs.copy(), states.held_bits.copy(), states.usable.copy())
        self._old = Picture(self._new.costs.copy(), self._new.held_bits.copy(), self._new.usable.copy())

    def heard_s(self, node: int, link: int) -> float | None:
        """When the last announcement of a link is at a node; None if it never is."""
        delay_s = self._delay_s.item(node, link)
        return None if delay_s >= _NEVER_S else self._announced_s.item(link) + delay_s

    def seen_from(self, node: int, now_s: float) -> Picture:
        """The links by the announcements that have come to a node."""
        heard = self._announced_s + self._delay_s[node] <= now_s
        new, old = self._new, self._old
        return Picture(
            np.where(heard, new.costs, old.costs),
            np.where(heard, new.held_bits, old.held_bits),
            np.where(heard, new.usable, old.usable),
        )

    def changed(self, link: int, now_s: float) -> None:
        """Announce the link, now or when it may."""
        if now_s < self._announced_s[link] + self.hold_s:
            self._pending.add(link)
        else:
            self._announce(link, now_s)

    def update(self, now_s: float) -> None:
        """Announce what was held back."""
        self._states.reprice(now_s)
        due = sorted(link for link in self._pending if now_s >= self._announced_s[link] + self.hold_s)
        self._pending.difference_update(due)
        for link in due:
            self._announce(link, now_s)

    def _announce(self, link: int, now_s: float) -> None:
        states, new, old = self._states, self._new, self._old
        opened = states.usable.item(link) and not new.usable.item(link)
        self.announcements += 1
        self._announced_s[link] = now_s
        for before, after, live in (
            (old.costs, new.costs, states.costs),
            (old.held_bits, new.held_bits, states.held_bits),
            (old.usable, new.usable, states.usable),
        ):
            before[link], after[link] = after[link], live[link]
        self._announced(link, opened)
