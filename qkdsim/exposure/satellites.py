"""Which uses of a satellite link took key that somebody knows who held a satellite, or a station, before it was there.

Key of a satellite link is announced: the satellite knows it since the light of the passes that it came from, and erases
it with the announcement. So for a satellite compromised from a to b, an announcement is

    made before a                               safe: the key was erased
    made from a on, of light from before b      known, also if the satellite was cleaned before it announced

and for a station at either end, which has its own copy of the key on board, one made after b of light from before b is
known as well.

The store of a link is first in, first out, so the announcements that a use takes follow from its place in the stream of
all key deposited. Tables do not state that place, they bound it: at each reading of the store what has left it is all
that was deposited less the level; in between, what the uses in sight took. Key destroyed may never have entered the
store (it was full), or have left it: both are allowed for. Uses within a second are taken in either order, as
their hops say when key was used, not when it was set aside. So a use may be told to take a neighbouring announcement,
too, and is never told to take none of those it took.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qkdsim.exposure.compromise import Compromise
from qkdsim.exposure.link_uses import link_uses
from qkdsim.results import RunResult

ORDER_S = 1.0  # between setting key aside and using it on a hop, at most

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SatelliteUses:
    """The uses of one satellite link, by time, and its announcements.

    uses            columns `request`, `path`, `time_s`, `bits`
    announcements   columns `time_s`, `satellite`, `on_board_s`, among others; rows by time
    first, end      shape (uses,): the announcements that a use may have taken key from are first <= row < end
    """

    link: str
    uses: pl.DataFrame
    announcements: pl.DataFrame
    first: IntArray
    end: IntArray

    def taking(self, chosen: NDArray[np.bool_]) -> pl.DataFrame:
        """Columns `request`, `path`: the uses that may have taken some of the chosen announcements."""
        before = np.concatenate([[0], np.cumsum(chosen)])
        return self.uses.filter(pl.Series(before[self.end] > before[self.first])).select("request", "path")


def known_announced(result: RunResult, compromises: Sequence[Compromise]) -> list[pl.DataFrame]:
    """Columns `request`, `path`, `node`: uses of announced key that each compromised satellite or station gives away.

    What a station knows from its store is in `known_uses`.
    """
    ends = {link: {start, end} for link, start, end in result.table("links").select("id", "from", "to").iter_rows()}
    names = {one.node for one in compromises}
    rows = result.lazy("announcements").group_by("link").agg(pl.col("satellite").unique()).sort("link").collect()
    parts = []
    for link, satellites in rows.iter_rows():
        if not names & (ends[link] | set(satellites)):
            continue
        found = satellite_uses(result, link)
        when_s, on_board_s = (found.announcements[name].to_numpy() for name in ("time_s", "on_board_s"))
        for one in compromises:
            if one.node in ends[link]:
                chosen = when_s >= one.until_s
            else:
                chosen = (found.announcements["satellite"] == one.node).to_numpy() & (when_s >= one.from_s)
            taken = found.taking(chosen & (on_board_s < one.until_s))
            parts.append(taken.with_columns(node=pl.lit(one.node)))
    return parts


def all_satellite_uses(result: RunResult) -> Iterator[SatelliteUses]:
    """Uses of all satellite links with announcements, one link in memory at a time."""
    links = result.lazy("announcements").select(pl.col("link").unique()).collect()["link"].sort()
    for link in links.to_list():
        yield satellite_uses(result, link)


def satellite_uses(result: RunResult, link: str) -> SatelliteUses:
    """The uses of a link, and which of its announcements each may have taken key from."""
    announcements = result.lazy("announcements").filter(pl.col("link") == link).sort("index").collect()
    uses = link_uses(result, [link]).select("request", "path", "time_s", "bits").sort("time_s", "request", "path")
    table = uses.collect()
    stream = _Stream(result, link, announcements, table)
    return SatelliteUses(link, table, announcements, *stream.announcements_of(table["time_s"].to_numpy()))


class _Stream:
    """All key ever deposited in the store of a link, as one line of bits; uses take stretches of it in order."""

    def __init__(self, result: RunResult, link: str, announcements: pl.DataFrame, uses: pl.DataFrame) -> None:
        self._came_s: FloatArray = announcements["time_s"].to_numpy()
        readings = result.lazy("stores").filter(pl.col("link") == link).sort("time_s").collect()
        self._read_s: FloatArray = readings["time_s"].to_numpy()
        levels = readings["stored_bits"].to_numpy()
        bits = announcements["bits"].to_numpy()
        first = self._read_s[0] if len(self._read_s) else 0.0
        initial_bits = levels[0] - bits[self._came_s <= first].sum() if len(levels) else 0
        self._bounds: IntArray = initial_bits + np.concatenate([[0], np.cumsum(bits)])
        # destroyed bits entered the store or did not: places are known but for their number
        row = result.lazy("links").filter(pl.col("id") == link).select("destroyed_bits").collect()
        self._unsure_bits = int(row.item())
        self._left: IntArray = self._bounds[np.searchsorted(self._came_s, self._read_s, "right")] - levels
        self._use_s: FloatArray = uses["time_s"].to_numpy()
        self._used: IntArray = np.concatenate([[0], np.cumsum(uses["bits"].to_numpy())])

    def announcements_of(self, time_s: FloatArray) -> tuple[IntArray, IntArray]:
        """First and end of the announcements that uses at some times may take key from."""
        low, high = self._low(time_s), self._high(time_s)
        first = np.searchsorted(self._bounds[1:], low - self._unsure_bits, "right")
        end = np.searchsorted(self._bounds[:-1] - self._unsure_bits, high, "left")
        end = np.minimum(end, np.searchsorted(self._came_s, time_s, "right"))
        return first, np.maximum(first, end)

    def _low(self, time_s: FloatArray) -> IntArray:
        """What had left the store for certain before a use: by the reading before it, and by uses since."""
        reading = np.searchsorted(self._read_s, time_s - ORDER_S, "right") - 1
        left = np.where(reading >= 0, np.append(self._left, 0)[reading], 0)
        since_s = np.where(reading >= 0, np.append(self._read_s, 0.0)[reading] + ORDER_S, -ORDER_S)
        return left + self._between(since_s, time_s - ORDER_S)

    def _high(self, time_s: FloatArray) -> IntArray:
        """What may have left it at most after a use: by the next reading, less the uses until then."""
        reading = np.searchsorted(self._read_s, time_s + ORDER_S, "left")
        at_most = np.append(self._left, self._bounds[-1])[reading]
        until_s = np.append(self._read_s, -np.inf)[reading]
        return at_most - self._between(time_s + ORDER_S, until_s)

    def _between(self, after_s: FloatArray, before_s: FloatArray) -> IntArray:
        """Bits of the uses after one time and before another."""
        begin = np.searchsorted(self._use_s, after_s, "right")
        end = np.searchsorted(self._use_s, before_s, "left")
        return self._used[np.maximum(begin, end)] - self._used[begin]
