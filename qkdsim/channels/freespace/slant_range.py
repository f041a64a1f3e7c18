"""Distance to a satellite over a spherical Earth, for link-budget tables; simulations use the orbit itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def slant_range_km(
    elevation_deg: ArrayLike, altitude_km: float, earth_radius_km: float = 6371.0
) -> NDArray[np.float64]:
    """sqrt((R sin e)^2 + 2 R H + H^2) - R sin e, any shape of elevations; no refraction."""
    rise = earth_radius_km * np.sin(np.radians(np.asarray(elevation_deg, dtype=np.float64)))
    return np.asarray(np.sqrt(rise**2 + 2.0 * earth_radius_km * altitude_km + altitude_km**2) - rise)
