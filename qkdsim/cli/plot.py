"""`qkdsim plot`: figures as PNG, SVG or PDF."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qkdsim.cli.passes import Days, From, Satellites, Seed, Stations, Topology, Weather

if TYPE_CHECKING:
    from qkdsim.plots import MapNode, RateCurve
    from qkdsim.results import RunResult

app = typer.Typer(
    help="Figures: key rate against length, a network and its load, key stores, service, passes, sessions, exposure.",
    rich_markup_mode=None,
)
POINTS = 121  # lengths per curve: smooth at the width of a page


@app.command("key-rate")
def key_rate(
    profiles: Annotated[list[str], typer.Argument(help="Profile names or paths.")],
    max_length_km: Annotated[float | None, typer.Option(help="Right end of the axis; the reach when left out.")] = None,
    block_bits: Annotated[float | None, typer.Option(help="Sifted key-basis bits per block.")] = None,
    asymptotic: Annotated[bool, typer.Option("--asymptotic", help="Infinite data, infinitely many decoys.")] = False,
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("key-rate.png"),
) -> None:
    """Secret key rate against fibre length, with the repeaterless bound of the fastest pulse rate."""
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.errors import InputError
    from qkdsim.plots import key_rate_figure, save

    if max_length_km is not None and not 0.0 < max_length_km <= 1e5:
        raise InputError.of("--max-length-km", "", max_length_km, "a number > 0 and <= 100000")
    with ProgressShown("key-rate") as progress:
        reach = _reach_km(profiles, block_bits, asymptotic) if max_length_km is None else max_length_km
        curves = []
        for index, name in enumerate(profiles):
            curves.append(_curve(name, reach, block_bits, asymptotic))
            progress.show((index + 1) / len(profiles), name)
    mode = "infinite data" if asymptotic else "finite blocks, expected counts"
    figure = key_rate_figure(curves, title=f"Secret key rate ({mode})", plob=_plob(profiles, reach))
    save(figure, out)
    typer.echo(str(out))


@app.command("network")
def network(
    what: Annotated[str, typer.Argument(help="A topology (name or TOML file), or a run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("network.png"),
) -> None:
    """A map of a network; links are coloured by secret key rate when a run folder is given."""
    from qkdsim.cli.facts import map_nodes
    from qkdsim.plots import MapLink, map_links, network_figure, save
    from qkdsim.topology import load_topology

    if Path(what).is_dir():
        from qkdsim.results import open_run

        result = open_run(what)
        nodes = _nodes(result)
        links, title = map_links(result.table("links")), str(result.summary["scenario"])
    else:
        topology = load_topology(what)
        nodes, title = map_nodes(topology), topology.title
        links = tuple(
            MapLink(link.id, link.ends, _published_bps(link), link.length_km, by_satellite=link.kind == "satellite")
            for link in topology.link
        )
    save(network_figure(nodes, links, title), out)
    typer.echo(str(out))


@app.command("stores")
def stores(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("stores.png"),
) -> None:
    """Key in the store of every link over the time of a run; of more than 40 links, quantiles over all of them."""
    from qkdsim.plots import fault_spans, save, stores_figure
    from qkdsim.results import open_run

    result = open_run(run_folder)
    links = result.table("links")["id"].to_list()
    faults = fault_spans(result.table("faults"))
    save(stores_figure(result.lazy("stores"), links, float(result.summary["duration_s"]), faults), out)
    typer.echo(str(out))


@app.command("load")
def load(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("load.png"),
) -> None:
    """A map of relay load: key that relays sent over links and that nodes passed on."""
    from qkdsim.plots import load_figure, map_links, relay_load, save
    from qkdsim.results import open_run

    result = open_run(run_folder)
    found = relay_load(result.lazy("relays"), result.lazy("requests"), float(result.summary["duration_s"]))
    save(load_figure(_nodes(result), map_links(result.table("links")), found), out)
    typer.echo(str(out))


@app.command("served")
def served(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("served.png"),
) -> None:
    """A matrix of the share of the key asked for that was served, by pair of nodes."""
    from qkdsim.plots import save, served_figure
    from qkdsim.results import open_run

    result = open_run(run_folder)
    save(served_figure(result.lazy("requests"), _nodes(result)), out)
    typer.echo(str(out))


@app.command("restoration")
def restoration(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("restoration.png"),
) -> None:
    """Service of the pairs that a fault touched, before, during and after it."""
    from qkdsim.plots import fault_spans, restoration_figure, save
    from qkdsim.results import open_run

    result = open_run(run_folder)
    tables = (result.lazy("restorations"), result.lazy("requests"))
    save(restoration_figure(*tables, fault_spans(result.table("faults")), float(result.summary["duration_s"])), out)
    typer.echo(str(out))


class SessionFigure(StrEnum):
    """What a figure of sessions shows."""

    basis = "basis"
    handshakes = "handshakes"


@app.command("sessions")
def sessions(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    show: Annotated[
        SessionFigure, typer.Option(help="What secrecy rests on over time, or delay and bytes of handshakes.")
    ] = SessionFigure.basis,
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("sessions.png"),
) -> None:
    """What the secrecy of hybrid sessions rests on over time, by plan; or their handshakes."""
    from qkdsim.plots import fault_spans, handshakes_figure, plan_spans, save, sessions_figure

    result = _run_with(run_folder, "sessions")
    table, plans = result.lazy("sessions"), plan_spans(result.summary)
    if show is SessionFigure.handshakes:
        figure = handshakes_figure(table, plans)
    else:
        faults = fault_spans(result.table("faults"))
        figure = sessions_figure(table, plans, float(result.summary["duration_s"]), faults)
    save(figure, out)
    typer.echo(str(out))


@app.command("exposure")
def exposure(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("exposure.png"),
) -> None:
    """A matrix of policies and stored objects against failures: the share of bytes that each exposes."""
    from qkdsim.exposure import exposure_matrix
    from qkdsim.plots import exposure_matrix_figure, save

    save(exposure_matrix_figure(exposure_matrix(_run_with(run_folder, "sessions", "objects"))), out)
    typer.echo(str(out))


@app.command("objects")
def objects(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("objects.png"),
) -> None:
    """Operations on stored objects over time, and when their holders were lost."""
    from qkdsim.plots import fault_spans, objects_figure, save

    result = _run_with(run_folder, "objects")
    faults = fault_spans(result.table("faults"))
    save(objects_figure(result.lazy("objects"), float(result.summary["duration_s"]), faults), out)
    typer.echo(str(out))


@app.command("migration")
def migration(
    run_folder: Annotated[str, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("migration.png"),
) -> None:
    """Stages of a migration over time, its cost, and the bytes that a quantum computer would read."""
    from qkdsim.plots import fault_spans, migration_figure, save

    result = _run_with(run_folder, "migration")
    faults = fault_spans(result.table("faults"))
    save(migration_figure(result.lazy("migration"), float(result.summary["duration_s"]), faults), out)
    typer.echo(str(out))


def _run_with(run_folder: str, *tables: str) -> RunResult:
    """A run that has rows in one of these tables. Raises InputError for another."""
    from qkdsim.errors import InputError
    from qkdsim.results import open_run

    result = open_run(run_folder)
    if not any(result.table(table).height for table in tables):
        raise InputError.of(run_folder, "", None, f"a run with {' or '.join(tables)}; this one has none")
    return result


class PassFigure(StrEnum):
    """What a figure of passes shows."""

    timetable = "timetable"
    tracks = "tracks"
    profile = "profile"


@app.command("passes")
def passes(
    topology: Topology,
    show: Annotated[
        PassFigure, typer.Option(help="All passes over time, ground tracks on a map, or the pass with the most key.")
    ] = PassFigure.timetable,
    from_: From = None,
    days: Days = 7.0,
    station: Stations = None,
    satellite: Satellites = None,
    seed: Seed = 1,
    weather: Weather = "drawn",
    out: Annotated[Path, typer.Option(help="File to write; its suffix decides the format.")] = Path("passes.png"),
) -> None:
    """Passes of satellites over ground stations."""
    from qkdsim.cli.passes import chosen_passes, chosen_sky, draw_figure, find_service
    from qkdsim.plots import save

    service, _ = find_service(topology, from_, days, seed, weather)
    chosen = chosen_passes(service, station, satellite)
    save(draw_figure(show.value, chosen_sky(service, chosen), chosen), out)
    typer.echo(str(out))


def _nodes(result: RunResult) -> tuple[MapNode, ...]:
    """The nodes of a run, as maps draw them."""
    from qkdsim.plots import MapNode

    columns = ("id", "label", "latitude_deg", "longitude_deg", "kind")
    return tuple(MapNode(*row) for row in result.table("nodes").select(columns).iter_rows())


def _published_bps(link: object) -> float | None:
    published = getattr(link, "published", None)
    rate = None if published is None else published.secret_key_rate_bps
    return None if rate is None else float(rate)


def _reach_km(profiles: list[str], block_bits: float | None, asymptotic: bool) -> float:
    """A little beyond the furthest reach, in whole tens of kilometres."""
    from qkdsim.devices import load_profile
    from qkdsim.links import key_rate as rate_of

    reaches = []
    for profile in map(load_profile, profiles):
        # a declared rate table knows neither blocks nor limits
        size, endless = (block_bits, asymptotic) if profile.is_modelled else (None, False)
        reaches.append(rate_of(profile, length_km=0.0, block_bits=size, asymptotic=endless).max_length_km)
    return max(10.0, 10.0 * -(-max(reach or 0.0 for reach in reaches) // 10.0))


def _curve(name: str, reach_km: float, block_bits: float | None, asymptotic: bool) -> RateCurve:
    import numpy as np

    from qkdsim.links import secret_key_rates_bps
    from qkdsim.plots import RateCurve

    lengths_km = np.linspace(0.0, reach_km, POINTS)
    rates_bps = secret_key_rates_bps(name, lengths_km.tolist(), block_bits=block_bits, asymptotic=asymptotic)
    return RateCurve(name, lengths_km.tolist(), rates_bps)


def _plob(profiles: list[str], reach_km: float) -> RateCurve | None:
    """The repeaterless bound at the fastest pulse rate and the least attenuation of the profiles."""
    import numpy as np

    from qkdsim.devices import load_profile
    from qkdsim.plots import RateCurve, plob_rate_bps

    modelled = [one for one in map(load_profile, profiles) if one.source is not None]
    if not modelled:
        return None
    fastest_hz = max(float(one.source.pulse_rate_hz) for one in modelled if one.source is not None)
    attenuation = min(float(one.reference_fibre.attenuation_db_per_km) for one in modelled)
    lengths_km = np.linspace(0.0, reach_km, POINTS)[1:]
    rates_bps = plob_rate_bps((attenuation * lengths_km).tolist(), fastest_hz)
    label = f"repeaterless bound, {fastest_hz / 1e9:g} GHz, {attenuation:g} dB/km"
    return RateCurve(label, lengths_km.tolist(), rates_bps)
