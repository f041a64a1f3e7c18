"""When the requests of a stream are not served.

A stream is down from the arrival of a request that is not served until the arrival of its next request that is. Each
request stands for the time until the next of its stream; the last one for the mean spacing of the stream, at most to
the end of the run. The sum is the time asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.measures.streams import Integers

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turns:
    """Where the requests of streams begin or cease to be served, by stream and arrival."""

    stream: Integers
    arrival_s: Floats
    is_served: Flags


@dataclass(frozen=True, slots=True)
class Outages:
    """Times without service, by stream and start; `is_open`: not over when the stream ceased to ask."""

    stream: Integers
    start_s: Floats
    end_s: Floats
    is_open: Flags

    def chosen(self, which: Flags) -> Outages:
        """Some of them."""
        return Outages(self.stream[which], self.start_s[which], self.end_s[which], self.is_open[which])


@dataclass(frozen=True, slots=True)
class Downtime:
    """What the outages of each stream add up to: how many, time without service, and the longest such time."""

    outages: Floats
    down_s: Floats
    longest_s: Floats

    @classmethod
    def none(cls, streams: int) -> Downtime:
        """That of streams without outages."""
        return cls(np.zeros(streams), np.zeros(streams), np.zeros(streams))

    def with_more(self, more: Outages) -> Downtime:
        """The same with later outages, added one by one: the same bytes in however many parts they come."""
        total = Downtime(self.outages.copy(), self.down_s.copy(), self.longest_s.copy())
        np.add.at(total.outages, more.stream, 1.0)
        np.add.at(total.down_s, more.stream, more.end_s - more.start_s)
        np.maximum.at(total.longest_s, more.stream, more.end_s - more.start_s)
        return total


def added(values: Floats | Integers | Flags, groups: Integers, count: int) -> Floats:
    """Sums by group, in doubles (counts stay exact up to 2^53), added in order: the same bytes however it runs."""
    return np.bincount(groups, weights=values.astype(np.float64), minlength=count).astype(np.float64)


def turns(stream: Integers, arrival_s: Floats, is_served: Flags) -> Turns:
    """The turns among requests in order of arrival; the first request of a stream is one."""
    order = np.argsort(stream, kind="stable")
    stream, arrival_s, is_served = stream[order], arrival_s[order], is_served[order]
    turned = np.ones(len(stream), dtype=np.bool_)
    turned[1:] = (stream[1:] != stream[:-1]) | (is_served[1:] != is_served[:-1])
    return Turns(stream[turned], arrival_s[turned], is_served[turned])


def joined(parts: Sequence[Turns]) -> Turns:
    """The turns of requests whose parts follow each other in time."""
    return turns(
        np.concatenate([part.stream for part in parts] or [np.empty(0, dtype=np.int64)]),
        np.concatenate([part.arrival_s for part in parts] or [np.empty(0)]),
        np.concatenate([part.is_served for part in parts] or [np.empty(0, dtype=np.bool_)]),
    )


def asked_until_s(requests: Floats, first_s: Floats, last_s: Floats, duration_s: float) -> Floats:
    """Until when the last request of each stream stands, from its count of requests, first and last arrival."""
    left_s = np.maximum(duration_s - last_s, 0.0)
    spacing_s = (last_s - first_s) / np.maximum(requests - 1, 1)
    return last_s + np.where(spacing_s > 0.0, np.minimum(spacing_s, left_s), left_s)


def settled(changes: Turns) -> tuple[Outages, Turns]:
    """The outages that are over, and the last turn of each stream: what comes next follows it."""
    is_last = np.ones(len(changes.stream), dtype=np.bool_)
    is_last[:-1] = changes.stream[1:] != changes.stream[:-1]
    down = np.flatnonzero(~changes.is_served & ~is_last)
    over = Outages(
        changes.stream[down], changes.arrival_s[down], changes.arrival_s[down + 1], np.zeros(len(down), dtype=np.bool_)
    )
    return over, Turns(changes.stream[is_last], changes.arrival_s[is_last], changes.is_served[is_last])


def unended(last: Turns, until_s: Floats) -> Outages:
    """The outages that no served request ends, from the last turn of each stream; they last as long as it asks."""
    down = ~last.is_served
    stream = last.stream[down]
    return Outages(stream, last.arrival_s[down], until_s[stream], np.ones(len(stream), dtype=np.bool_))


def by_stream(parts: Sequence[Outages]) -> Outages:
    """Outages whose parts follow each other in time, by stream and start."""
    stream = np.concatenate([part.stream for part in parts])
    order = np.argsort(stream, kind="stable")
    return Outages(
        stream[order],
        np.concatenate([part.start_s for part in parts])[order],
        np.concatenate([part.end_s for part in parts])[order],
        np.concatenate([part.is_open for part in parts])[order],
    )
