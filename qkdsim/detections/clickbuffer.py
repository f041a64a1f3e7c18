"""Room for clicks of which nobody knows yet how many there will be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections.clicks import Clicks


class ClickBuffer:
    """Arrays of clicks that grow as they fill up, from room for the `expected` clicks to room for `most`."""

    def __init__(self, most: int, expected: int) -> None:
        """Start empty."""
        self._most, self._count = most, 0
        self._clicks = _unfilled(min(expected, most))

    def __len__(self) -> int:
        """Clicks in the buffer."""
        return self._count

    def make_room(self, clicks: int) -> None:
        """Make sure that so many more fit, as far as `most` allows; a buffer that has to grow doubles."""
        if self._count + clicks <= len(self._clicks):
            return
        count, old = self._count, self._clicks
        grown = _unfilled(min(max(count + clicks, 2 * len(old)), self._most))
        grown.slot[:count], grown.setting[:count], grown.pattern[:count] = (
            old.slot[:count],
            old.setting[:count],
            old.pattern[:count],
        )
        self._clicks = grown

    def free(self) -> tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.uint8]]:
        """Slots, settings and patterns that are not filled yet, to be filled from their start."""
        return (
            self._clicks.slot[self._count :],
            self._clicks.setting[self._count :],
            self._clicks.pattern[self._count :],
        )

    def advance(self, clicks: int) -> None:
        """Take note that so many have been filled."""
        self._count += clicks

    def clicks(self) -> Clicks:
        """What has been filled."""
        count, every = self._count, self._clicks
        return Clicks(every.slot[:count], every.setting[:count], every.pattern[:count])


def _unfilled(size: int) -> Clicks:
    return Clicks(np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int16), np.empty(size, dtype=np.uint8))
