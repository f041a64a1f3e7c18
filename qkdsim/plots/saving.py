"""Figures to files and to text, the same bytes each time."""

from __future__ import annotations

import io
import re
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from qkdsim.errors import InputError
from qkdsim.plots.scripts import every_script
from qkdsim.plots.style import drawing

# no dates: the same figure gives the same bytes
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save(figure: Figure, path: str | Path, dpi: float = 160.0) -> None:
    """Write a figure as PNG, SVG or PDF, by the suffix of the path.

    Raises InputError for another suffix or a path that cannot be written.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in _METADATA:
        raise InputError.of(str(path), "", None, "expected a file name that ends in .png, .svg or .pdf")
    content = to_svg(figure).encode() if kind == "svg" else _bytes(figure, kind, dpi)
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise InputError.of(str(path), "", None, f"cannot be written: {error.strerror}") from None


def _bytes(figure: Figure, kind: str, dpi: float) -> bytes:
    buffer = io.BytesIO()
    with drawing():
        if kind == "svg":
            figure.savefig(buffer, format=kind, dpi=dpi, metadata=_METADATA[kind])
        else:
            figure.draw_without_rendering()  # words at ticks are there from now on
            with every_script(figure):
                figure.savefig(buffer, format=kind, dpi=dpi, metadata=_METADATA[kind])
    return buffer.getvalue()


def to_svg(figure: Figure, title: str = "", id_prefix: str = "") -> str:
    """A figure as an `<svg>` element, ready to stand in a page.

    title      read out by screen readers
    id_prefix  keeps the ids of several figures on one page apart
    """
    text = _bytes(figure, "svg", 72.0).decode()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    if id_prefix:
        text = re.sub(r'\bid="', f'id="{id_prefix}-', text)
        text = re.sub(r'href="#', f'href="#{id_prefix}-', text)
        text = re.sub(r"url\(#", f"url(#{id_prefix}-", text)
    label = f' role="img" aria-label="{escape(title)}"' if title else ""
    return text.replace("<svg", f"<svg{label}", 1) + "\n"
