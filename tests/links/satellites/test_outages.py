"""Faults of stations and satellites: they only take key, cut passes where they begin and end; nobody foresees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import qkdsim
from links.satellites.service_files import write
from links.satellites.services import DAY_S, fault, secret_bits, service
from qkdsim.errors import InputError
from qkdsim.links.satellites import PassRecord, SatelliteService

DAYS = 3.0
LATENT = {"rx": ("[post_processing]", "[performance]\ncold_start_s = 60\nrelock_s = 30\n[post_processing]")}


def first_taken(found: SatelliteService, station: str = "north") -> PassRecord:
    return next(one for one in found.passes if one.is_taken and one.station == station)


def same_but(found: SatelliteService, plain: SatelliteService, changed: float) -> None:
    """Of all passes only the one that rises at that time differs."""
    for one, before in zip(found.passes, plain.passes, strict=True):
        assert one == before or one.rise_s == changed


@pytest.mark.parametrize(("on", "words"), [("north", "north down"), ("sat-1", "sat-1 down")])
@pytest.mark.parametrize("kind", ["cut", "off", "node-lost", "classical-cut"])
def test_a_pass_within_a_fault_is_lost_and_others_are_not(tmp_path: Path, on: str, words: str, kind: str) -> None:
    plain = service(tmp_path, DAYS)
    lost = first_taken(plain)
    assert lost.satellite == "sat-1"
    hit = fault(on, kind, lost.rise_s - 10.0, lost.set_s + 10.0)
    found = service(tmp_path, DAYS, faults=[hit])
    same_but(found, plain, lost.rise_s)
    (now,) = (one for one in found.passes if one.rise_s == lost.rise_s)
    assert (now.is_usable, now.is_taken, now.usable_s, now.secret_bits, now.reason) == (False, False, 0.0, 0, words)
    assert now.expected_secret_bits == lost.expected_secret_bits  # what was planned
    assert secret_bits(found) == secret_bits(plain) - lost.secret_bits


def test_a_fault_in_the_middle_of_a_pass_takes_its_time_and_the_relock(tmp_path: Path) -> None:
    plain = service(tmp_path, DAYS, files=LATENT)
    whole = first_taken(plain)
    begin_s = whole.culmination_s - 40.0
    found = service(tmp_path, DAYS, files=LATENT, faults=[fault("north", "cut", begin_s, begin_s + 50.0)])
    cut = first_taken(found)
    assert cut.usable_s == pytest.approx(whole.usable_s - 80.0)  # 50 s and the relock
    assert 0 < cut.secret_bits < whole.secret_bits
    assert cut.reason == "north down"
    assert cut.min_loss_db == whole.min_loss_db  # as planned: a fault is not foreseen


def test_a_loss_of_power_takes_the_raw_data_of_the_pass_so_far(tmp_path: Path) -> None:
    plain = service(tmp_path, DAYS, files=LATENT)
    whole = first_taken(plain)
    begin_s = whole.culmination_s - 20.0
    off, cut = (
        first_taken(service(tmp_path, DAYS, files=LATENT, faults=[fault("north", kind, begin_s, begin_s + 10.0)]))
        for kind in ("off", "cut")
    )
    assert off.sifted_bits is not None
    assert cut.sifted_bits is not None
    assert off.sifted_bits < 0.6 * cut.sifted_bits
    assert off.usable_s == pytest.approx(whole.usable_s - 70.0)  # 10 s and a cold start


def test_a_loss_of_power_between_pooled_passes_takes_the_first(tmp_path: Path) -> None:
    plain = service(tmp_path, 4.0, passes_per_block=2)
    first = first_taken(plain)
    found = service(
        tmp_path, 4.0, passes_per_block=2, faults=[fault("sat-1", "off", first.set_s + 60.0, first.set_s + 61.0)]
    )
    assert first_taken(found).reason == "raw data lost"
    assert 0 < secret_bits(found) < secret_bits(plain)


def test_disturbance_loss_and_eavesdropper_spoil_what_they_touch(tmp_path: Path) -> None:
    plain = service(tmp_path, DAYS)
    whole = first_taken(plain)
    spans = (whole.rise_s, whole.set_s)
    for more, is_noisy in (
        ({"kind": "disturbance", "noise_photon_rate_hz": 1e7}, True),
        ({"kind": "disturbance", "misalignment_error": 0.02}, True),
        ({"kind": "eavesdropper", "intercepted_fraction": 0.1}, True),
        ({"kind": "loss", "loss_db": 3.0}, False),
    ):
        numbers: dict[str, Any] = {key: value for key, value in more.items() if key != "kind"}
        found = service(tmp_path, DAYS, faults=[fault("north", more["kind"], *spans, **numbers)])
        same_but(found, plain, whole.rise_s)
        hit = first_taken(found)
        assert hit.secret_bits < whole.secret_bits
        assert whole.qber is not None
        assert hit.qber is not None
        assert (hit.qber > whole.qber + 0.005) == is_noisy
        if more["kind"] == "loss":
            assert hit.sifted_bits == pytest.approx((whole.sifted_bits or 0.0) / 10**0.3, rel=0.03)


@pytest.mark.parametrize("site", ["station", "satellite"])
def test_key_on_board_is_gone_with_the_site_that_shared_it(site: str, tmp_path: Path) -> None:
    plain = service(tmp_path, DAYS)
    first = plain.announcements[0]
    on = "north" if site == "station" else first.satellite
    gone = fault(on, "node-lost", first.time_s - 1.0, first.time_s - 0.5)
    kept, lost = (service(tmp_path, DAYS, faults=[replace(gone, key_lost=flag)]) for flag in (False, True))
    bits = [sum(one.bits for one in found.announcements) for found in (plain, kept, lost)]
    assert bits[0] >= bits[1] > bits[2]  # a satellite's cold start may take light, too


def test_a_fault_changes_nothing_before_it(tmp_path: Path) -> None:
    plain = service(tmp_path, DAYS, fidelity="tallied")
    middle_s = 0.5 * DAYS * DAY_S
    found = service(tmp_path, DAYS, fidelity="tallied", faults=[fault("south", "off", middle_s, DAYS * DAY_S)])
    for one, before in zip(found.passes, plain.passes, strict=True):
        assert one == before or one.set_s > middle_s
    assert secret_bits(found) < secret_bits(plain)


SCENARIO_FAULT = '[space]\nweather = "clear"\n[[fault]]\nkind = "off"\n{target}\nat = "0h"\nfor = "3d"\n'
SPACE = '[space]\nweather = "clear"\n'


def scenario(folder: Path, target: str) -> str:
    return str(write(folder, sc=(SPACE, SCENARIO_FAULT.format(target=target))))


def test_faults_of_a_scenario_reach_stations_and_satellites(tmp_path: Path) -> None:
    for target, on in (('node = "south"', "node"), ('satellite = "sat-1"', "satellite")):
        result = qkdsim.simulate(scenario(tmp_path, target), duration_s=DAY_S)
        name = target.split('"')[1]
        mine = [
            row for row in result.table("passes").iter_rows(named=True) if name in (row["station"], row["satellite"])
        ]
        assert mine
        assert not any(row["is_taken"] for row in mine)
        assert any(row["reason"] == f"{name} down" for row in mine)
        faults = [row for row in result.table("faults").iter_rows(named=True) if row["on"] != "link"]
        assert [(row["on"], row["target"], row["kind"]) for row in faults] == [(on, name, "off")]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ('link = "north--south"', "fault[0].link: got 'north--south', expected a node or a satellite"),
        ('satellite = "sat-9"', "fault[0].satellite: got 'sat-9', expected the id of a satellite"),
        ('satellite = "sat-1"\nnode = "north"', "exactly one of"),
    ],
)
def test_bad_targets(tmp_path: Path, target: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        qkdsim.simulate(scenario(tmp_path, target))
    assert any(words in str(problem) for problem in error.value.problems), str(error.value.problems)
