"""How figures look: one set of sizes, fonts and colours that colour-blind readers can tell apart."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap

# Okabe and Ito's palette (2008) without its yellow, which is too faint on white
LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
LINE_STYLES: tuple[Any, ...] = ("-", (0, (5, 1.5)))  # the second round of the palette is dashed
SERVED, BLOCKED = "#0072b2", "#d55e00"
FAULT = "#8a8a8a"
INK, QUIET, RULE = "#1a1a1a", "#5c5c5c", "#d8d8d8"

_STYLE: dict[str, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.parse_math": False,  # names may hold a dollar sign
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # real text: searchable, and in any script the reader's machine has
    "svg.hashsalt": "qkdsim",  # the same figure gives the same bytes
    "image.composite_image": False,
}

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def drawing() -> Iterator[None]:
    """The style of this project for the time of a block; the user's own settings do not reach in."""
    with mpl.rc_context(), warnings.catch_warnings():
        # in SVG the reader's fonts draw the name; in PNG and PDF a box stands for what DejaVu lacks
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(cast("Any", _STYLE))
        yield


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Run a figure-making function inside `drawing`."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with drawing():
            return function(*args, **kwargs)

    return inside


def line_look(index: int) -> dict[str, Any]:
    """Colour and dash of the index-th line."""
    style = LINE_STYLES[index // len(LINE_COLOURS) % len(LINE_STYLES)]
    return {"color": LINE_COLOURS[index % len(LINE_COLOURS)], "linestyle": style}


def rate_colours() -> LinearSegmentedColormap:
    """Low rates pale, high rates dark: viridis reversed, without the yellow end that fades on white."""
    viridis = mpl.colormaps["viridis_r"]
    return LinearSegmentedColormap.from_list("rates", [viridis(0.18 + 0.82 * step / 63) for step in range(64)])
