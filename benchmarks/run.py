"""How fast qkdsim is, in one table: `python benchmarks/run.py [--only NAME,...] [--peer-python PATH] [--json]`.

Exit status: 0 measured, 1 something could not be measured, 2 bad usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import NoReturn

from cases import CASES
from figure import BenchmarkError, Figure


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(2)


def names_of(text: str) -> list[str]:
    """The benchmarks that `--only` asks for."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in CASES:
            raise argparse.ArgumentTypeError(f"got {name!r}, expected one of {', '.join(CASES)}")
    return names


def interpreter(text: str) -> Path:
    """The peer's interpreter; not resolved, for a venv's interpreter is often a link that must keep its name."""
    path = Path(text).absolute()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"got {text!r}, expected the path of a Python interpreter")
    return path


def measured(names: list[str], peer_python: Path | None) -> list[Figure]:
    """The figures of some benchmarks, in the order asked for."""
    figures = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        try:
            figures += CASES[name](peer_python)
        except BenchmarkError as error:
            figures.append(Figure(name, None, "", note=f"failed: {error}"))
    return figures


def table(figures: list[Figure]) -> str:
    """The figures in columns, their notes below."""
    rows = [("name", "figure", "unit", "goal", "peer's figure", "ratio", "peer")]
    for one in figures:
        goal = "" if one.goal is None else f"< {one.goal:g}"
        ratio = "" if one.ratio is None else f"{one.ratio:.3g}"
        rows.append((one.name, short(one.figure) or "failed", one.unit, goal, short(one.peer_figure), ratio, one.peer))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [f"{one.name}: {one.note}" for one in figures if one.note]
    return "\n".join([*lines, "", *notes] if notes else lines)


def short(number: float | None) -> str:
    """A figure with three digits or, if large, without decimals."""
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def main() -> int:
    """Measure and print."""
    parser = OneLineParser(prog="benchmarks/run.py", description=__doc__)
    parser.add_argument("--only", type=names_of, default=list(CASES), metavar="NAME,...", help=", ".join(CASES))
    parser.add_argument(
        "--peer-python", type=interpreter, metavar="PATH", help="interpreter that has the peer installed"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    figures = measured(arguments.only, arguments.peer_python)
    if arguments.json:
        print(json.dumps({"format": "benchmarks/1", "figures": [one.as_dict() for one in figures]}, indent=2))
    else:
        print(table(figures))
    return 1 if any(one.figure is None for one in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
