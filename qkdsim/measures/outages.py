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

    def down_s(self, streams: int) -> Floats:
        """Time without service of each stream."""
        return added(self.end_s - self.start_s, self.stream, streams)

    def longest_s(self, streams: int) -> Floats:
        """Longest time without service of each stream."""
        longest_s = np.zeros(streams)
        np.maximum.at(longest_s, self.stream, self.end_s - self.start_s)
        return longest_s


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


def outages(changes: Turns, until_s: Floats) -> Outages:
    """The times without service; one that no served request ends lasts as long as its stream asks."""
    down = np.flatnonzero(~changes.is_served)
    stream = changes.stream[down]
    follower = np.minimum(down + 1, len(changes.stream) - 1)
    is_open = (down + 1 >= len(changes.stream)) | (changes.stream[follower] != stream)
    end_s = np.where(is_open, until_s[stream], changes.arrival_s[follower])
    return Outages(stream, changes.arrival_s[down], end_s, is_open)
