"""Links through the air, from files to key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from links.satellites.service_files import write as write_satellites

from qkdsim.cli import main
from qkdsim.errors import InputError
from qkdsim.links import QkdLink
from qkdsim.links.free_space import Sky
from qkdsim.scenario import build, load_named_scenario, run_name
from qkdsim.topology import load_topology

from .free_space_files import SCENARIO, write

WEATHER = '[space]\nweather = "table"\nweather_table = "sky.csv"\n[[demand]]'
TABLED = ("[[demand]]", WEATHER)
CLEAR = ("[[demand]]", '[space]\nweather = "clear"\n[[demand]]')
DAY_S = 86_400.0


def links(folder: Path, **changes: tuple[str, str]) -> dict[str, QkdLink]:
    plan = build(load_named_scenario(str(write(folder, **changes))))
    return {one.qkd.id: one.qkd for one in plan.links if isinstance(one.qkd, QkdLink)}


def sky(link: QkdLink) -> Sky:
    assert link.sky is not None
    return link.sky


def secret_bits(link: QkdLink, duration_s: float = DAY_S) -> int:
    return sum(int(block.secret_bits.sum()) for block in link.blocks(duration_s, 1))


def test_both_kinds_of_path_give_key(tmp_path: Path) -> None:
    found = links(tmp_path, day=CLEAR)
    roofs, down = found["roofs"], found["down"]
    assert roofs.length_km == pytest.approx(3.44, abs=0.02)
    assert down.length_km == pytest.approx(26.5, abs=0.3)  # 20 km up and 17 km away
    # 3.44 km of air of 20 km of visibility take 1.7 dB (Kim); turbulence of 1e-14 spreads the beam and blurs its image
    assert roofs.loss_db == pytest.approx(6.3, abs=0.1)
    calm = links(tmp_path, day=CLEAR, air=("clear_fraction = 0.9", "cn2_m_2_3 = 0"))["roofs"]
    assert 1.7 < calm.loss_db < 3.5  # most light is caught: Friis would give a gain
    assert all(secret_bits(one) > 10**6 for one in (roofs, down))
    assert sky(roofs).site is None
    assert sky(down).sun_below_deg == -12.0
    assert sky(roofs).day_noise_hz > 1e3 * sky(roofs).night_noise_hz > 0.0


def test_loss_grows_with_distance_and_turbulence_of_the_day(tmp_path: Path) -> None:
    near = links(tmp_path)["roofs"]
    far = links(tmp_path, air=("latitude_deg = 35.71\n", "latitude_deg = 35.73\n"))["roofs"]
    assert far.loss_db > near.loss_db + 0.5
    assert sky(near).day_loss_db == 0.0
    windy = links(tmp_path, air=("daylight = true", "daylight = true\nday_cn2_m_2_3 = 1e-13"))["roofs"]
    assert windy.loss_db == near.loss_db
    assert sky(windy).day_loss_db > 1.0


def test_a_measured_loss_beats_the_computed_one(tmp_path: Path) -> None:
    given = links(tmp_path, air=('id = "roofs"', 'id = "roofs"\nloss_db = 9.5'))["roofs"]
    assert given.loss_db == 9.5
    assert sky(given).night_noise_hz > 0.0


def test_up_to_a_platform_the_beam_meets_the_turbulence_first(tmp_path: Path) -> None:
    changes = {
        "generic-cubesat-transmitter": "generic-roof-transmitter",
        "generic-ogs-40cm": "generic-roof-receiver",
    }
    text = write(tmp_path).with_name("air.toml").read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    (tmp_path / "air.toml").write_text(text)
    down = build(load_named_scenario(str(tmp_path / "day.toml"))).links[1].qkd
    (tmp_path / "air.toml").write_text(text.replace('["haps", "west"]', '["west", "haps"]'))
    up = build(load_named_scenario(str(tmp_path / "day.toml"))).links[1].qkd
    assert isinstance(up, QkdLink)
    assert up.loss_db > down.loss_db + 0.5


def test_two_platforms_are_above_the_weather(tmp_path: Path) -> None:
    link = (
        '[[link]]\nid = "high"\nkind = "free-space"\nends = ["haps", "haps-2"]\n'
        'transmitter = "generic-cubesat-transmitter"\nreceiver = "generic-roof-receiver"\n'
    )
    node = '[[node]]\nid = "haps-2"\nkind = "platform"\nlatitude_deg = 36.2\nlongitude_deg = 139.6\nheight_m = 21000\n'
    high = links(tmp_path, air=('[[link]]\nid = "roofs"', f'{node}{link}[[link]]\nid = "roofs"'))["high"]
    assert sky(high).site is None
    assert high.length_km == pytest.approx(67.0, abs=0.5)
    assert secret_bits(high) > 0


def test_a_declared_link_through_the_air_needs_no_telescope(tmp_path: Path) -> None:
    text = write(tmp_path, day=CLEAR).with_name("air.toml").read_text()
    devices = 'transmitter = "generic-roof-transmitter"\nreceiver = "generic-roof-receiver"'
    declared = 'profile = "secoqc-2008-freespace"\nloss_db = 3.0'
    (tmp_path / "air.toml").write_text(text.replace(devices, declared).replace("daylight = true\n", ""))
    roofs = build(load_named_scenario(str(tmp_path / "day.toml"))).links[0].qkd
    assert isinstance(roofs, QkdLink)
    assert roofs.fidelity == "declared"
    # 17 kbit/s while the Sun is 12 degrees below the horizon: 10.5 hours in October
    assert secret_bits(roofs) == pytest.approx(17_000 * 10.5 * 3600, rel=0.01)


def table(folder: Path, rows: str, name: str = "sky.csv", head: str = "station,time,clear") -> None:
    (folder / name).write_text(f"{head}\n{rows}\n", encoding="utf-8")


def test_weather_from_a_table_shuts_links_and_names_the_run(tmp_path: Path) -> None:
    table(tmp_path, "roofs,2026-10-05,1\nroofs,2026-10-05T12:00,0\nwest,2026-10-01,0")
    found = links(tmp_path, day=TABLED)
    assert secret_bits(found["down"]) == 0
    first, all_day = secret_bits(found["roofs"], DAY_S / 2), secret_bits(found["roofs"])
    assert 0 < first <= all_day < 1.02 * first
    plan = build(load_named_scenario(str(tmp_path / "day.toml")))
    (name, digest), before = plan.tables[0], run_name(plan)
    assert (name, len(digest)) == ("sky.csv", 64)
    table(tmp_path, "roofs,2026-10-05,1\nroofs,2026-10-05T13:00,0\nwest,2026-10-01,0")
    assert run_name(build(load_named_scenario(str(tmp_path / "day.toml")))) != before


def test_weather_from_a_table_for_ground_stations(tmp_path: Path) -> None:
    scenario = write_satellites(tmp_path, sc=('weather = "clear"', 'weather = "table"\nweather_table = "sky.csv"'))
    table(tmp_path, "north,2026-04-01,1\nsouth,2026-03-01,0")
    service = build(load_named_scenario(str(scenario))).space
    assert service is not None
    by_cloud = {one.station for one in service.passes if one.reason == "clouds"}
    assert by_cloud == {"south"}
    assert {one.station for one in service.passes if one.is_taken} == {"north"}
    table(tmp_path, "north,2026-04-01,1")
    with pytest.raises(InputError, match="a row for south at or before the start"):
        build(load_named_scenario(str(scenario)))


def test_clear_air_from_a_table(tmp_path: Path) -> None:
    table(tmp_path, "10,0.2\n50,0.5\n90,0.6", "air.csv", "elevation_deg,transmission")
    tabled = ('climate = "tokyo"', 'climate = "tokyo"\ntransmission_table = "air.csv"')
    found, plain = links(tmp_path, air=tabled), links(tmp_path)
    # 0.895^1.3 over the zenith's preset against 0.5 at 50 degrees: 3 dB and 0.6 dB
    assert found["down"].loss_db - plain["down"].loss_db == pytest.approx(2.4, abs=0.2)
    write(tmp_path, air=tabled)
    assert [name for name, _ in build(load_named_scenario(str(tmp_path / "day.toml"))).tables] == ["air.csv"]
    station = ('climate = "sapporo"', 'climate = "sapporo"\ntransmission_table = "air.csv"')
    service = build(load_named_scenario(str(write_satellites(tmp_path, net=station)))).space
    assert service is not None
    assert float(service.plan.stations[0].extinction.transmittance(500.0, 50.0)) == pytest.approx(0.5)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-10-05T00:00:00Z", "2026-10-05T00:00:00+00:00"),
        ("2026-10-05T00:00:00", "2026-10-05T00:00:00+00:00"),  # no time zone: UTC
        ("2026-10-05T09:00:00+09:00", "2026-10-05T00:00:00+00:00"),
        ("2026-10-05", "2026-10-05T00:00:00+00:00"),
    ],
)
def test_the_start_is_in_utc(written: str, utc: str, tmp_path: Path) -> None:
    path = write(tmp_path, day=("2026-10-05T00:00:00Z", written))
    start = load_named_scenario(str(path)).scenario.start
    assert start is not None
    assert start.isoformat() == utc


WEST = "latitude_deg = 35.71\nlongitude_deg = 139.74\nheight_m = 80"
EAST = "latitude_deg = 35.686\nlongitude_deg = 139.764\nheight_m = 120"
AND, KEEPING = "attenuation_db_per_km", "station_keeping_km"
AIR = {
    "sight": (("longitude_deg = 139.74", "longitude_deg = 140.74"), ("link[0]", "east and west", "the Earth's bulge")),
    "horizon": (("longitude_deg = 139.6\n", "longitude_deg = 142.6\n"), ("link[1]", "at least 5 degrees")),
    "one place": ((WEST, EAST), ("link[0]", "two different places")),
    "no height": (("height_m = 120\n", ""), ("link[0].ends", "'east'", "height_m")),
    "no altitude": (("height_m = 20000\n", ""), ("node[2].height_m", "altitude")),
    "fibre key": (('id = "roofs"', 'id = "roofs"\nlength_km = 3'), ("link[0]", "length_km", "fibre")),
    "fibre": (('kind = "free-space"\nends = ["east"', 'length_km = 3\nends = ["east"'), ("link[0]", "free_space")),
    "fibre to the sky": (
        ('kind = "free-space"\nends = ["haps", "west"]\n', 'length_km = 30\nends = ["haps", "west"]\n'),
        ("link[1]", "free_space"),
    ),
    "cloud on a roof": (("clear_fraction = 0.9", 'climate = "tokyo"'), ("link[0].free_space.climate", "platform")),
    "haze on a slant": (('climate = "tokyo"', "visibility_km = 9"), ("link[1].free_space.visibility_km", "ground")),
    "two airs": (("daylight = true", f"visibility_km = 9\n{AND} = 1"), ("visibility_km", "one or the other")),
    "calm day": (("daylight = true", "cn2_m_2_3 = 1e-14\nday_cn2_m_2_3 = 1e-15"), ("day_cn2_m_2_3", "1e-15", "1e-14")),
    "no climate": (("clear_fraction = 0.9\n", ""), ("link[0].free_space", "clear_fraction")),
    "unknown climate": (('"tokyo"', '"atlantis"'), ("link[1].free_space", "atlantis", "sapporo")),
    "no telescope": (("generic-roof-receiver", "generic-ingaas-metro"), ("generic-ingaas-metro", "telescope")),
    "no table": (('climate = "tokyo"', 'transmission_table = "a.csv"'), ("transmission_table", "a.csv", "readable")),
    "roof in the sky": (("height_m = 80", "height_m = 50_000"), ("node[1].height_m", "50000", "10000 m on the ground")),
    "platform in orbit": (("= 20000", "= 2000000"), ("node[2].height_m", "2000000", "at most 60000 m")),
    "boiling air": (("daylight = true", "cn2_m_2_3 = 1"), ("link[0].free_space.cn2_m_2_3", "got 1", "<= 1e-10")),
    "lead fog": (("clear_fraction = 0.9", f"{AND} = 1e5"), (f"link[0].free_space.{AND}", "got 100000", "<= 10000")),
    "blazing wall": (
        ("daylight = true", "night_radiance_w_per_m2_sr_um = 1e9"),
        ("link[0].free_space.night_radiance_w_per_m2_sr_um", "<= 100000"),
    ),
    "roaming the world": (("= 20000", f"= 20000\n{KEEPING} = 9000"), (f"node[2].{KEEPING}", "got 9000", "<= 500")),
    "roaming roof": (("height_m = 80", f"height_m = 80\n{KEEPING} = 1"), ("node[1].station_keeping_km", "platform")),
}  # fmt: skip


@pytest.mark.parametrize("name", AIR)
def test_bad_air(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, words = AIR[name]
    scenario = write(tmp_path, air=change)
    for command in (["check", str(scenario)], ["run", str(scenario), "--out", str(tmp_path / "out")]):
        assert main(command) == 2
        printed = capsys.readouterr()
        text = (printed.out + printed.err).strip()
        assert any(all(word in line for word in words) for line in text.splitlines()), text
        assert "Traceback" not in text


START = "start = 2026-10-05T00:00:00Z"
DAYS = {
    "no start": ((f"{START}\n", ""), ("day.toml: start", "a date and time")),
    "too late": ((START, "start = 2060-01-01T00:00:00Z"), ("start", "2060", "1957 to 2056")),
    "too early": ((START, "start = 1950-01-01"), ("start", "1950", "1957 to 2056")),
    "a number": ((START, "start = 5"), ("start", "got 5", "a date and time")),
    "ends too late": ((START, "start = 2056-12-31T12:00:00Z"), ("duration", "1957 to 2056")),
    "table without a name": (("[[demand]]", '[space]\nweather = "table"\n[[demand]]'), ("space", "weather_table")),
    "name without a table": (("[[demand]]", '[space]\nweather_table = "a.csv"\n[[demand]]'), ("space", "'table'")),
    "no table": (TABLED, ("space.weather_table", "sky.csv", "a readable file")),
}


@pytest.mark.parametrize("name", DAYS)
@pytest.mark.parametrize("command", ["check", "run"])
def test_bad_days(name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, words = DAYS[name]
    scenario = write(tmp_path, day=change)
    assert main([command, str(scenario), *(["--out", str(tmp_path / "out")] if command == "run" else [])]) == 2
    printed = capsys.readouterr()
    (line,) = [line for line in (printed.out + printed.err).splitlines() if line.strip()]
    assert all(word in line for word in words), line


def test_a_table_that_does_not_know_the_link(tmp_path: Path) -> None:
    table(tmp_path, "elsewhere,2026-10-01,1")
    with pytest.raises(InputError, match=re.escape("a row for roofs at or before the start")):
        links(tmp_path, day=TABLED)


def test_the_shipped_example_works_by_day_and_night() -> None:
    plan = build(load_named_scenario("tokyo-free-space-day"))
    found = {one.qkd.id: one.qkd for one in plan.links if isinstance(one.qkd, QkdLink)}
    noon = [one for one in found["roofs"].blocks(DAY_S / 4, 1) if one.secret_bits.any()]
    assert len(noon) > 0
    assert secret_bits(found["airship--oshima"], DAY_S / 4) == 0  # three in the afternoon
    assert secret_bits(found["airship--oshima"]) > 10**6
    assert {node.kind for node in load_topology("japan-free-space").node} == {"trusted", "platform"}
    assert "start" in SCENARIO
