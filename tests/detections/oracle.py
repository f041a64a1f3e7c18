"""A click-by-click simulator of detectors with dead time and afterpulses: the oracle for `detections.memory`.

It draws every pulse that could click (gaps between them are geometric, which is exact), walks through them in time
order and asks each detector whether it is alive. It shares no formula with the code under test.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols import ClickTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Detectors:
    """Two detectors: afterpulse probability (after the dead time), blocked gates, rule, mean delay of an afterpulse.

    The delay counts gates after the dead time and is geometric with mean `delay_gates` (the trap's lifetime).
    """

    afterpulse_probability: tuple[float, float]
    blocked_gates: tuple[int, int]
    rule: str
    delay_gates: float = 1.0


@dataclass(frozen=True, slots=True)
class Clicks:
    """Registered clicks in time order: gate (n,), flat index of setting and pattern (n,)."""

    gate: IntArray
    cell: IntArray


def simulate(table: ClickTable, detectors: Detectors, gates: int, seed: int) -> Clicks:
    """Registered clicks of `gates` pulses."""
    generator = np.random.default_rng(seed)
    joint = table.joint_probability.reshape(-1, 4)
    dead = detectors.blocked_gates
    if detectors.rule == "blank-all":
        dead = (max(dead), max(dead))
    gate, cell = _walk(
        *_candidates(joint, gates, generator),
        gates,
        np.cumsum(joint[:, 0]) / joint[:, 0].sum(),
        detectors.afterpulse_probability,
        dead,
        detectors.rule == "blank-all",
        detectors.rule == "accept-all-live",
        1.0 / max(detectors.delay_gates, 1.0),
        generator,
    )
    return Clicks(gate, cell)


@numba.njit(cache=True)
def _walk(
    at: IntArray,
    candidate: IntArray,
    gates: int,
    quiet: FloatArray,  # distribution of the setting of a pulse that no detector would see, summed up
    afterpulse_probability: tuple[float, float],
    dead: tuple[int, int],
    blank_all: bool,
    accept_all_live: bool,
    release: float,
    generator: np.random.Generator,
) -> tuple[IntArray, IntArray]:
    queue = [2 * gates]  # afterpulses to come, 2 * gate + detector; the last stands for the end
    live_from = np.zeros(2, dtype=np.int64)
    clicks, cells = [np.int64(0)], [np.int64(0)]  # the first tells the compiler the type
    place = 0
    while True:
        gate = queue[0] // 2
        if place < len(at) and at[place] < gate:
            gate = at[place]
        if gate >= gates:
            break
        if place < len(at) and at[place] == gate:
            setting, mask = candidate[place] // 4, candidate[place] % 4
            place += 1
        else:
            setting, mask = np.searchsorted(quiet, generator.random(), side="right"), 0
        while queue[0] // 2 == gate:
            mask |= 1 << (heapq.heappop(queue) % 2)
        all_live = gate >= max(live_from)
        pattern = 0
        for j in range(2):
            if mask >> j & 1 and gate >= live_from[j]:
                pattern |= 1 << j
                if generator.random() < afterpulse_probability[j]:
                    heapq.heappush(queue, 2 * (gate + dead[j] + generator.geometric(release)) + j)
        for j in range(2):
            if pattern >> j & 1 or (pattern and blank_all):
                live_from[j] = gate + dead[j] + 1
        if pattern and (all_live or not accept_all_live):
            clicks.append(gate)
            cells.append(4 * setting + pattern)
    return np.array(clicks)[1:], np.array(cells)[1:]


def _candidates(joint: FloatArray, gates: int, generator: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Pulses in which light or noise makes a detector fire if it is alive: gates, and cells (setting, pattern)."""
    firing = joint.copy()
    firing[:, 0] = 0.0
    p = float(firing.sum())
    expected = gates * p
    size = int(expected + 8 * np.sqrt(expected + 1) + 16)
    at = np.cumsum(generator.geometric(p, size=size)) - 1
    if at[-1] < gates:
        raise AssertionError("drew too few candidates")
    at = at[at < gates]
    cells = generator.choice(firing.size, size=len(at), p=(firing / p).ravel())
    return at, cells


def fano_factor(clicks: Clicks, gates: int, windows: int, keep: NDArray[np.bool_] | None = None) -> float:
    """Variance over mean of the clicks (those kept) in `windows` equal windows."""
    gate = clicks.gate if keep is None else clicks.gate[keep]
    counts = np.bincount(gate * windows // gates, minlength=windows)
    return float(counts.var(ddof=1) / counts.mean())
