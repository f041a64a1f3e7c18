"""Satellites and stations that several tests use."""

from __future__ import annotations

from datetime import UTC, datetime

from qkdsim.channels.orbit import Satellite, Station, mean_elements

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY_S = 86_400.0
TOKYO = Station("tokyo", 35.71, 139.49, 120.0)
TROMSO = Station("tromso", 69.66, 18.94, 100.0)
SINGAPORE = Station("singapore", 1.35, 103.82, 15.0)
GEO_AXIS_KM = 42_164.2


def orbiting(name: str = "low", **orbit: float) -> Satellite:
    """A satellite with elements of the start; 500 km and 97.4 degrees where nothing else is said."""
    size = {"altitude_km": 500.0} if "semi_major_axis_km" not in orbit else {}
    return Satellite(name, mean_elements(START, **({"inclination_deg": 97.4} | size | orbit)))
