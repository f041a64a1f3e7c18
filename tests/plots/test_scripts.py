from __future__ import annotations

from pathlib import Path

from matplotlib.text import Text

from qkdsim.plots import MapNode, network_figure, save, to_svg
from qkdsim.plots.scripts import MAIN, every_script, fallbacks


def test_the_first_installed_font_stands_in() -> None:
    assert fallbacks({"Arial", "WenQuanYi Micro Hei", "Noto Sans CJK JP"}) == (
        "Noto Sans CJK JP",
        "WenQuanYi Micro Hei",
    )
    assert fallbacks({"DejaVu Sans"}) == ()


def test_only_names_that_the_font_lacks_change_and_only_while_drawing() -> None:
    figure = network_figure([MapNode("a", "東京", 35.0, 139.0), MapNode("b", "Αθήνα São", 35.1, 139.0)], [])
    before = to_svg(figure)

    def families() -> dict[str, list[str]]:
        return {text.get_text(): list(text.get_fontfamily()) for text in figure.findobj(Text)}

    with every_script(figure, ["STIXGeneral"]):
        inside = families()
    assert inside["東京"] == [MAIN, "STIXGeneral"]
    assert inside["Αθήνα São"] == ["sans-serif"]
    assert families()["東京"] == ["sans-serif"]
    assert to_svg(figure) == before


def test_saving_as_png_leaves_the_svg_as_it_was(tmp_path: Path) -> None:
    figure = network_figure([MapNode("a", "서울 東京 北京", 35.0, 139.0)], [])
    before = to_svg(figure)
    for suffix in ("png", "pdf"):
        save(figure, tmp_path / f"x.{suffix}")
    assert to_svg(figure) == before
