"""Single clicks as the receiver registers them, and the stretch of pulses they come from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols.clicktable import DETECTORS

PATTERNS = 1 << DETECTORS


@dataclass(frozen=True, slots=True)
class Clicks:
    """Registered clicks in time order; the order of their arrays is the order of time.

    slot     int64, (n,)  number of the pulse, strictly increasing
    setting  int16, (n,)  flat index into the click table's (K, 2, 2, 2) settings, those of the pulse that was sent
    pattern  uint8, (n,)  which detectors fired: ONLY_0, ONLY_1 or BOTH; a double click is left as it is
    """

    slot: NDArray[np.int64] = field(repr=False)
    setting: NDArray[np.int16] = field(repr=False)
    pattern: NDArray[np.uint8] = field(repr=False)

    def __len__(self) -> int:
        """Number of clicks."""
        return len(self.slot)

    @property
    def cell(self) -> NDArray[np.int64]:
        """Flat index of setting and pattern, shape (n,): where each click stands in (K, 2, 2, 2, 4)."""
        return self.setting.astype(np.int64) * PATTERNS + self.pattern


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one stretch of pulses left.

    clicks    registered clicks
    end_slot  first slot not sampled yet
    sent      int64, (K, 2, 2, 2): pulses sent in the stretch by setting; sums to its number of slots
    counted   how many of the clicks count towards the target
    is_full   whether the stretch ended because the target was reached; its last click then is the one that reached it
    """

    clicks: Clicks
    end_slot: int
    sent: NDArray[np.int64]
    counted: int
    is_full: bool
