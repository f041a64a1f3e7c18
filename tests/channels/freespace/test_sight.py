"""From place to place over the round Earth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.channels.freespace import Place, line_of_sight, slant_range_km

# The free-space link of T. Schmitt-Manderbach et al., Phys. Rev. Lett. 98, 010504 (2007): "144 km", between two
# observatories at about 2400 m. Places of the observatories from general knowledge.
LA_PALMA, TENERIFE = Place(28.760, -17.882, 2390.0), Place(28.300, -16.512, 2410.0)
EARTH_RADIUS_M = 6_371_000.0


def test_the_link_between_two_canary_islands() -> None:
    sight = line_of_sight(LA_PALMA, TENERIFE)
    assert float(sight.range_km[0]) == pytest.approx(144.0, abs=1.0)
    # the sea bulges by d^2/8R between the two: 404 m
    bulge_m = 143_500.0**2 / (8.0 * EARTH_RADIUS_M)
    assert sight.clearance_m == pytest.approx(2400.0 - bulge_m, abs=10.0)


@given(st.floats(10.0, 5000.0), st.floats(10.0, 5000.0), st.floats(0.3, 1.7), st.floats(-60.0, 60.0))
def test_the_earth_stands_between_beyond_both_horizons(a_m: float, b_m: float, share: float, latitude: float) -> None:
    reach_m = math.sqrt(2 * EARTH_RADIUS_M * a_m) + math.sqrt(2 * EARTH_RADIUS_M * b_m)
    apart_deg = math.degrees(share * reach_m / EARTH_RADIUS_M) / math.cos(math.radians(latitude))
    sight = line_of_sight(Place(latitude, 10.0, a_m), Place(latitude, 10.0 + apart_deg, b_m))
    if share < 0.97:  # the ellipsoid's radii differ from 6371 km by 0.5 %
        assert sight.clearance_m > 0.0
    if share > 1.03:
        assert sight.clearance_m < 0.0


@given(st.floats(30.0, 400.0), st.floats(5.0, 30.0))
def test_a_platform_is_where_round_geometry_has_it(away_km: float, altitude_km: float) -> None:
    ground, above = Place(0.0, 0.0, 0.0), Place(0.0, math.degrees(away_km / 6378.137), altitude_km * 1e3)
    sight = line_of_sight(above, ground)  # the order of ends does not matter
    if float(sight.elevation_deg[0]) > 0.5:
        expected = slant_range_km(sight.elevation_deg, altitude_km, 6378.137)
        assert sight.range_km == pytest.approx(expected, rel=1e-4)


def test_a_platform_that_roams_is_seen_all_around_its_place() -> None:
    ground, still = Place(35.0, 139.0, 50.0), Place(35.3, 139.2, 20_000.0)
    roaming = Place(35.3, 139.2, 20_000.0, roams_km=3.0)
    one, many = line_of_sight(ground, still), line_of_sight(ground, roaming)
    assert many.range_km.shape == (12,)
    assert np.ptp(many.range_km) < 2 * 3.0
    assert np.ptp(many.elevation_deg) > 1.0
    assert float(many.range_km.mean()) == pytest.approx(float(one.range_km[0]), rel=1e-3)
    # twelve places of equal area: the mean square of their distance from the middle is half the radius squared
    offset_km = np.linalg.norm(roaming.positions_km - still.positions_km, axis=-1)
    assert float((offset_km**2).mean()) == pytest.approx(3.0**2 / 2.0)
