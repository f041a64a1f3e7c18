"""Store levels on a fixed grid."""

from __future__ import annotations

import math
from collections.abc import Callable

from qkdsim.network.agenda import Turn
from qkdsim.network.key_network import KeyNetwork
from qkdsim.network.link_states import IntArray


class LevelReader:
    """Reads all stores at time 0, at every multiple of the grid, and at the end of the run: one event per
    reading.
    """

    def __init__(
        self,
        network: KeyNetwork,
        grid_s: float,
        duration_s: float,
        on_levels: Callable[[float, IntArray], None],
    ) -> None:
        """Announce the first reading; `on_levels(time_s, held bits per link)` gets each."""
        self._network = network
        self._grid_s = grid_s
        self._duration_s = duration_s
        # a last step shorter than a billionth of the grid is rounding, not a reading of its own
        self._steps = max(1, math.ceil(duration_s / grid_s - 1e-9))
        self._on_levels = on_levels
        network.agenda.at(0.0, Turn.LEVELS, self._read, 0)

    def _read(self, step: int) -> None:
        self._on_levels(self._time_s(step), self._network.held_bits)
        if step < self._steps:
            self._network.agenda.at(self._time_s(step + 1), Turn.LEVELS, self._read, step + 1)

    def _time_s(self, step: int) -> float:
        return self._duration_s if step == self._steps else step * self._grid_s
