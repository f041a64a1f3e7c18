"""Finished key waits while the two ends of a link are cut off from each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from qkdsim.links.block import KeyBlocks
from qkdsim.links.timeline import Disruption


def waiting_for_the_other_end(batches: Iterable[KeyBlocks], disruptions: Sequence[Disruption]) -> Iterator[KeyBlocks]:
    """The same blocks; what would be available while the ends are cut off from each other is so right afterwards."""
    spans = _merged(sorted((one.start_s, one.end_s) for one in disruptions if one.kind == "classical-cut"))
    if not spans:
        yield from batches
        return
    starts_s, ends_s = np.array(spans).T
    for batch in batches:
        at_s = batch.available_s
        last = np.searchsorted(starts_s, at_s, side="right") - 1  # the last span that has begun; -1 before the first
        until_s = np.where(last >= 0, ends_s[last], -np.inf)
        yield replace(batch, available_s=np.maximum(at_s, until_s))


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans, sorted by start, with those that touch joined."""
    joined: list[tuple[float, float]] = []
    for start_s, end_s in spans:
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end_s, joined[-1][1]))
        else:
            joined.append((start_s, end_s))
    return joined
