"""The measures of service for groups of streams: all of them, those of a class, those of a pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from qkdsim.measures.delays import DelayCounts, by_group
from qkdsim.measures.outages import Downtime, Floats, added
from qkdsim.measures.restorations import Restoration
from qkdsim.measures.streams import Integers
from qkdsim.measures.tally import Tally


def service(
    found: Tally,
    groups: Integers,
    count: int,
    duration_s: float,
    down: Downtime,
    until_s: Floats,
    restored: Iterable[Restoration],
) -> dict[str, Floats]:
    """Every measure of `count` groups of streams; NaN where a group has none."""
    sums = {name: added(values, groups, count) for name, values in found.sums.items()}
    requests, served = sums["requests"], sums["served"]
    has_asked = found.sums["requests"] > 0
    asked_s = added(np.where(has_asked, until_s - found.first_s, 0.0), groups, count)
    starved_s = np.zeros(count)
    np.maximum.at(starved_s, groups, down.longest_s)
    values = {name: sums[name] for name in ("requests", "served", "blocked", "lost", "requested_bits")}
    values |= {name: sums[name] for name in ("delivered_bits", "consumed_bits")}
    values |= {
        "served_ratio": _ratio(served, requests),
        "blocking_ratio": _ratio(sums["blocked"], requests),
        "loss_ratio": _ratio(sums["blocked"] + sums["lost"], requests),
        "error_ratio": _ratio(sums["errored"], served + sums["errored"]),
        "offered_bps": sums["requested_bits"] / duration_s,
        "throughput_bps": sums["delivered_bits"] / duration_s,
        "delay_mean_s": _ratio(sums["delay_s"], served),
        "availability": _ratio(asked_s - added(down.down_s, groups, count), asked_s),
        "outages": added(down.outages, groups, count),
        "starvation_s": starved_s,
        "consumed_per_delivered": _ratio(sums["consumed_bits"], sums["delivered_bits"]),
        "mean_hops": _ratio(sums["hops"], sums["paths"]),
        "mean_paths": _ratio(sums["paths"], served),
    }
    values |= _delays(by_group(found.bins, groups, count)) | _restored(restored, groups, count)
    return {name: np.where((requests > 0) | (name == "requests"), one, np.nan) for name, one in values.items()}


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0.0, part / np.where(whole > 0.0, whole, 1.0), np.nan)


def _delays(groups: Sequence[DelayCounts]) -> dict[str, Floats]:
    def percentile_s(share: float) -> Floats:
        return np.array([group.percentile_s(share) for group in groups])

    median_s, p99_s = percentile_s(0.5), percentile_s(0.99)
    return {
        "delay_p50_s": median_s,
        "delay_p95_s": percentile_s(0.95),
        "delay_p99_s": p99_s,
        "delay_max_s": np.array([group.greatest_s for group in groups]),
        "delay_variation_s": p99_s - median_s,
        "delay_range_s": percentile_s(0.999) - np.array([group.least_s for group in groups]),
    }


def _restored(rows: Iterable[Restoration], groups: Integers, count: int) -> dict[str, Floats]:
    """Restorations of outages; faults that no request felt say nothing."""
    times_s: list[list[float]] = [[] for _ in range(count)]
    unrestored = np.zeros(count)
    for row in rows:
        if row.restoration_s is not None:
            times_s[groups[row.stream]].append(row.restoration_s)
        unrestored[groups[row.stream]] += row.is_unrestored
    return {
        "restoration_mean_s": np.array([sum(times) / len(times) if times else np.nan for times in times_s]),
        "restoration_max_s": np.array([max(times, default=np.nan) for times in times_s]),
        "unrestored": unrestored,
    }
