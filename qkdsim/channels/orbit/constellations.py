"""Walker constellations: many satellites on equal circular orbits, evenly spread."""

from __future__ import annotations

from datetime import datetime

from qkdsim.channels.orbit.elements import mean_elements
from qkdsim.channels.orbit.satellites import Satellite
from qkdsim.errors import InputError


def walker_delta(
    name: str,
    *,
    total: int,
    planes: int,
    phasing: int,
    altitude_km: float,
    inclination_deg: float,
    epoch: datetime,
    first_raan_deg: float = 0.0,
    first_mean_anomaly_deg: float = 0.0,
    source: str = "constellation",
) -> tuple[Satellite, ...]:
    """The delta pattern T/P/F (J. G. Walker, J. Br. Interplanet. Soc. 37, 559 (1984)), named `name-plane-place` from 1.

    `total` satellites in `planes` planes, whose nodes are spread over 360 degrees; a satellite leads the one in the
    same place of the plane to its west by `phasing` times 360 / total degrees.

    Raises InputError if the planes do not share the satellites evenly, or for an orbit that MeanElements refuses.
    """
    if planes < 1:
        raise InputError.of(source, "planes", planes, "1 or more")
    if total < 1 or total % planes:
        raise InputError.of(source, "total", total, f"a multiple of the number of planes, {planes}")
    if not 0 <= phasing < planes:
        raise InputError.of(source, "phasing", phasing, f"0 to {planes - 1}, one less than the number of planes")
    per_plane = total // planes
    satellites = []
    for plane in range(planes):
        for place in range(per_plane):
            anomaly_deg = first_mean_anomaly_deg + 360.0 * place / per_plane + 360.0 * phasing * plane / total
            elements = mean_elements(
                epoch,
                altitude_km=altitude_km,
                inclination_deg=inclination_deg,
                raan_deg=(first_raan_deg + 360.0 * plane / planes) % 360.0,
                mean_anomaly_deg=anomaly_deg % 360.0,
                source=source,
            )
            satellites.append(Satellite(f"{name}-{plane + 1}-{place + 1}", elements))
    return tuple(satellites)
