"""`qkdsim generate`: a fictional network of national scale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def generate(
    nodes: Annotated[int, typer.Option(help="Nodes, exactly.")],
    links: Annotated[int, typer.Option(help="Links, exactly.")],
    out: Annotated[Path, typer.Option(help="TOML file to write.")],
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 1,
    max_span_km: Annotated[float, typer.Option(help="No link is longer.")] = 80.0,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Device of every link; none to leave devices to the scenario.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the topology; that of the file when left out.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make up a country: cities with metropolitan rings, trunk routes with trusted nodes, and a TOML file of it."""
    from qkdsim.cli.import_network import facts, plain_name, summary
    from qkdsim.cli.output import print_json
    from qkdsim.devices import load_profile
    from qkdsim.topology.national import DEFAULT_PROFILE, generate_network
    from qkdsim.topology.toml_text import write_topology

    device = None if profile == "none" else profile or DEFAULT_PROFILE
    if device is not None:
        load_profile(device)  # a name that nobody knows is refused before anything is written
    topology = generate_network(
        nodes,
        links,
        seed=seed,
        max_span_km=max_span_km,
        profile=device,
        name=plain_name(name, out),
    )
    write_topology(topology, out, compact=True)
    if json_:
        print_json({"format": "generate/1", **facts(topology), "seed": seed, "out": str(out)})
    else:
        typer.echo(f"{out}: {summary(topology)}")
