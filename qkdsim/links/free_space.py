"""The Sun and the weather over a free-space link: what they do to it, as disruptions of its timeline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.freespace import DAY_FROM_DEG, NIGHT_FROM_DEG, daylight_share, faded_radiance
from qkdsim.channels.orbit import Station, sun_elevation_deg
from qkdsim.channels.weather import Weather, WeatherSite, WeatherTable, draw_weather
from qkdsim.links.timeline import Disruption

STEP_S = 60.0  # the Sun moves 0.25 degrees at most
SHADE_DB = 1.0  # through twilight the background is cut into steps of this at most; night and day are exact
_SAMPLES_AT_ONCE = 50_000  # a month


@dataclass(frozen=True, slots=True)
class Sky:
    """What is over a free-space link.

    place                  where the Sun is looked at: the lower end
    sun_below_deg          the link works while the Sun is below; None: by day, too
    night_noise_hz         background photons at the receiver's entrance by night and by day; twilight is between
    day_noise_hz
    day_loss_db            more loss than by night, from the stronger turbulence while the Sun is up
    name                   of the path in the weather: a table's station, or the site that is drawn
    site                   None where no weather is drawn
    table                  weather of the user's; None where there is none
    """

    place: Station
    start: datetime
    sun_below_deg: float | None
    night_noise_hz: float = 0.0
    day_noise_hz: float = 0.0
    day_loss_db: float = 0.0
    name: str = ""
    site: WeatherSite | None = None
    table: WeatherTable | None = field(default=None, repr=False)

    def disruptions(self, duration_s: float, seed: int) -> list[Disruption]:
        """Cuts while clouds or fog stand in the way or the Sun is too high; background and turbulence by day.

        The beam is lost in a cut, so the modules need their relock time afterwards. The weather depends on the seed and
        on the path's own place and climate, as that of ground stations does.
        """
        return [*self._clouds(duration_s, seed), *self._sunlight(duration_s)]

    def outages(self, duration_s: float, seed: int) -> list[Disruption]:
        """The cuts alone, for links that have no physics."""
        return [one for one in self.disruptions(duration_s, seed) if one.kind == "cut"]

    def brightest(self, duration_s: float) -> Disruption:
        """The most background at any hour in which the link works, all the time."""
        return self._shade(0.0, duration_s, 90.0 if self.sun_below_deg is None else self.sun_below_deg)

    def _weather(self, duration_s: float, seed: int) -> Weather | None:
        if self.table is not None:
            return self.table.over([self.name], self.start, duration_s)
        if self.site is not None:
            return draw_weather([self.site], self.start, duration_s, seed)
        return None

    def _clouds(self, duration_s: float, seed: int) -> Iterator[Disruption]:
        weather = self._weather(duration_s, seed)
        if weather is None:
            return
        clear_s = weather.clear_intervals(self.name)
        begins_s, ends_s = np.append(0.0, clear_s[:, 1]), np.append(clear_s[:, 0], duration_s)
        for begin_s, end_s in zip(begins_s.tolist(), ends_s.tolist(), strict=True):
            if begin_s < end_s:
                yield Disruption("cut", begin_s, end_s)

    def _sunlight(self, duration_s: float) -> Iterator[Disruption]:
        levels_deg = self._levels_deg
        times_s, bands = _bands(self.place, self.start, duration_s, levels_deg)
        ends_s = np.append(times_s[1:], duration_s)
        bounds_deg = np.concatenate([[-90.0], levels_deg, [90.0]])
        for begin_s, end_s, band in zip(times_s.tolist(), ends_s.tolist(), bands.tolist(), strict=True):
            shade = self._shade(begin_s, end_s, float(bounds_deg[band] + bounds_deg[band + 1]) / 2.0)
            if shade.kind == "cut" or shade.noise_photon_rate_hz > 0.0 or shade.loss_db > 0.0:
                yield shade

    @property
    def _shades(self) -> int:
        """Steps of the background from night to day."""
        if self.day_noise_hz <= self.night_noise_hz or self.night_noise_hz <= 0.0:
            return 1
        return math.ceil(10.0 * math.log10(self.day_noise_hz / self.night_noise_hz) / SHADE_DB)

    @property
    def _levels_deg(self) -> NDArray[np.float64]:
        """Elevations of the Sun at which something changes, rising; nothing changes while the link is shut."""
        steps = (np.arange(self._shades) + 0.5) / self._shades
        levels = [*(NIGHT_FROM_DEG + (DAY_FROM_DEG - NIGHT_FROM_DEG) * steps), DAY_FROM_DEG]
        if self.sun_below_deg is not None:
            levels = [one for one in levels if one < self.sun_below_deg] + [self.sun_below_deg]
        return np.unique(np.asarray(levels, dtype=np.float64))

    def _shade(self, begin_s: float, end_s: float, sun_deg: float) -> Disruption:
        """What the Sun at an elevation adds to the night."""
        if self.sun_below_deg is not None and sun_deg > self.sun_below_deg:
            return Disruption("cut", begin_s, end_s)
        share = round(float(daylight_share(sun_deg)) * self._shades) / self._shades
        noise_hz = float(faded_radiance(self.night_noise_hz, self.day_noise_hz, share))
        loss_db = self.day_loss_db if sun_deg > DAY_FROM_DEG else 0.0
        more_hz = max(noise_hz - self.night_noise_hz, 0.0)
        return Disruption("disturbance", begin_s, end_s, noise_photon_rate_hz=more_hz, loss_db=loss_db)


def _bands(
    place: Station, start: datetime, duration_s: float, levels_deg: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """When the Sun is between which levels: begins [s], the first 0, and how many levels lie below it."""
    times, bands = [np.zeros(1)], [_band(place, start, np.zeros(1), levels_deg)[1]]
    for first in range(0, math.ceil(duration_s / STEP_S), _SAMPLES_AT_ONCE):
        sample_s = STEP_S * np.arange(first, first + _SAMPLES_AT_ONCE + 1, dtype=np.float64)
        sample_s = sample_s[sample_s < duration_s + STEP_S]
        elevation_deg, band = _band(place, start, sample_s, levels_deg)
        before = np.flatnonzero(np.diff(band))
        low, high = elevation_deg[before], elevation_deg[before + 1]
        crossed = levels_deg[np.where(high > low, band[before], band[before] - 1)]
        times.append(sample_s[before] + STEP_S * (crossed - low) / (high - low))
        bands.append(band[before + 1])
    time_s, within = np.concatenate(times), np.concatenate(bands)
    return time_s[time_s < duration_s], within[time_s < duration_s]


def _band(
    place: Station, start: datetime, time_s: NDArray[np.float64], levels_deg: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    elevation_deg = sun_elevation_deg(place, start, time_s)
    return elevation_deg, np.searchsorted(levels_deg, elevation_deg).astype(np.int64)
