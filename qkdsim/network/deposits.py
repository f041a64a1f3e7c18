"""Key blocks of a link enter its store, one event per block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np

from qkdsim.links.block import KeyBlocks
from qkdsim.network.agenda import Turn
from qkdsim.network.key_network import KeyNetwork


class Deposits:
    """Walks through the batches of one link as simulated time reaches them; blocks without key cause no
    event.
    """

    def __init__(
        self,
        network: KeyNetwork,
        link: int,
        batches: Iterator[KeyBlocks],
        on_batch: Callable[[int, KeyBlocks], None] | None = None,
    ) -> None:
        """Announce the first block; `on_batch(link, batch)` sees every batch when it is drawn."""
        self._network = network
        self._link = link
        self._on_batch = on_batch
        self._arrivals = chain.from_iterable(self._drawn(batches))
        self._announce_next()

    def drain(self) -> None:
        """Draw what is left after the end of the run, so that every block has been seen."""
        for _ in self._arrivals:
            pass

    def _drawn(self, batches: Iterator[KeyBlocks]) -> Iterator[Iterator[tuple[float, int, int, float]]]:
        """Per batch: (available_s, index, bits, epsilon) of the blocks that bring key."""
        first = 0
        for batch in batches:
            if self._on_batch is not None:
                self._on_batch(self._link, batch)
            bits = batch.stored_bits
            rows = np.flatnonzero(bits > 0)
            yield zip(
                batch.available_s[rows].tolist(),
                (rows + first).tolist(),
                bits[rows].tolist(),
                batch.epsilon[rows].tolist(),
                strict=True,
            )
            first += len(batch)

    def _announce_next(self) -> None:
        arrival = next(self._arrivals, None)
        if arrival is not None:
            self._network.agenda.at(arrival[0], Turn.KEY, self._arrive, arrival)

    def _arrive(self, arrival: tuple[float, int, int, float]) -> None:
        _, block, bits, epsilon = arrival
        self._network.deposit(self._link, block, bits, epsilon)
        self._announce_next()
