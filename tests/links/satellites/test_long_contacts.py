"""Satellites that stay in view for hours: contacts in blocks, key while they last."""

from __future__ import annotations

from pathlib import Path

import pytest

from links.satellites.services import DAY_S, service
from qkdsim.links.satellites.parts import joined_reasons, within

LOW = "altitude_km = 500, inclination_deg = 97.4, raan_deg = 40"
# over Japan for good, with telescopes to match
GEO = [(LOW, "altitude_km = 35786, inclination_deg = 0.01, raan_deg = 325")]
LARGE = {
    "tx": ("aperture_diameter_m = 0.3\npointing_jitter_urad = 1.2", "aperture_diameter_m = 0.6"),
    "rx": ("aperture_diameter_m = 1.0", "aperture_diameter_m = 2.5"),
}
HOUR_S = 3600.0


def test_key_flows_while_a_contact_lasts(tmp_path: Path) -> None:
    found = service(tmp_path, 2.0, net=GEO, files=LARGE, policy="least-served")
    passes = [one for one in found.passes if one.satellite == "sat-1"]
    assert [(one.rise_s, one.set_s) for one in passes] == [(0.0, 2.0 * DAY_S)] * 2  # never sets
    announced = [one for one in found.announcements if one.satellite == "sat-1"]
    assert len(announced) > 8
    assert announced[0].time_s < DAY_S
    assert all(one.is_taken and "in part: " in one.reason and "Sun" in one.reason for one in passes)
    brought = {one.station: one.secret_bits for one in passes}
    assert 0 < sum(one.bits for one in announced) <= min(brought.values())
    # two stations share the satellite's time: together they cannot have more than the night
    assert all(one.usable_s < 1.2 * DAY_S for one in passes)


def test_a_longer_run_changes_nothing_of_the_first_day(tmp_path: Path) -> None:
    short, long = (service(tmp_path, days, net=GEO, files=LARGE, policy="least-served") for days in (1.0, 2.0))
    before = [one for one in long.announcements if one.time_s < DAY_S]
    known = [one for one in short.announcements if one.time_s < DAY_S]
    assert known
    assert [(one.pair, one.time_s, one.bits) for one in before] == [(one.pair, one.time_s, one.bits) for one in known]


def test_shorter_blocks_give_less_key_and_pooled_ones_give_it_back(tmp_path: Path) -> None:
    def key(minutes: int, pooled: int = 1) -> int:
        files = {
            "tx": LARGE["tx"],
            "rx": ("[post_processing]", f"[post_processing]\nblock_time_limit_s = {minutes * 60}"),
        }
        found = service(tmp_path, 1.0, net=GEO, files=files, policy="least-served", passes_per_block=pooled)
        return sum(one.secret_bits for one in found.passes if one.satellite == "sat-1")

    assert 0 < key(10) < key(60)
    assert key(10, pooled=6) > 0.9 * key(60)
    assert key(3) == 0 < key(3, pooled=20)


def test_weather_is_judged_part_by_part(tmp_path: Path) -> None:
    found = service(tmp_path, 4.0, net=GEO, files=LARGE, policy="least-served", weather="drawn")
    reasons = [one.reason for one in found.passes if one.satellite == "sat-1"]
    assert any("clouds" in reason and reason.startswith("in part") for reason in reasons)


def test_pieces_of_spans() -> None:
    assert within([(0.0, 5.0), (7.0, 9.0), (11.0, 12.0)], 4.0, 8.0) == [(4.0, 5.0), (7.0, 8.0)]
    assert joined_reasons(["clouds"]) == "clouds"
    assert joined_reasons(["", ""]) == ""
    assert joined_reasons(["", "clouds", "a", "a"]) == "in part: a, clouds"


def test_a_pass_of_a_low_satellite_is_one_block(tmp_path: Path) -> None:
    plain = service(tmp_path, 2.0)
    files = {"rx": ("[post_processing]", "[post_processing]\nblock_time_limit_s = 120")}
    cut = service(tmp_path, 2.0, files=files)
    one = next(one for one in plain.passes if one.is_taken)
    same = next(other for other in cut.passes if other.rise_s == one.rise_s)
    assert same.sifted_bits == pytest.approx(one.sifted_bits, rel=1e-3)  # pulses at the edges of slices
    assert 0 < same.secret_bits < one.secret_bits
