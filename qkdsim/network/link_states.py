"""The links of a network with their stores, and the state of all of them in arrays that a search can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.keystore import ACCOUNT_LENGTH, HELD, KeyStore
from qkdsim.network.costs import LinkFacts, RoutePolicy, SingleCost
from qkdsim.network.settings import Watermarks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_NEVER = 1 << 62
_FIRST_RATE_S = 1.0  # rates seen over less time than that are not known better


@dataclass(frozen=True, slots=True)
class NetworkLink:
    """A link as the network sees it: two nodes (by index), a length, a loss and a key store."""

    id: str
    ends: tuple[int, int]
    length_km: float | None
    store: KeyStore
    loss_db: float = 0.0
    watermarks: Watermarks = field(default_factory=Watermarks)


class LinkStates:
    """Level, usability and cost of every link, always as they are now.

    A link's cost is worked out anew when its level crosses a watermark, and at regular updates, when the key rates seen
    so far are taken note of. A policy that comes with a function for a single link is asked for that link only.
    """

    def __init__(self, links: Sequence[NetworkLink], policy: RoutePolicy, single: SingleCost | None = None) -> None:
        """Read the stores as they are at the start."""
        self.accounts: IntArray = np.zeros((len(links), ACCOUNT_LENGTH), dtype=np.int64)
        self.epsilons: FloatArray = np.zeros(len(links))
        for number, link in enumerate(links):
            link.store.keep_in(self.accounts[number], self.epsilons[number : number + 1])
        self.held_bits: IntArray = self.accounts[:, HELD].copy()
        self.usable: BoolArray = np.ones(len(links), dtype=np.bool_)
        self.falls_below: IntArray = np.zeros(len(links), dtype=np.int64)
        self._rises_to: IntArray = np.full(len(links), _NEVER, dtype=np.int64)
        self._links = links
        self._policy = policy
        self._single = single
        self._made_bits = np.zeros(len(links))
        self._rate_bps: FloatArray = np.zeros(len(links))
        self._loss_db = np.array([link.loss_db for link in links], dtype=np.float64)
        self._low_bits = np.array([link.watermarks.low_bits for link in links], dtype=np.int64)
        self._high_bits = np.array([link.watermarks.high_bits for link in links], dtype=np.int64)
        self._costs: FloatArray = np.ones(len(links))
        self._stale = True
        for number in range(len(links)):
            self._place(number)

    @property
    def costs(self) -> FloatArray:
        """The cost of every link, shape (links,); it changes as the links do."""
        if self._stale:
            self._stale = False
            self._costs = self._policy(
                LinkFacts(
                    held_bits=self.held_bits,
                    low_bits=self._low_bits,
                    high_bits=self._high_bits,
                    rate_bps=self._rate_bps,
                    loss_db=self._loss_db,
                    usable=self.usable,
                )
            )
        return self._costs

    def level_is(self, link: int, held_bits: int) -> bool:
        """The store of a link holds so much now; whether a watermark was crossed."""
        self.held_bits[link] = held_bits
        if self.falls_below.item(link) <= held_bits < self._rises_to.item(link):
            return False
        self._place(link)
        if self._single is None:
            self._stale = True
        elif not self._stale:
            high_bits = self._links[link].watermarks.high_bits
            self._costs[link] = self._single(held_bits, high_bits, float(self._rate_bps[link]))
        return True

    def key_made(self, link: int, bits: int) -> None:
        """A block has brought key: this is what a link's key rate is known from."""
        self._made_bits[link] += bits

    def reprice(self, now_s: float) -> None:
        """Take note of the key rates so far; costs are worked out anew when they are next asked for."""
        self._rate_bps = self._made_bits / max(now_s, _FIRST_RATE_S)
        self._stale = True

    def _place(self, link: int) -> None:
        """Between which watermarks the level lies."""
        held, marks = int(self.held_bits[link]), self._links[link].watermarks
        if held >= marks.high_bits:
            self.falls_below[link], self._rises_to[link] = marks.high_bits, _NEVER
        elif held >= marks.low_bits:
            self.falls_below[link], self._rises_to[link] = marks.low_bits, marks.high_bits
        else:
            self.falls_below[link], self._rises_to[link] = -1, marks.low_bits
