"""Names in scripts that the font of the figures lacks: drawn with another font, where one is installed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

MAIN = "DejaVu Sans"
# with Chinese, Japanese or Korean letters, the first that is installed is taken; free ones, then those of systems
FALLBACKS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK TC", "Noto Sans CJK KR", "Noto Sans JP", "Noto Sans SC"),
    *("Source Han Sans", "Source Han Sans JP", "IPAexGothic", "IPAGothic", "TakaoGothic", "VL Gothic"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "NanumGothic", "UnDotum"),
    *("Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo", "Yu Gothic", "Meiryo", "Microsoft YaHei", "Malgun Gothic"),
    *("Arial Unicode MS",),
)


def fallbacks(installed: Collection[str]) -> tuple[str, ...]:
    """Those of the installed font families that may stand in, in order of preference."""
    return tuple(name for name in FALLBACKS if name in installed)


@contextmanager
def every_script(figure: Figure, families: Sequence[str] | None = None) -> Iterator[None]:
    """For the time of a block, draw words that the font lacks with `families`, by default what is installed.

    SVG needs none of it: there the reader's machine draws the words.
    """
    foreign = [(text, text.get_fontfamily()) for text in figure.findobj(Text) if _lacks(text.get_text())]
    if foreign:
        families = fallbacks(_installed()) if families is None else families
    for text, _ in foreign:
        text.set_fontfamily([MAIN, *(families or ())])
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)  # many of these fonts have no bold, which is well
    try:
        yield
    finally:
        log.setLevel(level)
        for text, own in foreign:
            text.set_fontfamily(own)


def _lacks(words: str) -> bool:
    return not words.isascii() and any(ord(letter) not in _letters() for letter in words if letter.isprintable())


@cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(font_manager.findfont(MAIN)).get_charmap())


@cache
def _installed() -> frozenset[str]:
    """Families that matplotlib knows, and those installed since it last looked."""
    manager = font_manager.fontManager
    known = {font.fname for font in manager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        try:
            manager.addfont(path)
        except (OSError, RuntimeError, ValueError):  # not a font that can be drawn
            continue
    return frozenset(font.name for font in manager.ttflist)
