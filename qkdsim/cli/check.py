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
    from qkdsim.scenario import every_problem

    try:
        return every_problem(_find(name))
    except InputError as error:
        return list(error.problems)


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
