"""`qkdsim check`: validate files and print every problem, one line each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qkdsim.errors import Problem


def check(
    files: Annotated[list[str], typer.Argument(help="Topology, scenario or profile files, or shipped names.")],
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Validate files; every problem is one line. Exit status 2 if there is any."""
    from qkdsim.cli.output import print_json

    found = {name: _problems(name) for name in files}
    if json_:
        entries = [{"file": name, "problems": [str(one) for one in problems]} for name, problems in found.items()]
        print_json({"format": "check/1", "files": entries})
    else:
        for name, problems in found.items():
            for problem in problems:
                typer.echo(str(problem))
            if not problems:
                typer.echo(f"{name}: no problems")
    if any(found.values()):
        raise typer.Exit(2)


def _problems(name: str) -> list[Problem]:
    from qkdsim.errors import InputError

    try:
        _load(name)
    except InputError as error:
        return list(error.problems)
    return []


def _load(name: str) -> None:
    """Load a file and all that it names, as the command that uses it would.

    Raises InputError.
    """
    from qkdsim import library

    path = _find(name)
    kind = library.kind_of(library.read(path))
    if kind == "profile":
        from qkdsim.devices import load_profile

        load_profile(str(path))
    elif kind == "topology":
        from qkdsim.scenario import check_topology

        check_topology(str(path))
    else:
        from qkdsim.scenario import build, load_named_scenario

        build(load_named_scenario(str(path)))


def _find(name: str) -> Path:
    """A path as given, or the shipped file of that name, whatever its kind."""
    from qkdsim import library
    from qkdsim.errors import InputError

    if "/" in name or name.endswith(".toml"):
        return Path(name)
    for kind in library.FOLDERS:
        if name in library.shipped_names(kind):
            return library.find(kind, name)
    raise InputError.of(name, "", None, "no shipped file of this name; see `qkdsim list`")
