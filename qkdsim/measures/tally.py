"""One reading of the table of requests: what every stream adds up to."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qkdsim.measures import delays, relaying
from qkdsim.measures.outages import Downtime, Flags, Floats, Outages, Turns, added, joined, settled, turns
from qkdsim.measures.restorations import Fault, begun_in, touched_by
from qkdsim.measures.streams import Integers, Streams, chunks, in_order

if TYPE_CHECKING:
    import polars as pl

_READ = (
    *("class", "from", "to", "index", "arrival_s", "bits", "outcome"),
    *("delay_s", "paths", "hops", "path", "consumed_bits"),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What requests add up to.

    sums       over streams: requests, served, blocked, lost, requested_bits, delivered_bits, delay_s, hops, paths,
               consumed_bits, and errored (requests not served because the two ends did not hold the same key)
    first_s    first arrival of each stream, `last_s` the last one; 0 without any
    bins       response delays, as `qkdsim.measures.delays` has them
    last       where each stream began or ceased to be served for the last time
    downtime   what the outages before that add up to
    in_faults  those of them that began while a fault lasted, by time, in parts
    touched    each fault with each stream that it touches
    relayed    what nodes pass on, as `qkdsim.measures.relaying` has it
    """

    sums: dict[str, Floats]
    first_s: Floats
    last_s: Floats
    bins: pl.DataFrame
    last: Turns
    downtime: Downtime
    in_faults: tuple[Outages, ...]
    touched: tuple[tuple[Fault, int], ...]
    relayed: pl.DataFrame


def tally(requests: pl.LazyFrame, streams: Streams, faults: Sequence[Fault], mismatched: Integers) -> Tally:
    """Read the requests, some at a time; `faults` by start, `mismatched` the requests whose ends parted, by index."""
    count = len(streams)
    first_s, last_s = np.full(count, np.inf), np.full(count, -np.inf)
    nothing = requests.clear().select(_READ).collect()
    stream = streams.numbered(nothing)
    sums = _sums(nothing, stream, mismatched, count)
    bins, relayed = _bins(nothing, stream), relaying.relayed(nothing)
    last, downtime, in_faults = joined([]), Downtime.none(count), list[Outages]()
    touched: list[tuple[Fault, int]] = []
    waiting, last_path = deque(faults), np.full(count, "", dtype=object)
    for chunk in chunks(in_order(requests), _READ):
        stream, arrival_s, is_served = streams.numbered(chunk), chunk["arrival_s"].to_numpy(), _is_served(chunk)
        served = chunk.filter(is_served)
        for name, values in _sums(chunk, stream, mismatched, count).items():
            sums[name] += values
        np.minimum.at(first_s, stream, arrival_s)
        np.maximum.at(last_s, stream, arrival_s)
        bins = delays.merged([bins, _bins(served, stream[is_served])])
        relayed = relaying.joined([relayed, relaying.relayed(served)])
        over, last = settled(joined([last, turns(stream, arrival_s, is_served)]))
        downtime = downtime.with_more(over)
        in_faults.append(over.chosen(begun_in(faults, over.start_s)))
        touched += touched_by(waiting, last_path, served, stream[is_served], float(arrival_s[-1]))
    touched += touched_by(waiting, last_path, nothing, np.empty(0, dtype=np.int64), np.inf)
    has_asked = sums["requests"] > 0
    first_s, last_s = np.where(has_asked, first_s, 0.0), np.where(has_asked, last_s, 0.0)
    return Tally(sums, first_s, last_s, bins, last, downtime, tuple(in_faults), tuple(touched), relayed)


def _is_served(chunk: pl.DataFrame) -> Flags:
    return (chunk["outcome"] == "served").to_numpy()


def _bins(served: pl.DataFrame, stream: Integers) -> pl.DataFrame:
    return delays.binned(stream, served["delay_s"].to_numpy())


def _sums(chunk: pl.DataFrame, stream: Integers, mismatched: Integers, count: int) -> dict[str, Floats]:
    """Sums over the requests of each stream."""
    outcome, bits, is_served = chunk["outcome"], chunk["bits"].to_numpy(), _is_served(chunk)
    terms: dict[str, NDArray[Any]] = {
        "requests": np.ones(len(stream)),
        "served": is_served,
        "blocked": (outcome == "blocked").to_numpy(),
        "lost": (outcome == "lost").to_numpy(),
        "requested_bits": bits,
        "delivered_bits": bits * is_served,
        "delay_s": chunk["delay_s"].fill_null(0.0).to_numpy(),
        "hops": chunk["hops"].to_numpy(),
        "paths": chunk["paths"].to_numpy(),
        "consumed_bits": chunk["consumed_bits"].to_numpy(),
        "errored": ~is_served & np.isin(chunk["index"].to_numpy(), mismatched),
    }
    return {name: added(values, stream, count) for name, values in terms.items()}
