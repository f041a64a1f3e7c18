"""A place under the clouds: where it is, how often its sky is clear, and how long the sky stays as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.devices.quantity import Quantity
from qkdsim.errors import InputError

EARTH_RADIUS_KM = 6371.0
CORRELATION_TIME_H = Quantity(6.0, "assumed", source="no measurement: sweep it before drawing conclusions")
DECORRELATION_DISTANCE_KM = Quantity(350.0, "assumed", source="no measurement, 300-400 km is usual: sweep it")
_LONGEST_H = 1000.0  # six weeks of one weather; far beyond what clouds do, and still quickly drawn
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class WeatherSite:
    """An optical ground station as the weather sees it.

    clear_fraction      share of time with clear sky: one number, or twelve by calendar month (January first, UTC)
    correlation_time_h  time constant at which the sky forgets its state

    Raises InputError for a place that is not on the Earth, a fraction outside 0 to 1, a time outside 0 to 1000 h.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    clear_fraction: float | tuple[float, ...]
    correlation_time_h: float = CORRELATION_TIME_H
    source: str = field(default="weather", repr=False, compare=False)

    def __post_init__(self) -> None:
        self._require("latitude_deg", self.latitude_deg, -90.0 <= self.latitude_deg <= 90.0, "-90 to 90")
        self._require("longitude_deg", self.longitude_deg, -180.0 <= self.longitude_deg <= 360.0, "-180 to 360")
        given = self.clear_fraction if isinstance(self.clear_fraction, tuple) else (self.clear_fraction,)
        self._require("clear_fraction", len(given), len(given) in (1, _MONTHS), "one number, or twelve by month")
        for fraction in given:
            self._require("clear_fraction", fraction, 0.0 <= fraction <= 1.0, "0 to 1 (a share of time)")
        time_h = self.correlation_time_h
        self._require("correlation_time_h", time_h, 0.0 < time_h <= _LONGEST_H, f"above 0, to {_LONGEST_H:g} hours")

    def _require(self, key: str, given: float, holds: bool, expected: str) -> None:
        if not holds:
            raise InputError.of(self.source, f"{self.name}.{key}", given, expected)

    @property
    def monthly_clear_fraction(self) -> tuple[float, ...]:
        """Twelve numbers, January first."""
        if not isinstance(self.clear_fraction, tuple):
            return (self.clear_fraction,) * _MONTHS
        return self.clear_fraction if len(self.clear_fraction) == _MONTHS else self.clear_fraction * _MONTHS

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vector (3,) from the middle of a round Earth."""
        latitude, longitude = math.radians(self.latitude_deg), math.radians(self.longitude_deg)
        level = math.cos(latitude)
        return np.array([level * math.cos(longitude), level * math.sin(longitude), math.sin(latitude)])


def distance_km(a: WeatherSite, b: WeatherSite) -> float:
    """Along a great circle of a round Earth."""
    across = float(np.linalg.norm(np.cross(a.direction, b.direction)))
    return EARTH_RADIUS_KM * math.atan2(across, float(a.direction @ b.direction))
