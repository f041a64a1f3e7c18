"""What faults did to the pairs they touched, from result tables. No pictures here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qkdsim.plots.binning import FloatArray, Table
from qkdsim.plots.facts import FaultSpan

_BINS = (8, 60)
_REQUESTS_PER_BIN = 4


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """A fault and the service of the pairs it touched; a pair counts once for every class in which it asks.

    streams      class and nodes of these pairs, the node first in the alphabet first
    interrupted  how many of them were not served for a time
    restored_s   when those that came back did, in order
    """

    fault: FaultSpan
    streams: tuple[tuple[str, str, str], ...]
    interrupted: int
    restored_s: tuple[float, ...]

    @property
    def unrestored(self) -> int:
        """How many pairs were not served again."""
        return self.interrupted - len(self.restored_s)

    def window_s(self, duration_s: float) -> tuple[float, float]:
        """The stretch of the run to look at: until the fault is over and service back, and a third as much around."""
        fault = self.fault
        until = min(max(fault.end_s, fault.live_again_s, *self.restored_s, fault.start_s), duration_s)
        around = 0.35 * max(until - fault.start_s, 1e-3 * duration_s)
        return max(0.0, fault.start_s - around), min(duration_s, until + around)


def fault_effects(restorations: Table, faults: Sequence[FaultSpan]) -> list[FaultEffect]:
    """Every fault of the `restorations` table, those first that interrupted the service of most pairs.

    What links suffer as part of a lost node is left out: the node is in the table, too. Faults of one kind at the same
    time that did the same to the same pairs, as the cuts around an island do, are one.
    """
    rows = restorations.lazy().sort("start_s", "kind", "on", "target", "class", "from", "to").collect()
    spans = {(one.kind, one.on, one.target, one.start_s): one for one in faults}
    effects = []
    for (kind, on, target, start_s), part in rows.group_by("kind", "on", "target", "start_s", maintain_order=True):
        key = (str(kind), str(on), str(target), float(str(start_s)))
        span = spans.get(key) or FaultSpan(key[0], key[2], key[3], key[3], key[3], key[1])
        if span.is_of_node:
            continue
        streams = tuple(part.select("class", "from", "to").iter_rows())
        restored = tuple(sorted(part["restored_s"].drop_nulls().to_list()))
        effects.append(FaultEffect(span, streams, int((part["outages"] > 0).sum()), restored))
    return sorted(_together(effects), key=lambda one: (-one.interrupted, one.fault.start_s))


def _together(effects: Sequence[FaultEffect]) -> list[FaultEffect]:
    """Effects that differ by the target alone as one, named after the first and how many more."""
    alike: dict[FaultEffect, list[str]] = {}
    for one in effects:
        alike.setdefault(replace(one, fault=replace(one.fault, target="")), []).append(one.fault.target)
    joined = []
    for one, (first, *more) in alike.items():
        target = f"{first} and {len(more)} more" if more else first
        joined.append(replace(one, fault=replace(one.fault, target=target)))
    return joined


def served_around(requests: Table, effect: FaultEffect, window_s: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Edges of time bins, and the share of the requests of the touched pairs that was served; NaN without any."""
    import polars as pl

    first, last = window_s
    one, other = pl.col("from"), pl.col("to")
    low, high = pl.when(one <= other).then(one).otherwise(other), pl.when(one <= other).then(other).otherwise(one)
    streams = pl.DataFrame(effect.streams, schema=["class", "low", "high"], orient="row")
    found = (
        requests.lazy()
        .filter(pl.col("arrival_s").is_between(first, last))
        .select("class", "arrival_s", low.alias("low"), high.alias("high"), (pl.col("outcome") == "served"))
        .join(streams.lazy(), on=["class", "low", "high"], how="semi")
        .select("arrival_s", "outcome")
        .collect()
    )
    bins = int(np.clip(found.height // _REQUESTS_PER_BIN, *_BINS))
    edges = np.linspace(first, last, bins + 1)
    arrival, served = found["arrival_s"].to_numpy(), found["outcome"].to_numpy()
    asked = np.histogram(arrival, edges)[0]
    return edges, np.where(asked > 0, np.histogram(arrival[served], edges)[0] / np.maximum(asked, 1), np.nan)
