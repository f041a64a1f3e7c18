"""`qkdsim check`: validate files and print every problem, one line each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qkdsim.errors import Problem

EVIDENCE_FORMAT = "evidence/1"  # the one format whose file stands for its folder


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Topology, scenario, profile or evidence.toml files (with the records beside), folders, shipped names."
        ),
    ],
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Validate files of any kind; every problem is one line. Exit status 2 if there is any."""
    from qkdsim.cli.output import print_json

    found = {name: _problems(name) for given in files for name in _files_in(given)}
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


def _files_in(name: str) -> list[str]:
    """The TOML files of a folder, in order of name; else what was given."""
    if _is_shipped(name) or not Path(name).is_dir():
        return [name]
    return sorted(str(path) for path in Path(name).glob("*.toml")) or [name]


def _is_shipped(name: str) -> bool:
    from qkdsim import library

    return any(name in library.shipped_names(kind) for kind in library.FOLDERS)


def _problems(name: str) -> list[Problem]:
    from qkdsim import library
    from qkdsim.errors import InputError

    try:
        path = _find(name)
        source = library.read(path)
        if source.table.get("format") == EVIDENCE_FORMAT:
            return _problems_of_evidence(path)
        is_of_catalogue = library.kind_of(source) in ("criteria", "scheme")
        return _problems_of_catalogue(path) if is_of_catalogue else _problems_of_network(path)
    except InputError as error:
        return list(error.problems)


def _problems_of_evidence(path: Path) -> list[Problem]:
    """What is wrong with a laboratory's records; of which device they must be only `certify` knows."""
    from qkdsim.errors import InputError
    from qkdsim.evaluation.records import read_records
    from qkdsim.evaluation.records.description import NAME

    if path.name != NAME:
        raise InputError.of(str(path), "", path.name, f"the name {NAME}")
    return list(read_records(path.parent, None).problems)


def _problems_of_catalogue(path: Path) -> list[Problem]:
    from qkdsim.evaluation.catalogue import check_file

    check_file(path)
    return []


def _problems_of_network(path: Path) -> list[Problem]:
    from qkdsim.scenario import every_problem

    return every_problem(path)


def _find(name: str) -> Path:
    """A path as given, or the shipped file of that name, whatever its kind."""
    from qkdsim import library
    from qkdsim.errors import InputError

    if not _is_shipped(name) and Path(name).is_dir():
        raise InputError.of(name, "", None, "a folder without TOML files")
    if "/" in name or name.endswith(".toml"):
        return Path(name)
    for kind in library.FOLDERS:
        if name in library.shipped_names(kind):
            return library.find(kind, name)
    raise InputError.of(name, "", None, "no shipped file of this name; see `qkdsim list`")
