"""Key that grows too old leaves its store."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from qkdsim.keystore import KeyStore
from qkdsim.network.agenda import Agenda, Turn


class KeyAge:
    """Expiry of key after a lifetime: one alarm per store that holds key, for the oldest of it or earlier."""

    def __init__(
        self, agenda: Agenda, stores: Sequence[KeyStore], lifetime_s: float, changed: Callable[[int], None]
    ) -> None:
        """`changed(link)` hears of stores that may have lost key."""
        self._agenda = agenda
        self._stores = stores
        self._lifetime_s = lifetime_s
        self._changed = changed
        self._set: set[int] = set()
        for link in range(len(stores)):
            self.watch(link)

    def watch(self, link: int) -> None:
        """See to it that the key in a store leaves in time."""
        oldest_s = self._stores[link].oldest_s
        if oldest_s is not None and link not in self._set:
            self._set.add(link)
            self._agenda.at(oldest_s + self._lifetime_s, Turn.AGE, self._ring, link)

    def _ring(self, link: int) -> None:
        self._set.remove(link)
        store, now_s = self._stores[link], self._agenda.now_s
        # the sum that the alarm was set for: the difference of two times would be rounded otherwise
        while (oldest_s := store.oldest_s) is not None and oldest_s + self._lifetime_s <= now_s:
            store.expire(math.nextafter(oldest_s, math.inf))
        self._changed(link)
        self.watch(link)
