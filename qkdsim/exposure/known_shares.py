"""What somebody knows of an object's shares who reads some nodes at some times, and some of the keys that carried them.

A share is known from a holder that is compromised while it holds it: from the operation that brought it until the next
refresh or recovery that replaced it is done. It is known from the line if any of the keys that carried it is. In a
refresh or a recovery every dealer blinds with a polynomial of its own, and what counts is their sum; nobody knows more
of the sum than of its least known part, which is what is reckoned with: too much rather than too little.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from qkdsim.exposure.object_story import Carried, Operation, StoredObject
from qkdsim.exposure.share_algebra import Polynomial, Row, gives_secret

Windows: TypeAlias = Mapping[str, Sequence[tuple[float, float]]]  # node -> from when until when it is compromised


@dataclass(frozen=True, slots=True)
class KnownShares:
    """Holders of whom a share is known, whether it is enough, and who had the object itself at a wrong time.

    Shares of different epochs count, blinded ones do not, so there may be more holders than it takes, or less.
    """

    holders: tuple[str, ...]
    is_enough: bool
    seen_at: str = ""


def known_shares(stored: StoredObject, requests: Container[int], windows: Windows) -> KnownShares:
    """What is known of an object.

    requests  indices of those whose keys are known
    windows   of compromised nodes
    """
    story = _Reading(stored, requests, windows)
    for operation in stored.operations:
        if operation.kind in ("store", "rebuild") and story.is_read(operation.node, operation):
            return KnownShares((), is_enough=True, seen_at=operation.node)
        story.read(operation)
    story.read_holders()
    holders = tuple(holder for holder in stored.holders if holder in story.holders)
    return KnownShares(holders, story.is_enough())


@dataclass(slots=True, eq=False)
class _Reading:
    """Goes through the operations once, in order, and gathers the rows known."""

    stored: StoredObject
    requests: Container[int]
    windows: Windows
    rows: set[Row] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)
    sharing: Polynomial = field(init=False)
    blocks: int = 0
    held: dict[str, tuple[Polynomial, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sharing = Polynomial(self.stored.threshold, with_secret=True)

    def read(self, operation: Operation) -> None:
        """One operation: what its messages give away, and who holds what after it."""
        known = [one for one in operation.carried if self._is_known(one, operation)]
        match operation.kind:
            case "store":
                self.sharing = Polynomial(self.stored.threshold, with_secret=True).plus(self._next())
                self._know(self.sharing, (one.receiver for one in known))
                self._hold(operation.used or self.stored.holders, operation)
            case "rebuild":
                self._know(self.sharing, (one.sender for one in known))
            case "refresh" if operation.is_done:
                block = self._next()
                change = Polynomial(self.stored.threshold).plus(block)
                self.rows |= {change.at(place) for place in self._dealt(operation.used, known, operation)}
                self.sharing = self.sharing.plus(block)
                self._hold(operation.used, operation)
            case "recover":
                lost = self.stored.place(operation.node)
                blinding = Polynomial(self.stored.threshold).plus(self._next(), lost)
                among = [one for one in known if one.receiver != operation.node]
                self.rows |= {blinding.at(place) for place in self._dealt(operation.used, among, operation)}
                blinded = Polynomial(self.stored.threshold, (*self.sharing.blocks, *blinding.blocks), with_secret=True)
                sent = [one.sender for one in known if one.receiver == operation.node]
                self.rows |= {blinded.at(self.stored.place(helper)) for helper in sent}
                if operation.is_done:
                    self._hold((operation.node,), operation)

    def read_holders(self) -> None:
        """The shares that nobody has replaced since."""
        for holder in list(self.held):
            self._look(holder, math.inf)

    def is_enough(self) -> bool:
        """Whether the object follows from what is known."""
        return len(self.rows) >= self.stored.threshold and gives_secret(self.rows)

    def is_read(self, node: str, operation: Operation) -> bool:
        """Whether a node is compromised while an operation goes on."""
        return self._overlaps(node, operation.started_s, operation.finished_s)

    def _next(self) -> int:
        self.blocks += 1
        return self.blocks

    def _know(self, sharing: Polynomial, holders: Iterable[str]) -> None:
        for holder in holders:
            self.rows.add(sharing.at(self.stored.place(holder)))
            self.holders.add(holder)

    def _hold(self, holders: Iterable[str], operation: Operation) -> None:
        for holder in holders:
            self._look(holder, operation.finished_s)
            self.held[holder] = self.sharing, operation.started_s

    def _look(self, holder: str, until_s: float) -> None:
        """Whoever reads a holder before its share is replaced knows that share."""
        if holder in self.held and self._overlaps(holder, self.held[holder][1], until_s):
            self._know(self.held[holder][0], [holder])

    def _is_known(self, one: Carried, operation: Operation) -> bool:
        ends = (one.sender, one.receiver)
        return one.request in self.requests or any(self.is_read(node, operation) for node in ends)

    def _dealt(self, dealers: Sequence[str], known: Sequence[Carried], operation: Operation) -> set[int]:
        """Places at which the least known of the dealers' polynomials is known."""
        everywhere = {self.stored.place(holder) for holder in self.stored.holders}
        least = everywhere
        for dealer in dealers:
            if not self.is_read(dealer, operation):
                mine = {one.receiver for one in known if one.sender == dealer and one.receiver in self.stored.holders}
                least = min(least, {self.stored.place(holder) for holder in mine}, key=len)
        return least

    def _overlaps(self, node: str, from_s: float, until_s: float) -> bool:
        return any(start <= until_s and end > from_s for start, end in self.windows.get(node, ()))
