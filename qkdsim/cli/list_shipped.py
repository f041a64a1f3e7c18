"""`qkdsim list`: what is shipped, and what cryptography is available."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """What can be listed."""

    topologies = "topologies"
    scenarios = "scenarios"
    profiles = "profiles"
    criteria = "criteria"
    schemes = "schemes"
    kems = "kems"
    signatures = "signatures"
    all = "all"


def list_shipped(
    kind: Annotated[Kind, typer.Argument(help="What to list.")] = Kind.all,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the shipped files; the criteria and schemes of certification; KEMs or signatures that can be used here."""
    from qkdsim.cli.list_algorithms import print_algorithms
    from qkdsim.cli.output import print_json, print_table

    if kind is Kind.kems or kind is Kind.signatures:
        print_algorithms("kems" if kind is Kind.kems else "signatures", as_json=json_)
        return
    if kind is Kind.criteria or kind is Kind.schemes:
        from qkdsim.cli.list_catalogue import print_criteria, print_schemes

        (print_criteria if kind is Kind.criteria else print_schemes)(as_json=json_)
        return
    kinds = [Kind.topologies, Kind.scenarios, Kind.profiles] if kind is Kind.all else [kind]
    shipped = {one.value: _entries(one) for one in kinds}
    if json_:
        print_json({"format": "list/1", **shipped})
        return
    for name, entries in shipped.items():
        print_table(name, ["name", "what it is"], [[entry["name"], entry["title"]] for entry in entries])


def _entries(kind: Kind) -> list[dict[str, str]]:
    """Name and one line of each shipped file, read from its TOML without validating it."""
    from qkdsim import library

    singular = {Kind.topologies: "topology", Kind.scenarios: "scenario", Kind.profiles: "profile"}[kind]
    entries = []
    for name in library.shipped_names(singular):
        table = library.read(library.find(singular, name)).table
        title = table["identity"]["summary"] if kind is Kind.profiles else table["title"]
        entries.append({"name": name, "title": title})
    return entries
