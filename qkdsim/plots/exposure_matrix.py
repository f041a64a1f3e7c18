"""Policies against failures: the share of bytes that each failure exposes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from qkdsim.exposure.matrix import ExposureMatrix, FailureKind, MatrixColumn, MatrixRow
from qkdsim.plots.axes import name_margin_in
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import BLOCKED, INK, QUIET, styled

MAX_ROWS, MAX_COLUMNS = 40, 24
_NAME_LIMIT = 34
_WIDTH_IN, _HEAD_IN, _CELL_IN, _CELL_HEIGHT_IN = 9.6, 0.75, 0.5, 0.42
_KIND_WORDS: dict[FailureKind, str] = {
    "kem": "KEM",
    "signature": "signature",
    "cipher": "cipher, hash",
    "qkd": "QKD",
    "node": "node compromised",
    "together": "together",
}


@styled
def exposure_matrix_figure(matrix: ExposureMatrix) -> Figure:
    """A heat map with numbers: rows are plans of sessions by policy and stored objects, columns are failures.

    Of more than 40 rows and 24 columns the first are drawn.
    """
    rows, columns = matrix.rows[:MAX_ROWS], matrix.columns[:MAX_COLUMNS]
    names = [f"{shortened(row.label, _NAME_LIMIT)}\n{row.policy}" for row in rows]
    left_in = name_margin_in([part for name in names for part in name.split("\n")]) + 0.1
    heads = [shortened(column.label, _NAME_LIMIT) for column in columns]
    foot_in = 0.15 + 0.068 * max((len(head) for head in heads), default=0)
    height_in = _HEAD_IN + _CELL_HEIGHT_IN * max(1, len(rows)) + foot_in
    side_in = _CELL_IN * max(1, len(columns))
    width_in = max(left_in + side_in + 0.3, _WIDTH_IN)
    figure = Figure(figsize=(width_in, height_in))
    title = "Share of bytes exposed, in per cent, if this fails"
    figure.text(0.15 / width_in, 1 - 0.22 / height_in, title, fontsize=11, fontweight="bold", va="center", color=INK)
    if not rows:
        figure.text(0.5, 0.5, "no sessions and no stored objects", ha="center", va="center", color=QUIET)
        return figure
    box = (left_in / width_in, foot_in / height_in, side_in / width_in, _CELL_HEIGHT_IN * len(rows) / height_in)
    axes = figure.add_axes(box)
    share = np.array(
        [[np.nan if one is None else one for one in line[: len(columns)]] for line in matrix.share[:MAX_ROWS]]
    )
    edges = np.arange(len(columns) + 1), np.arange(len(rows) + 1)
    axes.pcolormesh(*edges, share, cmap=_colours(), norm=Normalize(0.0, 1.0), edgecolors="white", linewidth=1.2)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    axes.set_yticks(edges[1][:-1] + 0.5, [""] * len(rows))
    axes.set_xticks(edges[0][:-1] + 0.5, heads, fontsize=8.5, rotation=90)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    _name_rows(axes, rows)
    _name_kinds(axes, columns)
    for (row, column), value in np.ndenumerate(share):
        if np.isfinite(value):
            ink = "white" if value > 0.9 else INK if value > 0 else QUIET
            axes.text(column + 0.5, row + 0.5, percent_text(value), ha="center", va="center", fontsize=8.5, color=ink)
    return figure


def percent_text(share: float) -> str:
    """A share in whole per cent, never rounded up to 100 nor down to 0."""
    if 0.995 <= share < 1:
        return ">99"
    if 0 < share < 0.005:
        return "<1"
    return f"{100 * share:.0f}"


def _colours() -> Colormap:
    return LinearSegmentedColormap.from_list("exposed", ["#eaf2f8", "#f6c9a3", BLOCKED]).with_extremes(bad="#f4f4f4")


def _name_rows(axes: Axes, rows: tuple[MatrixRow, ...]) -> None:
    place = axes.get_yaxis_transform()
    for at, row in enumerate(rows):
        name = shortened(row.label, _NAME_LIMIT)
        axes.text(-0.012, at + 0.32, name, transform=place, ha="right", va="center", fontsize=8.5, color=INK)
        axes.text(-0.012, at + 0.70, row.policy, transform=place, ha="right", va="center", fontsize=8, color=QUIET)


def _name_kinds(axes: Axes, columns: tuple[MatrixColumn, ...]) -> None:
    """What the columns are of, above them, and a line between two kinds."""
    starts = [0, *(place for place, (a, b) in enumerate(pairwise(columns), 1) if a.kind != b.kind), len(columns)]
    for first, last in pairwise(starts):
        if last - first > 0:
            axes.plot([first + 0.08, last - 0.08], [-0.12, -0.12], color=QUIET, linewidth=1.0, clip_on=False)
            words = _KIND_WORDS[columns[first].kind]
            narrow = len(words) > 7.5 * (last - first)
            text = words.replace(" ", "\n") if narrow else words
            axes.text(
                (first + last) / 2, -0.22, text, ha="center", va="bottom", fontsize=8, color=QUIET, linespacing=1.0
            )
