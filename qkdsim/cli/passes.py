"""`qkdsim passes`: when satellites pass over the ground stations of a topology, and what a pass is worth."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qkdsim.links.satellites import PassRecord, SatelliteService
    from qkdsim.plots import Figure, SkyFacts
    from qkdsim.topology import NamedTopology

FIGURES = ("timetable", "tracks", "profile")
NAMES_IN_ERROR = 12

Topology = Annotated[str, typer.Argument(help="Shipped topology name, or a path to a TOML file.")]
From = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="Start in UTC; the topology's epoch when left out.")
]
Days = Annotated[float, typer.Option(help="Days to look at.")]
Stations = Annotated[list[str] | None, typer.Option("--station", help="Show this station only; may be repeated.")]
Satellites = Annotated[list[str] | None, typer.Option("--satellite", help="Show this satellite only; may be repeated.")]
Seed = Annotated[int, typer.Option(help="Seed of the weather.")]
Weather = Annotated[str, typer.Option(metavar="NAME", help="drawn (from the stations' climates) or clear.")]


def passes(
    topology: Topology,
    from_: From = None,
    days: Days = 7.0,
    station: Stations = None,
    satellite: Satellites = None,
    usable: Annotated[bool, typer.Option("--usable", help="Only passes in which key can be made.")] = False,
    seed: Seed = 1,
    weather: Weather = "drawn",
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for a timetable, a map, and the pass with the most key.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Passes of satellites over ground stations: when, usable or why not, loss, and the key they promise."""
    from qkdsim.cli.output import print_json
    from qkdsim.units import format_duration

    service, name = find_service(topology, from_, days, seed, weather)
    shown = chosen_passes(service, station, satellite)
    listed = [one for one in shown if one.is_usable or not usable]
    start = service.table.start
    if figures is not None:
        _write_figures(figures, service, shown)
    if json_:
        document = {
            "format": "passes/1",
            "topology": name,
            "from": _iso(start, 0.0),
            "days": days,
            "seed": seed,
            "weather": weather,
            "passes": [_row(one, start) for one in listed],
        }
        print_json(document)
    else:
        title = f"{name}: {format_duration(days * 86_400.0)} from {start:%Y-%m-%d %H:%M} UTC"
        _print(title, listed, shown, start)


def find_service(name: str, start: str | None, days: float, seed: int, weather: str) -> tuple[SatelliteService, str]:
    """The satellite service of a topology at mean counts, and the topology's name.

    Raises InputError for a topology without satellites or stations, and for options that make no sense.
    """
    from qkdsim.channels.orbit.times import DAY_S, LATEST
    from qkdsim.cli.values import moment
    from qkdsim.errors import InputError
    from qkdsim.scenario.space_plan import space_service
    from qkdsim.space import SpaceSettings
    from qkdsim.topology import load_named_topology

    if not (math.isfinite(days) and days > 0.0):
        raise InputError.of("--days", "", days, "a number above 0")
    if seed < 0:
        raise InputError.of("--seed", "", seed, "a whole number >= 0")
    if weather not in ("drawn", "clear"):
        raise InputError.of("--weather", "", weather, "drawn or clear")
    named = load_named_topology(name)
    begin = _start(named, None if start is None else moment(start, "--from"))
    if days * DAY_S > (LATEST - begin).total_seconds():
        raise InputError.of("--days", "", days, "an end in the years 1957 to 2056")
    service = space_service(named, SpaceSettings(weather=weather), begin, days * DAY_S, seed, "expected")
    return service, named.topology.name


def _start(named: NamedTopology, given: datetime | None) -> datetime:
    from qkdsim import library
    from qkdsim.channels.orbit.times import utc
    from qkdsim.errors import InputError

    topology, file = named.topology, library.display_name(named.path)
    if not (topology.satellite or topology.constellation):
        raise InputError.of(file, "satellite", None, "missing, expected at least one satellite or constellation")
    if not topology.ground_station:
        raise InputError.of(file, "ground_station", None, "missing, expected at least one ground station")
    if given is not None:
        return utc(given, source="--from", key="")
    if topology.epoch is None:
        raise InputError.of("--from", "", None, f"missing, expected a date, since {file} states no epoch")
    return utc(topology.epoch, source=file, key="epoch")


def chosen_passes(
    service: SatelliteService, stations: list[str] | None, satellites: list[str] | None
) -> list[PassRecord]:
    """The passes of the stations and satellites asked for, by time; the others still compete for the same sky.

    Raises InputError for a name that is not there.
    """
    _check_names("--station", stations, [one.name for one in service.plan.stations])
    _check_names("--satellite", satellites, [one.name for one in service.plan.crafts])
    return [
        one
        for one in service.passes
        if (not stations or one.station in stations) and (not satellites or one.satellite in satellites)
    ]


def _check_names(option: str, given: list[str] | None, known: Sequence[str]) -> None:
    from qkdsim.errors import InputError

    more = ", …" if len(known) > NAMES_IN_ERROR else ""
    for name in given or ():
        if name not in known:
            raise InputError.of(option, "", name, f"one of {', '.join(known[:NAMES_IN_ERROR])}{more}")


def chosen_sky(service: SatelliteService, passes: Sequence[PassRecord]) -> SkyFacts:
    """What figures show beside the passes, for the stations and satellites that have some of them."""
    from qkdsim.plots import best_profile, sky_facts

    sky = sky_facts(service)
    stations, satellites = {one.station for one in passes}, {one.satellite for one in passes}
    return replace(
        sky,
        stations=tuple(one for one in sky.stations if one.name in stations),
        tracks=tuple(one for one in sky.tracks if one.name in satellites),
        best=best_profile(service, passes),
    )


def draw_figure(name: str, sky: SkyFacts, passes: Sequence[PassRecord]) -> Figure:
    """One of FIGURES: the timetable, the map of ground tracks, the pass with the most key.

    Raises InputError where there is no pass.
    """
    from qkdsim.errors import InputError
    from qkdsim.plots import ground_tracks_figure, pass_profile_figure, pass_timetable_figure

    if sky.best is None:
        raise InputError.of("figures of passes", "", None, "no pass in this time: nothing to draw")
    if name == "timetable":
        return pass_timetable_figure(passes, sky.stations, sky.start, sky.duration_s)
    return ground_tracks_figure(sky.tracks, sky.stations) if name == "tracks" else pass_profile_figure(sky.best)


def _write_figures(folder: Path, service: SatelliteService, passes: Sequence[PassRecord]) -> None:
    from qkdsim.errors import InputError
    from qkdsim.plots import save

    sky = chosen_sky(service, passes)
    drawn = {name: draw_figure(name, sky, passes) for name in FIGURES}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.of(str(folder), "", None, f"cannot be made: {error.strerror}") from None
    for name, figure in drawn.items():
        save(figure, folder / f"pass-{name}.svg")


def _row(one: PassRecord, start: datetime) -> dict[str, Any]:
    return {
        "satellite": one.satellite,
        "station": one.station,
        "rise": _iso(start, one.rise_s),
        "culmination": _iso(start, one.culmination_s),
        "set": _iso(start, one.set_s),
        "max_elevation_deg": round(one.max_elevation_deg, 3),
        "usable": one.is_usable,
        "usable_s": round(one.usable_s, 3),
        "taken": one.is_taken,
        "reason": one.reason,
        "min_loss_db": None if one.min_loss_db is None else round(one.min_loss_db, 3),
        "expected_secret_bits": one.expected_secret_bits,
        "direction": one.direction,
    }


def _at(start: datetime, time_s: float) -> datetime:
    """A moment rounded to the second."""
    moment = start + timedelta(seconds=time_s + 0.5)
    return moment.replace(microsecond=0)


def _iso(start: datetime, time_s: float) -> str:
    return f"{_at(start, time_s):%Y-%m-%dT%H:%M:%SZ}"


def _print(title: str, listed: Sequence[PassRecord], shown: Sequence[PassRecord], start: datetime) -> None:
    from qkdsim.cli.output import print_table

    if listed:
        print_table(
            title,
            ["rise UTC", "up", "peak", "satellite", "station", "usable", "loss dB", "key", "why not"],
            [_cells(one, start) for one in listed],
            numeric=(1, 2, 5, 6, 7),
            dense=True,
        )
    else:
        typer.echo(title)
    typer.echo(_footer(shown))


def _cells(one: PassRecord, start: datetime) -> list[str]:
    from qkdsim.cli.output import number
    from qkdsim.plots.quantities import bits_text

    return [
        f"{_at(start, one.rise_s):%m-%d %H:%M}",
        _minutes(one.set_s - one.rise_s),
        f"{one.max_elevation_deg:.1f}°",
        one.satellite,
        f"{one.station} ↑" if one.direction == "uplink" else one.station,
        _minutes(one.usable_s) if one.usable_s > 0.0 else "–",
        number(one.min_loss_db, 3),
        bits_text(one.expected_secret_bits) if one.usable_s > 0.0 else "–",
        one.reason,
    ]


def _minutes(length_s: float) -> str:
    """Minutes and seconds, hours before them where there are some."""
    minutes, seconds = divmod(round(length_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _footer(passes: Sequence[PassRecord]) -> str:
    """How many passes are usable and taken, the key they promise, and why the others are not."""
    from qkdsim.plots.quantities import bits_text

    usable = [one for one in passes if one.is_usable]
    taken = [one for one in usable if one.is_taken]
    expected = bits_text(sum(one.expected_secret_bits for one in taken))
    line = f"{len(usable)} of {len(passes)} passes usable, {len(taken)} taken: {expected} of key expected"
    ups = sum(one.direction == "uplink" for one in passes)
    if ups:
        line += f"\n↑ uplink: light goes from the station to the satellite, in {ups} of {len(passes)} passes"
    reasons = Counter(one.reason for one in passes if not one.is_taken)
    if reasons:
        line += "\nnot taken: " + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return line
