"""Light from the ground to a satellite: turbulence comes first and costs more, and the receiver looks at the Earth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from links.satellites.services import UPLINKS, secret_bits, service
from qkdsim.channels.freespace import fried_parameter_m, uplink_spot_radius_m
from qkdsim.channels.orbit import geometry_along
from qkdsim.errors import InputError

SUN_BELOW = ('climate = "sapporo"', 'climate = "sapporo"\ndaylight = true')


def test_an_uplink_loses_more_than_a_downlink_through_the_same_apertures(tmp_path: Path) -> None:
    """By what Andrews and Phillips' long-term spot is larger, 10 to 13 dB near the zenith for 25 cm on the ground."""
    down, up = service(tmp_path, 2.0), service(tmp_path, 2.0, net=UPLINKS)
    assert {one.direction for one in down.passes} == {"downlink"}
    assert {one.direction for one in up.passes} == {"uplink"}
    assert [one.rise_s for one in down.passes] == [one.rise_s for one in up.passes]
    for one, other in zip(down.passes, up.passes, strict=True):
        if one.min_loss_db is not None and other.min_loss_db is not None:
            assert other.min_loss_db > one.min_loss_db + 5.0
    assert 0 < secret_bits(up) < secret_bits(down)
    assert up.announcements


def test_the_extra_loss_is_the_spread_of_the_beam(tmp_path: Path) -> None:
    down, up = (service(tmp_path, 1.0, net=net).link("sat-1", "north").path for net in ((), UPLINKS))
    one = service(tmp_path, 1.0).table[0]
    seen = geometry_along(one, 30.0)
    assert down.turbulence == up.turbulence
    lost = up.loss(seen.range_km, seen.elevation_deg)
    spot_m = np.asarray(seen.range_km) * 1e3 * up.divergence_rad
    waist_m = up.wavelength_nm * 1e-9 / (np.pi * up.divergence_rad)
    r0_m = fried_parameter_m(up.turbulence, up.wavelength_nm, seen.elevation_deg)  # type: ignore[arg-type]
    wide_m = uplink_spot_radius_m(spot_m, waist_m, r0_m)
    # a receiver smaller than the spot: light goes with the spot's area, but for 0.1 dB of its roundness
    assert lost.turbulence_db == pytest.approx(20.0 * np.log10(wide_m / spot_m), abs=0.2)
    np.testing.assert_allclose(lost.extinction_db, down.loss(seen.range_km, seen.elevation_deg).extinction_db)


def test_the_receiver_sees_the_ground_by_day_and_city_light_by_night(tmp_path: Path) -> None:
    city = ("[[ground_station]]", "[[ground_station]]\ncity_radiance_w_per_m2_sr_um = 1e-3")
    dark = ("[[ground_station]]", "[[ground_station]]\ncity_radiance_w_per_m2_sr_um = 0\nalbedo = 0")
    plain, lit, black = (service(tmp_path, 1.0, net=[*UPLINKS, *more]) for more in ((), (city,), (dark,)))
    station = plain.plan.stations[0]
    by_sun = [station.ground_radiance_w_per_m2_sr_um(sun, 850.0) for sun in (-60.0, -18.0, -9.0, 0.0, 40.0)]
    assert by_sun[0] == by_sun[1] < by_sun[2] < by_sun[3] == by_sun[4]
    assert by_sun[2] == pytest.approx((by_sun[1] * by_sun[3]) ** 0.5)  # decibels in proportion to degrees
    assert by_sun[0] == pytest.approx(1e-4, rel=0.02)  # the light of the ground itself: starlight is far less
    assert by_sun[4] == pytest.approx(0.3 * 950.0 / np.pi, rel=0.1)  # albedo E / pi, 950 W/(m^2 um) at 850 nm
    assert lit.plan.stations[0].ground_radiance_w_per_m2_sr_um(-60.0, 850.0) == pytest.approx(1e-3, rel=0.01)
    assert secret_bits(lit) <= secret_bits(plain) <= secret_bits(black)
    assert black.plan.stations[0].ground_radiance_w_per_m2_sr_um(40.0, 850.0) == 0.0


def test_a_network_may_have_both_ways(tmp_path: Path) -> None:
    """One satellite sends, the other receives; stations have modules for both."""
    mixed = [
        ('id = "sat-2"\ntransmitter = "tx.toml"', 'id = "sat-2"\nreceiver = "rx.toml"'),
        ('receiver = "rx.toml"\nclimate', 'receiver = "rx.toml"\ntransmitter = "tx.toml"\nclimate'),
    ]
    found = service(tmp_path, 3.0, net=mixed)
    assert {(one.satellite, one.direction) for one in found.passes} == {("sat-1", "downlink"), ("sat-2", "uplink")}
    assert {one.satellite for one in found.announcements} == {"sat-1", "sat-2"}


def test_stations_without_a_module_for_a_satellite_have_no_passes_of_it(tmp_path: Path) -> None:
    mixed = [
        ('id = "sat-2"\ntransmitter = "tx.toml"', 'id = "sat-2"\nreceiver = "rx.toml"'),
        ('node = "south"\nreceiver = "rx.toml"', 'node = "south"\nreceiver = "rx.toml"\ntransmitter = "tx.toml"'),
    ]
    found = service(tmp_path, 3.0, net=mixed)
    assert {(one.satellite, one.station) for one in found.passes} == {
        ("sat-1", "north"),
        ("sat-1", "south"),
        ("sat-2", "south"),
    }
    assert [link.craft.name for link in found.links_of(("north", "south"))] == ["sat-1", "sat-1"]


BOTH_UP = ('transmitter = "tx.toml"', 'receiver = "rx.toml"')


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (
            [('transmitter = "tx.toml"', 'transmitter = "tx.toml"\nreceiver = "rx.toml"')],
            "exactly one of transmitter and",
        ),
        ([('transmitter = "tx.toml"\n', "")], "exactly one of transmitter and receiver"),
        ([('receiver = "rx.toml"\n', "")], "a receiver, a transmitter or both"),
        ([BOTH_UP], "a ground station with a transmitter for the receiver of satellite sat-1"),
        (
            [*UPLINKS[:1], ('receiver = "rx.toml"\nclimate', 'transmitter = "rx.toml"\nclimate')],
            "a [source] and a [telescope]",
        ),
        (
            [('node = "south"\nreceiver = "rx.toml"', 'node = "south"\ntransmitter = "tx.toml"')],
            "a satellite with a receiver for the station at south",
        ),
        ([("[[ground_station]]", "[[ground_station]]\nalbedo = 1.5")], "albedo: got 1.5"),
    ],
)
def test_bad_input(tmp_path: Path, net: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(InputError) as error:
        _ = service(tmp_path, 1.0, net=net).passes
    assert any(words in str(problem) for problem in error.value.problems), str(error.value.problems)
