"""The light of a pass as slices of near-constant loss and noise, and what faults leave of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qkdsim.links.timeline import Slice

FloatArray = NDArray[np.float64]
NOISE_STEP = 1.1  # slices share their noise within this factor
LEAST_NOISE_HZ = 1e-30


@dataclass(frozen=True, slots=True)
class PassSlices:
    """The usable parts of a pass, cut where the loss has changed by a step; columns (slices,).

    Chosen from geometry alone, before anything is sent: never from errors or counts.
    faults  what faults do to the channel in each slice, as slices of a timeline; empty where there are none
    """

    start_s: FloatArray
    end_s: FloatArray
    loss_db: FloatArray
    noise_photon_rate_hz: FloatArray
    faults: tuple[Slice, ...] = ()

    def __len__(self) -> int:
        return len(self.start_s)

    @property
    def min_loss_db(self) -> float:
        """Least loss of the pass; infinite where no part is usable."""
        return float(self.loss_db.min()) if len(self) else math.inf

    @property
    def lit_s(self) -> float:
        """Seconds of light."""
        return float((self.end_s - self.start_s).sum())

    def after(self, time_s: float) -> PassSlices:
        """The slices that begin at a moment or later."""
        return self._take(np.flatnonzero(self.start_s >= time_s))

    def hit(self, timeline: Sequence[Slice]) -> PassSlices:
        """What faults leave: light is cut out where the timeline is dark, and disturbed where it says so."""
        pieces = [
            (row, max(float(self.start_s[row]), one.start_s), min(float(self.end_s[row]), one.end_s), one)
            for row in range(len(self))
            for one in timeline
            if one.state == "lit" and one.start_s < self.end_s[row] and self.start_s[row] < one.end_s
        ]
        kept = self._take(np.array([row for row, *_ in pieces], dtype=np.int64))
        start_s, end_s = (np.array([piece[place] for piece in pieces]) for place in (1, 2))
        return replace(kept, start_s=start_s, end_s=end_s, faults=tuple(one for *_, one in pieces))

    def _take(self, rows: NDArray[np.int64]) -> PassSlices:
        return PassSlices(
            self.start_s[rows],
            self.end_s[rows],
            self.loss_db[rows],
            self.noise_photon_rate_hz[rows],
            tuple(self.faults[row] for row in rows.tolist()) if self.faults else (),
        )


def sliced(edges_s: FloatArray, loss_db: FloatArray, noise_hz: FloatArray, slice_db: float) -> PassSlices:
    """Steps in time (steps + 1 edges) joined to slices of one level of loss and noise.

    The middle of its level stands for every loss in it, and slices of all passes share their operating points.
    """
    level = np.floor(loss_db / slice_db)
    shade = np.round(np.log(np.maximum(noise_hz, LEAST_NOISE_HZ)) / math.log(NOISE_STEP))
    first = np.flatnonzero(np.concatenate([[True], (np.diff(level) != 0.0) | (np.diff(shade) != 0.0)]))
    last = np.append(first[1:], len(level))
    return PassSlices(edges_s[first], edges_s[last], (level[first] + 0.5) * slice_db, NOISE_STEP ** shade[first])


def joined_slices(parts: Sequence[PassSlices]) -> PassSlices:
    """Slices one after the other; none of them hit by faults."""
    columns = [(part.start_s, part.end_s, part.loss_db, part.noise_photon_rate_hz) for part in parts]
    start_s, end_s, loss_db, noise_hz = np.hstack([np.empty((4, 0)), *(np.array(one) for one in columns)])
    return PassSlices(start_s, end_s, loss_db, noise_hz)
