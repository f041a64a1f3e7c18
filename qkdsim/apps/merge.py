"""Many pairs that ask on their own, as one sequence of requests in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

import numpy as np

from qkdsim.apps.arrivals import Arrivals, FloatArray, IntArray

_BATCH = 65_536  # requests of a mean batch


def merged(
    streams: Sequence[Iterator[FloatArray]], start_s: float, requests_per_s: float, batch: int = _BATCH
) -> Iterator[Arrivals]:
    """The requests of all streams in order of time, then of pair, in batches of about `batch`; none is empty.

    Each stream gives ascending lots. No more of it is held than one lot, and what falls into the batch: memory does
    not grow with time. The order does not depend on `batch`.
    """
    # pairs that may have more to give, by the time up to which their lots have been fetched
    live = [(start_s, pair) for pair in range(len(streams))]
    heapify(live)
    window_s = batch / requests_per_s
    held = Arrivals(np.empty(0), np.empty(0, dtype=np.int64))
    number = 0
    while live or len(held.times_s):
        # whole windows from the start: idle ones are skipped, and rounding cannot make time stand still
        next_s = min(live[0][0] if live else np.inf, held.times_s.min(initial=np.inf))
        number = max(number + 1, int((next_s - start_s) / window_s) + 1)
        held = _fetched(streams, live, held, start_s + number * window_s)
        is_due = held.times_s < start_s + number * window_s
        due = Arrivals(held.times_s[is_due], held.pair[is_due])
        held = Arrivals(held.times_s[~is_due], held.pair[~is_due])
        if len(due.times_s):
            order = np.lexsort((due.pair, due.times_s))
            yield Arrivals(due.times_s[order], due.pair[order])


def _fetched(
    streams: Sequence[Iterator[FloatArray]], live: list[tuple[float, int]], held: Arrivals, until_s: float
) -> Arrivals:
    """What is held, and all lots of all streams that begin before `until_s`; streams that end leave `live`."""
    times_s: list[FloatArray] = [held.times_s]
    pairs: list[IntArray] = [held.pair]
    while live and live[0][0] < until_s:
        pair = heappop(live)[1]
        lot_s = next(streams[pair], None)
        if lot_s is not None:
            times_s.append(lot_s)
            pairs.append(np.full(len(lot_s), pair))
            heappush(live, (float(lot_s[-1]), pair))
    return Arrivals(np.concatenate(times_s), np.concatenate(pairs))
