"""A click-by-click simulator of detectors with dead time and afterpulses: the oracle for `detections.memory`.

It draws every pulse that could click (gaps between them are geometric, which is exact), walks through them in time
order and asks each detector whether it is alive. It shares no formula with the code under test.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

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
    quiet = joint[:, 0] / joint[:, 0].sum()
    settings_of_quiet_pulses = _endless(lambda: generator.choice(len(quiet), size=4096, p=quiet).tolist())
    coins = _endless(lambda: generator.random(8192).tolist())
    delays = _endless(lambda: generator.geometric(1.0 / max(detectors.delay_gates, 1.0), size=1024).tolist())
    dead = list(detectors.blocked_gates)
    if detectors.rule == "blank-all":
        dead = [max(dead)] * 2
    live_from = [0, 0]
    queue: list[tuple[int, int]] = []  # afterpulses to come: gate, detector
    clicks: list[tuple[int, int]] = []
    candidates = deque(zip(*(array.tolist() for array in _candidates(joint, gates, generator)), strict=True))
    while True:
        gate = min(candidates[0][0] if candidates else gates, queue[0][0] if queue else gates)
        if gate >= gates:
            break
        if candidates and candidates[0][0] == gate:
            setting, mask = divmod(candidates.popleft()[1], 4)
        else:
            setting, mask = next(settings_of_quiet_pulses), 0
        while queue and queue[0][0] == gate:
            mask |= 1 << heapq.heappop(queue)[1]
        all_live = gate >= max(live_from)
        fired = [j for j in (0, 1) if mask >> j & 1 and gate >= live_from[j]]
        for j in fired:
            live_from[j] = gate + dead[j] + 1
            if next(coins) < detectors.afterpulse_probability[j]:
                heapq.heappush(queue, (gate + dead[j] + next(delays), j))
        if fired and detectors.rule == "blank-all":
            live_from = [gate + dead[0] + 1] * 2
        if fired and (all_live or detectors.rule != "accept-all-live"):
            clicks.append((gate, 4 * setting + sum(1 << j for j in fired)))
    found = np.array(clicks, dtype=np.int64).reshape(-1, 2)
    return Clicks(found[:, 0], found[:, 1])


def _endless(draw: Callable[[], list[Any]]) -> Iterator[Any]:
    """Single values out of draws made many at a time."""
    while True:
        yield from draw()


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
