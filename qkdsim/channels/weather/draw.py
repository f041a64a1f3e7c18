"""Clouds drawn at random: two states, a Markov chain at every station, drawn hour by hour on the clock of UTC.

The chain is the first-order one that fits hourly cloud records (H. Madsen, H. Spliid, P. Thyregod, J. Climate Appl.
Meteorol. 24, 629 (1985)): with clear fraction pi and correlation time T,
P(clear at t + dt | clear) = pi + (1 - pi) exp(-dt/T) and P(clear at t + dt | cloudy) = pi (1 - exp(-dt/T)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.weather.cells import BLOCK_H, uniform_block
from qkdsim.channels.weather.record import Weather, span, spells_of
from qkdsim.channels.weather.site import DECORRELATION_DISTANCE_KM, WeatherSite
from qkdsim.errors import InputError

STEP_H = 1.0
_STEP_S = 3600.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORTEST_KM, _LONGEST_KM = 20.0, 20_000.0  # below, an hour needs thousands of cells; above, the Earth is one
_CLEARS, _KEEPS, _CLOUDS = 1, 0, -1


def draw_weather(
    sites: Sequence[WeatherSite],
    start: datetime,
    duration_s: float,
    seed: int,
    decorrelation_distance_km: float = DECORRELATION_DISTANCE_KM,
) -> Weather:
    """Draw the weather of sites together.

    A site's weather is a function of seed, date, the site's own place and climate, and the decorrelation distance:
    more sites or satellites, another order, an earlier start or a longer span leave it as it was. Sites at one place
    and of one climate have the same weather. In each hour two sites draw the same number with probability
    exp(-distance/decorrelation distance), else independent ones; see `cells`, and `law` for what follows.

    Raises InputError for two sites of one name, a distance outside 20 to 20,000 km, a span that is none.
    """
    begin, length_s = span(start, duration_s)
    names = [site.name for site in sites]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError.of("weather", "stations", twice[0], "each name once")
    if not _SHORTEST_KM <= decorrelation_distance_km <= _LONGEST_KM:
        raise InputError.of("weather", "decorrelation_distance_km", decorrelation_distance_km, "20 to 20,000 km")
    if not sites:
        return Weather(begin, length_s, {})
    sky = _Sky(sites, decorrelation_distance_km, seed)
    since_epoch_s = (begin - _EPOCH).total_seconds()
    first = math.floor(since_epoch_s / _STEP_S)
    last = math.ceil((since_epoch_s + length_s) / _STEP_S)
    states = sky.states(first, last)
    hour_s = np.arange(first, last, dtype=np.float64) * _STEP_S - since_epoch_s
    spells = {name: spells_of(hour_s, row) for name, row in zip(names, states, strict=True)}
    return Weather(begin, length_s, spells)


class _Sky:
    """The chains of all sites, as events: in each hour the sky is made clear, made cloudy, or left as it is."""

    def __init__(self, sites: Sequence[WeatherSite], decorrelation_distance_km: float, seed: int) -> None:
        keep = np.exp([-STEP_H / site.correlation_time_h for site in sites])[:, None]
        clear = np.array([site.monthly_clear_fraction for site in sites])
        # the number u of an hour makes the sky clear if u < P(clear | last state): below the first threshold whatever
        # it was, above the second not in any case
        self._clears_below = clear * (1.0 - keep)
        self._clouds_from = clear + (1.0 - clear) * keep
        self._directions = np.array([site.direction for site in sites])
        self._distance_km = decorrelation_distance_km
        self._seed = seed

    def states(self, first: int, last: int) -> NDArray[np.bool_]:
        """Whether the sky is clear in the hours first ... last - 1 since 1970, (sites, hours)."""
        start = first // BLOCK_H
        blocks = range(start, -(-last // BLOCK_H))
        events = np.concatenate([self._events(block) for block in blocks], axis=1)
        before = self._state_before(start)
        rows = [_followed(row, state) for row, state in zip(events, before, strict=True)]
        offset = start * BLOCK_H
        return np.array(rows)[:, first - offset : last - offset]

    def _events(self, block: int) -> NDArray[np.int8]:
        number = uniform_block(self._directions, self._distance_km, self._seed, block)
        hours = np.arange(block * BLOCK_H, (block + 1) * BLOCK_H).astype("datetime64[h]")
        month = hours.astype("datetime64[M]").astype(np.int64) % 12
        events = np.full(number.shape, _KEEPS, np.int8)
        events[number < self._clears_below[:, month]] = _CLEARS
        events[number >= self._clouds_from[:, month]] = _CLOUDS
        return events

    def _state_before(self, block: int) -> NDArray[np.bool_]:
        """The states at the end of the block before: that of the last event, however long ago (coupling from the past).

        So the chain has no beginning: it is in its stationary state, and in the same one for every start.
        """
        state = np.full(len(self._directions), _KEEPS, np.int8)
        while (state == _KEEPS).any():
            block -= 1
            events = self._events(block)[:, ::-1]
            latest = np.take_along_axis(events, (events != _KEEPS).argmax(axis=1)[:, None], axis=1)[:, 0]
            state = np.where(state == _KEEPS, latest, state)
        return np.asarray(state == _CLEARS)


def _followed(events: NDArray[np.int8], before: bool) -> NDArray[np.bool_]:
    """The states that events lead to: in every hour that of the latest event."""
    latest = np.maximum.accumulate(np.where(events == _KEEPS, -1, np.arange(len(events))))
    return np.where(latest < 0, before, events[latest] == _CLEARS)
