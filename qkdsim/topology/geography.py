"""Distances on the Earth, and the length of a fibre between two places."""

from __future__ import annotations

import math
from collections.abc import Iterable

EARTH_RADIUS_KM = 6371.0088  # mean radius of GRS 80, Moritz 2000

Vector = tuple[float, float, float]


def unit_vector(latitude_deg: float, longitude_deg: float) -> Vector:
    """From the centre of the Earth, taken as a sphere, towards a place."""
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    flat = math.cos(latitude)
    return (flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude))


def mean_place(places_deg: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Latitude and longitude in degrees of the middle of places: the direction of the sum of their vectors."""
    x, y, z = (sum(parts) for parts in zip(*(unit_vector(*place) for place in places_deg), strict=True))
    return (math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))


def great_circle_km(first_deg: tuple[float, float], second_deg: tuple[float, float]) -> float:
    """Shortest way on the sphere between two (latitude, longitude), by the half-sine formula."""
    (lat1, lon1), (lat2, lon2) = first_deg, second_deg
    half_north = math.sin(math.radians(lat2 - lat1) / 2.0)
    half_east = math.sin(math.radians(lon2 - lon1) / 2.0)
    square = half_north**2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * half_east**2
    return 2.0 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(square)))


def route_km(straight_km: float, route_factor: float | None = None) -> float:
    """Length of a cable between places a great circle apart: times a factor.

    Without one, the rule of ITU-T G.826 for routes of unknown length: 1.5 below 1,000 km, 1,500 km up to 1,200 km,
    1.25 beyond.
    """
    if route_factor is not None:
        return straight_km * route_factor
    return 1.5 * straight_km if straight_km < 1000.0 else max(1500.0, 1.25 * straight_km)
