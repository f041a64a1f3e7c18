"""`qkdsim compare`: devices side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qkdsim.evaluation.side_by_side import ComparedDevice


def compare(
    profiles: Annotated[list[str], typer.Argument(help="Profile names or paths.")],
    loss_db: Annotated[float, typer.Option(help="Channel loss at which figures are compared.")] = 10.0,
    level: Annotated[str, typer.Option(help="L1, L2 or L3: the limits of the security margins.")] = "L2",
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the figure; its suffix decides the format.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Key rate, reach, margins, start-up, energy, cost and security of devices, as their profiles declare them."""
    from qkdsim.cli.output import print_json
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.cli.target_file import check_file
    from qkdsim.errors import InputError
    from qkdsim.evaluation.catalogue import LEVELS
    from qkdsim.evaluation.side_by_side import compare as compared

    chosen = next((one for one in LEVELS if one == level), None)
    if chosen is None:
        raise InputError.of("--level", "", level, f"one of {', '.join(LEVELS)}")
    for path in (figure, html):
        if path is not None:
            check_file(path)
    with ProgressShown("comparing") as progress:
        devices = compared(profiles, loss_db=loss_db, level=chosen, on_progress=progress.show)
    if figure is not None:
        from qkdsim.plots import save
        from qkdsim.plots.side_by_side import side_by_side_figure

        save(side_by_side_figure(devices), figure)
    if html is not None:
        from qkdsim.cli.target_file import write_file
        from qkdsim.report.side_by_side import write_side_by_side

        write_file(html, write_side_by_side(devices, loss_db))
    if json_:
        print_json({"format": "compare/1", "loss_db": loss_db, "profiles": [_document(one) for one in devices]})
    else:
        _print(devices, loss_db)
    for path in (figure, html):
        if path is not None:
            typer.echo(str(path), err=json_)


def _document(device: ComparedDevice) -> dict[str, Any]:
    from dataclasses import asdict

    document = asdict(device)
    curve = document.pop("curve")
    level = document.pop("level")
    document["verdict"] = {key: level[key] for key in ("level", "verdict", "counts")}
    document["curve"] = {key: [one[key] for one in curve] for key in ("loss_db", "rate_bps", "low_bps", "high_bps")}
    return document


def _print(devices: Sequence[ComparedDevice], loss_db: float) -> None:
    from qkdsim.cli.output import print_table
    from qkdsim.report.side_by_side import compared_rows

    rows = compared_rows(devices, loss_db)
    print_table(
        "devices side by side, as their profiles declare them",
        ["", *(one.name for one in devices)],
        [[one.name, *one.cells] for one in rows],
        numeric=range(1, len(devices) + 1),
    )
