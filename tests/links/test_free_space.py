"""The Sun and the weather over a link through the air, and what they leave of its key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.channels.freespace import FreeSpaceSpan
from qkdsim.channels.orbit import Station, sun_elevation_deg
from qkdsim.channels.weather import WeatherSite, WeatherTable, draw_weather
from qkdsim.devices import load_named_profile
from qkdsim.links import Disruption, QkdLink, build_link, timeline
from qkdsim.links.free_space import SHADE_DB, Sky

TOKYO = Station("tokyo", 35.686, 139.764, 100.0)
START = datetime(2026, 10, 5, tzinfo=UTC)  # nine in the morning in Tokyo
DAY_S = 86_400.0


def lit_s(disruptions: list[Disruption], duration_s: float) -> float:
    pieces = timeline(duration_s, disruptions, cold_start_s=0.0, relock_s=0.0)
    return sum(one.end_s - one.start_s for one in pieces if one.state == "lit")


def sun_deg(time_s: float) -> float:
    return float(sun_elevation_deg(TOKYO, START, np.array([time_s]))[0])


def test_a_link_of_the_night_is_shut_while_the_sun_is_up() -> None:
    cuts = Sky(TOKYO, START, -12.0).outages(3 * DAY_S, 1)
    merged = [one for one in timeline(3 * DAY_S, cuts, cold_start_s=0.0, relock_s=0.0) if one.state == "lit"]
    assert len(merged) == 3
    for piece in merged:
        for edge_s in (piece.start_s, piece.end_s):
            assert sun_deg(edge_s) == pytest.approx(-12.0, abs=0.001)  # a quarter of a second
        assert sun_deg((piece.start_s + piece.end_s) / 2.0) < -12.0


@settings(max_examples=20, deadline=None)
@given(st.floats(-18.0, 20.0), st.floats(0.5, 20.0))
def test_the_higher_the_sun_may_stand_the_longer_the_link_is_open(below_deg: float, more_deg: float) -> None:
    short, long = (
        lit_s(Sky(TOKYO, START, level, 1e2, 1e6).disruptions(DAY_S, 1), DAY_S)
        for level in (below_deg, below_deg + more_deg)
    )
    assert 0.0 < short < long <= DAY_S


def test_background_goes_from_night_to_day_in_small_steps() -> None:
    night_hz, day_hz = 200.0, 5e6
    sky = Sky(TOKYO, START, None, night_hz, day_hz, day_loss_db=2.5)
    pieces = timeline(DAY_S, sky.disruptions(DAY_S, 1), cold_start_s=0.0, relock_s=0.0)
    noise_hz = np.array([night_hz + one.noise_photon_rate_hz for one in pieces])
    assert noise_hz.max() == pytest.approx(day_hz)
    assert noise_hz.min() == night_hz
    inner = np.abs(np.diff(10.0 * np.log10(noise_hz)))
    assert inner.max() <= SHADE_DB + 1e-9
    assert {one.loss_db for one in pieces} == {0.0, 2.5}
    for piece in pieces:
        middle_deg = sun_deg((piece.start_s + piece.end_s) / 2.0)
        share = np.clip((middle_deg + 18.0) / 18.0, 0.0, 1.0)
        expected_hz = night_hz * (day_hz / night_hz) ** share
        assert abs(10.0 * np.log10((night_hz + piece.noise_photon_rate_hz) / expected_hz)) < 0.55 * SHADE_DB
        assert (piece.loss_db > 0.0) == (middle_deg > 0.0)
    # what is said of a shorter run does not change in a longer one
    assert sky.disruptions(DAY_S / 2, 1)[:20] == sky.disruptions(DAY_S, 1)[:20]


def test_clouds_are_those_of_a_ground_station_at_the_same_place() -> None:
    site = WeatherSite("tokyo", TOKYO.latitude_deg, TOKYO.longitude_deg, 0.44)
    sky = Sky(TOKYO, START, None, name="tokyo", site=site)
    clear_s = draw_weather([site], START, 30 * DAY_S, 7).clear_intervals("tokyo")
    assert lit_s(sky.disruptions(30 * DAY_S, 7), 30 * DAY_S) == pytest.approx(float(np.ptp(clear_s, axis=1).sum()))
    assert sky.disruptions(30 * DAY_S, 7) == sky.disruptions(30 * DAY_S, 7)
    assert sky.disruptions(30 * DAY_S, 7) != sky.disruptions(30 * DAY_S, 8)


def test_fog_falls_into_the_cloudy_hours_of_the_same_place() -> None:
    sites = [WeatherSite(name, 35.7, 139.8, share) for name, share in (("roofs", 0.95), ("tokyo", 0.44))]
    skies = [Sky(TOKYO, START, None, name=site.name, site=site) for site in sites]
    fog, clouds = (one.outages(200 * DAY_S, 7) for one in skies)
    assert fog
    assert lit_s([*fog, *clouds], 200 * DAY_S) == lit_s(clouds, 200 * DAY_S)


def test_clouds_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "sky.csv"
    path.write_text("station,time,clear\nroofs,2026-10-05,0\nroofs,2026-10-05T02:00,1\nroofs,2026-10-05T03:00,0\n")
    sky = Sky(TOKYO, START, None, name="roofs", table=WeatherTable.read(path))
    assert sky.outages(DAY_S, 1) == [Disruption("cut", 0.0, 7200.0), Disruption("cut", 10_800.0, DAY_S)]


@cache
def roof_link(fidelity: str, sky: Sky | None, loss_db: float = 6.0, night_hz: float = 100.0) -> QkdLink:
    pair = (load_named_profile("generic-roof-transmitter"), load_named_profile("generic-roof-receiver"))
    return build_link("roofs", *pair, FreeSpaceSpan(3.0, loss_db, night_hz), fidelity, sky=sky)


def secret_bits(link: QkdLink, duration_s: float = 3600.0) -> int:
    return sum(int(block.secret_bits.sum()) for block in link.blocks(duration_s, 3))


NOON = datetime(2026, 10, 5, 3, tzinfo=UTC)
MIDNIGHT = datetime(2026, 10, 5, 15, tzinfo=UTC)


def test_an_hour_of_night_an_hour_of_day_and_an_hour_of_fog(tmp_path: Path) -> None:
    night, day = (secret_bits(roof_link("expected", Sky(TOKYO, when, None, 100.0, 2e6))) for when in (MIDNIGHT, NOON))
    assert 0 < day < 0.9 * night
    assert secret_bits(roof_link("expected", None)) == night  # by night nothing is added to the span
    path = tmp_path / "sky.csv"
    path.write_text("station,time,clear\nroofs,2026-10-01,0\n")
    assert (
        secret_bits(roof_link("expected", Sky(TOKYO, MIDNIGHT, None, name="roofs", table=WeatherTable.read(path)))) == 0
    )
    assert secret_bits(roof_link("expected", Sky(TOKYO, NOON, -12.0, 100.0, 2e6))) == 0
    # so much light that no key can be: an honest zero, not an error
    assert secret_bits(roof_link("expected", Sky(TOKYO, NOON, None, 100.0, 1e9))) == 0


def test_expected_and_tallied_agree_by_day() -> None:
    sky = Sky(TOKYO, NOON, None, 100.0, 2e6, day_loss_db=1.0)
    expected, tallied = (secret_bits(roof_link(fidelity, sky)) for fidelity in ("expected", "tallied"))
    # 1,100 blocks of 1e7 bits: the mean key of a block is known to 0.02 %, the bounds are taken at observed counts
    assert tallied == pytest.approx(expected, rel=0.01)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.0, 25.0), st.floats(0.5, 10.0))
def test_key_falls_with_loss(loss_db: float, more_db: float) -> None:
    near, far = (secret_bits(roof_link("expected", None, loss, 100.0)) for loss in (loss_db, loss_db + more_db))
    assert far < near or near == 0


def test_validity_is_judged_in_the_brightest_hour() -> None:
    night_only, by_day = Sky(TOKYO, NOON, -18.0, 100.0, 1e12), Sky(TOKYO, NOON, None, 100.0, 1e12)
    assert roof_link("tallied", night_only).in_validity()
    assert not roof_link("tallied", by_day).in_validity()


def test_a_sampled_link_sees_the_same_sky() -> None:
    named = load_named_profile("generic-roof-receiver")
    assert named.profile.post_processing is not None
    post = named.profile.post_processing.model_copy(update={"block_size_bits": 5e5})
    receiver = replace(named, profile=named.profile.model_copy(update={"post_processing": post}))
    pair = (load_named_profile("generic-roof-transmitter"), receiver)
    sky, span = Sky(TOKYO, NOON, None, 100.0, 2e6), FreeSpaceSpan(3.0, 10.0, 100.0)
    sampled, expected = (build_link("roofs", *pair, span, fidelity, sky=sky) for fidelity in ("sampled", "expected"))
    noon = timeline(4.0, sky.disruptions(4.0, 3), cold_start_s=0.0, relock_s=0.0)
    ledger = next(iter(sampled.sampled(noon, 3))).distilled.ledger
    qber = float(next(iter(expected.blocks(3600.0, 3))).qber[0])
    assert ledger.qber is not None
    assert abs(ledger.qber - qber) < 4.0 * np.sqrt(qber / ledger.sifted_bits)
    # and more than by night
    dark = float(next(iter(build_link("roofs", *pair, span, "expected").blocks(3600.0, 3))).qber[0])
    assert ledger.qber - dark > 20.0 * np.sqrt(qber / ledger.sifted_bits)
