"""Satellites and ground stations that cannot be: each is one clear line and exit status 2, from `check` and `run`."""

from __future__ import annotations

from pathlib import Path

import pytest
from links.satellites.service_files import write

from qkdsim.cli import main

ORBIT = "orbit = { epoch = 2026-04-01T00:00:00Z, altitude_km = 500, inclination_deg = 97.4, raan_deg = 40 }"
CLIMATE = 'climate = "sapporo"'
# a line of a two-line element set ends in the sum of its digits modulo 10, each minus counting 1: 3 here
WRONG_SUM = (
    "1 25544U 98067A   26091.50000000  .00000000  00000-0  00000-0 0  9990",
    "2 25544  51.6400 100.0000 0001000   0.0000   0.0000 15.50000000    12",
)


def orbit(**changes: str) -> tuple[str, str]:
    """The first satellite with other elements."""
    elements = {"epoch": "2026-04-01T00:00:00Z", "altitude_km": "500", "inclination_deg": "97.4"} | changes
    return ORBIT, "orbit = { " + ", ".join(f"{key} = {value}" for key, value in elements.items()) + " }"


def station(line: str) -> tuple[str, str]:
    """The first ground station with another line."""
    return CLIMATE, f"{CLIMATE}\n{line}"


# what is changed in the file, and the words of the one line: key, given, expected
TOPOLOGIES = {
    "decays": (orbit(altitude_km="60"), ("satellite[0].orbit", "60", "this orbit decays")),
    "perigee too low": (orbit(eccentricity="0.1"), ("satellite[0].orbit", "this orbit decays")),
    "parabolic": (orbit(eccentricity="1"), ("satellite[0].orbit.eccentricity", "got 1", "< 1")),
    "hyperbolic": (orbit(eccentricity="1.5"), ("satellite[0].orbit.eccentricity", "1.5", "< 1")),
    "not a number": (orbit(eccentricity="nan"), ("satellite[0].orbit.eccentricity", "nan")),
    "inclination": (orbit(inclination_deg="190"), ("satellite[0].orbit.inclination_deg", "190", "180")),
    "epoch": (orbit(epoch="1800-04-01T00:00:00Z"), ("satellite[0].orbit", "1800", "1957 to 2056")),
    "checksum": (
        (ORBIT, f'tle = ["{WRONG_SUM[0]}", "{WRONG_SUM[1]}"]'),
        ("satellite[0].tle: line 1", "checksum 0", "checksum 3"),
    ),
    "short lines": ((ORBIT, 'tle = ["1 25544U", "2 25544"]'), ("satellite[0].tle: line 1", "8 characters", "69")),
    "two orbits": (
        (ORBIT, f'{ORBIT}\ntle = ["{WRONG_SUM[0]}", "{WRONG_SUM[1]}"]'),
        ("satellite[0]", "exactly one of orbit and tle"),
    ),
    "no orbit": ((ORBIT, ""), ("satellite[0]", "exactly one of orbit and tle")),
    "mask": (station("mask_deg = 95"), ("ground_station[0].mask_deg", "95", "90")),
    "horizon": (station("horizon = [[0, 10], [90, 95]]"), ("ground_station[0]: horizon", "95", "90 degrees")),
    "zenith": (station("zenith_transmission = 1.2"), ("ground_station[0].zenith_transmission", "1.2", "<= 1")),
    "table": (
        station("transmission = [[10, 0.3], [90, 1.2]]"),
        ("ground_station[0]: transmission, row 2", "1.2", "at most 1"),
    ),
    "table order": (station("transmission = [[90, 0.3], [10, 0.2]]"), ("ground_station[0]", "row 2", "more than 90")),
    "latitude": (("latitude_deg = 43.06", "latitude_deg = 95"), ("node[0].latitude_deg", "95", "90")),
    "above the satellite": (station("height_m = 600000"), ("ground_station[0].height_m", "600000", "< 40000")),
    "below the Earth": (station("height_m = -4000"), ("ground_station[0].height_m", "-4000", ">= -1000")),
    "clear share": ((CLIMATE, "clear_fraction = 1.5"), ("ground_station[0].clear_fraction", "1.5", "<= 1")),
    "climate": ((CLIMATE, 'climate = "atlantis"'), ("atlantis", "sapporo")),
    "no position": (
        ('id = "north"\nlatitude_deg = 43.06\nlongitude_deg = 141.35', 'id = "north"'),
        ("ground_station[0].node", "north", "latitude_deg and longitude_deg"),
    ),
    "no station": (
        ('ends = ["north", "south"]', 'ends = ["north", "user"]'),
        ("link[1].ends", "user", "ground_station"),
    ),
    "length": (('kind = "satellite"', 'kind = "satellite"\nlength_km = 3'), ("link[1]", "length_km", "fibre")),
    "receiver": (('receiver = "rx.toml"', 'receiver = "tx.toml"'), ("tx.toml", "[detector]", "ground station")),
}


def lines(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.strip()]


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_topology(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, words = TOPOLOGIES[name]
    scenario = write(tmp_path, net=change)
    for arguments in (["check", str(tmp_path / "net.toml")], ["run", str(scenario), "--out", str(tmp_path / "out")]):
        assert main(arguments) == 2
        printed = capsys.readouterr()
        (line,) = lines(printed.out + printed.err)
        assert all(word in line for word in words), line
    assert not (tmp_path / "out").exists()


def test_a_station_at_an_unknown_node(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It costs a second line: the satellite link of that node has lost its station."""
    write(tmp_path, net=('node = "north"', 'node = "nowhere"'))
    assert main(["check", str(tmp_path / "net.toml")]) == 2
    first, second = lines(capsys.readouterr().out)
    assert "ground_station[0].node: got 'nowhere', expected a node" in first
    assert "link[1].ends: got 'north', expected a node with a ground_station" in second


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("start = 2026-04-01T00:00:00Z", "start = 1700-04-01T00:00:00Z"), ("start", "1700", "1957 to 2056")),
        (("start = 2026-04-01T00:00:00Z", "start = 2150-04-01T00:00:00Z"), ("start", "2150", "1957 to 2056")),
        (("start = 2026-04-01T00:00:00Z\n", ""), ("start", "a date and time")),
        (('weather = "clear"', 'policy = "best"'), ("space.policy", "best", "least-served")),
        (('weather = "clear"', 'weather = "sunny"'), ("space.weather", "sunny", "drawn, clear")),
        (('weather = "clear"', 'weather = "clear"\nslice_db = 20'), ("space.slice_db", "20", "<= 1")),
    ],
    ids=["too early", "too late", "no date", "policy", "weather", "slices"],
)
def test_scenario(
    change: tuple[str, str], words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = write(tmp_path, sc=change)
    assert main(["run", str(scenario), "--out", str(tmp_path / "out")]) == 2
    printed = capsys.readouterr()
    (line,) = lines(printed.out + printed.err)
    assert all(word in line for word in words), line


def test_drawn_weather_needs_a_share_of_clear_sky(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = write(tmp_path, net=(CLIMATE, ""), sc=('weather = "clear"', 'weather = "drawn"'))
    assert main(["run", str(scenario), "--out", str(tmp_path / "out")]) == 2
    (line,) = lines(capsys.readouterr().err)
    assert "net.toml: ground_station[0]: clear_fraction: missing, expected it (or a climate" in line
