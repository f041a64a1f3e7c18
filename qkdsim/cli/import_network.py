"""`qkdsim import`: a network file of another format as a topology."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qkdsim.topology import Topology

SHOWN_NOTES = 20  # more are counted; --json prints them all
_UNITS_KM = {"km": 1.0, "m": 1e-3}


def import_network(
    file: Annotated[Path, typer.Argument(help="GraphML, node-link JSON, GeoJSON, CSV edge list or gnpy network.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FORMAT", help="graphml, node-link, geojson, csv or gnpy; else recognised."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="TOML file to write; printed when left out.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the topology; that of the file when left out.")] = None,
    nodes: Annotated[Path | None, typer.Option(help="CSV file that describes the nodes of a CSV edge list.")] = None,
    length: Annotated[
        str | None, typer.Option(metavar="ATTRIBUTE=km|m", help="Edge attribute that is a length, with its unit.")
    ] = None,
    route_factor: Annotated[
        float | None, typer.Option(help="Fibre over great circle, where lengths are missing; else as ITU-T G.826.")
    ] = None,
    default_length_km: Annotated[
        float | None, typer.Option(help="Length of links without length and positions; else they are left out.")
    ] = None,
    snap_km: Annotated[float, typer.Option(help="Ends of GeoJSON lines within this distance are one node.")] = 0.5,
    quantum_bypass: Annotated[
        bool, typer.Option("--quantum-bypass", help="Assume quantum light led round every amplifier.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Turn a network file of another format into a topology. Says what was given, computed and left out."""
    from qkdsim.cli.output import print_json
    from qkdsim.errors import InputError
    from qkdsim.topology.importing import Gaps, import_network
    from qkdsim.topology.toml_text import topology_text, write_topology

    if out is not None and out.exists() and file.exists() and out.samefile(file):
        raise InputError.of("--out", "", str(out), "another file than the one that is read")
    gaps = Gaps(
        _in_range("--route-factor", route_factor, 1.0, 10.0),
        _in_range("--default-length-km", default_length_km, 0.0, 1e5),
        quantum_bypass,
    )
    _in_range("--snap-km", snap_km, 0.0, 100.0)
    found = import_network(
        file, form=from_, name=plain_name(name, file), nodes=nodes, length=_unit_of(length), snap_km=snap_km, gaps=gaps
    )
    if out is not None:
        write_topology(found.topology, out)
    if json_:
        place = {"text": topology_text(found.topology)} if out is None else {"out": str(out)}
        print_json({"format": "import/1", **facts(found.topology), "notes": found.notes, **place})
        return
    if out is None:
        typer.echo(topology_text(found.topology), nl=False)
    else:
        typer.echo(f"{out}: {summary(found.topology)}")
    _print_notes(found.notes)


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes[:SHOWN_NOTES]:
        typer.echo(f"qkdsim: note: {note}", err=True)
    if len(notes) > SHOWN_NOTES:
        typer.echo(f"qkdsim: note: {len(notes) - SHOWN_NOTES:,} more notes; --json prints them all", err=True)


def _in_range(option: str, value: float | None, least: float, greatest: float) -> float | None:
    """The value of an option. Raises InputError outside its range, and for what is no number."""
    from qkdsim.errors import InputError

    if value is not None and not (math.isfinite(value) and least <= value <= greatest):
        raise InputError.of(option, "", value, f"a number from {least:g} to {greatest:g}")
    return value


def plain_name(name: str | None, file: Path) -> str:
    """The name given for a topology, or that of a file. Raises InputError for one without letters and digits."""
    from qkdsim.errors import InputError
    from qkdsim.topology.names import id_of

    if name is not None and not id_of(name):
        raise InputError.of("--name", "", name, "a name with letters or digits")
    return id_of(name or file.stem) or "network"


def _unit_of(option: str | None) -> tuple[str, float] | None:
    """`dist=m` as name and unit in km. Raises InputError."""
    from qkdsim.errors import InputError

    if option is None:
        return None
    name, _, unit = option.rpartition("=")
    if not name or unit not in _UNITS_KM:
        raise InputError.of("--length", "", option, "an attribute and its unit, such as dist=km or dist=m")
    return name, _UNITS_KM[unit]


def facts(topology: Topology) -> dict[str, Any]:
    """Size and lengths of a network."""
    lengths = sorted(float(link.length_km) for link in topology.link if link.length_km is not None)
    return {
        "name": topology.name,
        "nodes": len(topology.node),
        "links": len(topology.link),
        "shortest_km": lengths[0] if lengths else None,
        "median_km": lengths[len(lengths) // 2] if lengths else None,
        "longest_km": lengths[-1] if lengths else None,
        "amplified_links": sum(link.amplifiers > 0 for link in topology.link),
    }


def summary(topology: Topology) -> str:
    """The same in one line."""
    about = facts(topology)
    text = f"{about['nodes']:,} nodes, {about['links']:,} links"
    if about["longest_km"] is not None:
        text += f" of {about['shortest_km']:,.4g} to {about['longest_km']:,.4g} km, median {about['median_km']:,.4g} km"
    if about["amplified_links"]:
        text += f"; {about['amplified_links']:,} amplified"
    return text
