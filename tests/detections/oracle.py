"""A click-by-click simulator of detectors with dead time and afterpulses: the oracle for `detections.memory`.

It draws every pulse that could click (gaps between them are geometric, which is exact), walks through them in time
order and asks each detector whether it is alive. It shares no formula with the code under test.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

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
    settings = table.setting_probability.size
    joint = table.joint_probability.reshape(settings, 4)
    candidate_gates, candidate_cells = _candidates(joint, gates, generator)
    quiet = joint[:, 0] / joint[:, 0].sum()
    quiet_settings = iter(np.repeat(generator.choice(settings, size=4096, p=quiet), 1).tolist())

    d = list(detectors.blocked_gates)
    if detectors.rule == "blank-all":
        d = [max(d)] * 2
    p_ap, rule = detectors.afterpulse_probability, detectors.rule
    live_from = [0, 0]
    queue: list[tuple[int, int]] = []
    coins = iter(())
    out_gate: list[int] = []
    out_cell: list[int] = []
    position, count = 0, len(candidate_gates)
    gate_list, cell_list = candidate_gates.tolist(), candidate_cells.tolist()
    while position < count or queue:
        gate = gate_list[position] if position < count else gates
        if queue and queue[0][0] < gate:
            gate = queue[0][0]
        if gate >= gates:
            break
        if position < count and gate_list[position] == gate:
            setting, mask = divmod(cell_list[position], 4)
            position += 1
        else:
            setting, mask = next(quiet_settings, -1), 0
            if setting < 0:
                quiet_settings = iter(generator.choice(settings, size=4096, p=quiet).tolist())
                setting = next(quiet_settings)
        while queue and queue[0][0] == gate:
            mask |= 1 << heapq.heappop(queue)[1]
        all_live = gate >= live_from[0] and gate >= live_from[1]
        fired = [j for j in (0, 1) if mask >> j & 1 and gate >= live_from[j]]
        if not fired:
            continue
        for j in fired:
            live_from[j] = gate + d[j] + 1
            coin = next(coins, None)
            if coin is None:
                coins = iter(generator.random(8192).tolist())
                coin = next(coins)
            if coin < p_ap[j]:
                delay = int(generator.geometric(1.0 / max(detectors.delay_gates, 1.0)))
                heapq.heappush(queue, (gate + d[j] + delay, j))
        if rule == "blank-all":
            live_from = [gate + d[0] + 1] * 2
        if rule != "accept-all-live" or all_live:
            out_gate.append(gate)
            out_cell.append(4 * setting + sum(1 << j for j in fired))
    return Clicks(np.array(out_gate, dtype=np.int64), np.array(out_cell, dtype=np.int64))


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
