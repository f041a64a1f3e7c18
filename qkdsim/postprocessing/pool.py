"""Secret bits waiting to be spent, first in, first out."""

from __future__ import annotations

import numpy as np

from qkdsim.postprocessing.reconciler import Bits


class SecretPool:
    """Bits that one end holds for its tags; each is handed out once and forgotten."""

    def __init__(self, bits: Bits) -> None:
        """Start with the given bits."""
        self._bits = bits.copy()

    def __len__(self) -> int:
        return len(self._bits)

    def take(self, count: int) -> Bits:
        """The oldest `count` bits, which leave the pool.

        Raises ValueError if it holds fewer.
        """
        if not 0 <= count <= len(self._bits):
            raise ValueError(f"{count} bits asked of a pool that holds {len(self._bits)}")
        # a copy: a view would hand out the rest of the pool along with it
        taken, self._bits = self._bits[:count].copy(), self._bits[count:]
        return taken

    def add(self, bits: Bits) -> None:
        """Put fresh bits behind those that are there."""
        self._bits = np.concatenate([self._bits, bits])
