from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from qkdsim.errors import InputError
from qkdsim.plots import MapLink, MapNode, network_figure, to_svg
from qkdsim.plots.curves import link_curves
from qkdsim.plots.positions import placed
from qkdsim.plots.untangle import crossings

TOKYO = [
    MapNode("k1", "Koganei-1", 35.7105, 139.488),
    MapNode("k2", "Koganei-2", 35.7106, 139.4884),
    MapNode("k3", "Koganei-3", 35.711, 139.489),
    MapNode("o1", "Otemachi-1", 35.686, 139.764),
    MapNode("o2", "Otemachi-2", 35.6862, 139.7644),
    MapNode("h", "Hongo", 35.7128, 139.762),
]
LINKS = [
    MapLink(f"{a}{b}", (a, b), rate)
    for a, b, rate in (
        ("k1", "o1", 81_700.0),
        ("k1", "k2", 2_100.0),
        ("o1", "o2", 2_000.0),
        ("k3", "k2", None),
        ("k2", "o2", 304_000.0),
        ("o2", "h", 410.0),
    )
]


def test_nodes_metres_apart_are_drawn_apart_and_marked() -> None:
    place = placed(TOKYO, LINKS)
    gaps = [math.dist(a, b) for i, a in enumerate(place.drawn) for b in place.drawn[:i]]
    assert min(gaps) > 0.8  # inches
    assert place.moved[:5].all()


def test_scale_is_that_of_the_earth() -> None:
    # Koganei to Otemachi: 0.276 degrees of longitude at 35.7 degrees north, 24.9 km
    place = placed(TOKYO, LINKS)
    assert place.inches_per_km is not None
    assert math.dist(place.true[1], place.true[3]) / place.inches_per_km == pytest.approx(24.9 + 0.1, abs=0.2)


def test_links_of_tokyo_do_not_cross() -> None:
    names = [node.id for node in TOKYO]
    pairs = np.array([sorted(names.index(end) for end in link.ends) for link in LINKS])
    assert crossings(placed(TOKYO, LINKS).drawn, pairs) == 0


def test_crossings_are_counted() -> None:
    square = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    assert crossings(square, np.array([[0, 1], [2, 3]])) == 1
    assert crossings(square, np.array([[0, 2], [1, 3]])) == 0
    assert crossings(square, np.array([[0, 1], [0, 3]])) == 0


def test_a_network_over_the_date_line_stays_in_one_piece() -> None:
    nodes = [MapNode("a", "A", 0.0, 179.5), MapNode("b", "B", 0.0, -179.5)]
    place = placed(nodes, [])
    assert place.inches_per_km is not None
    assert np.ptp(place.true[:, 0]) / place.inches_per_km == pytest.approx(111.2, rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-80, 80)), min_size=1, max_size=12))
@example([(-1.0, 2.0), (-1.0, 2.0), (0.0, 0.0), (-1.0, 2.0), (0.0, 0.0), (-1.0, 2.0)])  # pressed into one corner
def test_every_map_is_finite_repeatable_and_apart(spots: list[tuple[float, float]]) -> None:
    nodes = [MapNode(str(i), str(i), latitude, longitude) for i, (latitude, longitude) in enumerate(spots)]
    first, second = placed(nodes, []), placed(nodes, [])
    assert np.isfinite(first.drawn).all()
    assert (first.drawn == second.drawn).all()
    gaps = [math.dist(a, b) for i, a in enumerate(first.drawn) for b in first.drawn[:i]]
    assert min(gaps, default=1.0) > 0.3


def test_parallel_links_are_bowed_apart() -> None:
    at = {"a": np.array([0.0, 0.0]), "b": np.array([3.0, 0.0])}
    links = [MapLink("1", ("a", "b")), MapLink("2", ("b", "a")), MapLink("3", ("a", "b"))]
    middles = sorted(float(points[16][1]) for points in link_curves(links, at))
    assert min(np.diff(middles)) > 0.15


def test_rates_and_missing_rates_are_written() -> None:
    svg = to_svg(network_figure(TOKYO, [*LINKS, MapLink("dead", ("k1", "h"), 0.0)]))
    for text in ("304 kbit/s", "410 bit/s", "no key", "Koganei-2", "Grey: no key, or rate unknown.", "× marks"):
        assert text in svg


@pytest.mark.parametrize("count", [1, 2, 5])
def test_without_coordinates_the_map_is_schematic(count: int) -> None:
    nodes = [MapNode(str(i), f"N{i}") for i in range(count)]
    links = [MapLink(str(i), (str(i), str(i + 1)), 100.0) for i in range(count - 1)]
    assert "Schematic" in to_svg(network_figure(nodes, links))


def grid(side: int, placed_: bool = True) -> tuple[list[MapNode], list[MapLink]]:
    nodes = [
        MapNode(f"{x}-{y}", f"Node {x}-{y}", 40 + 0.1 * y if placed_ else None, 10 + 0.1 * x if placed_ else None)
        for x in range(side)
        for y in range(side)
    ]
    pairs = [(f"{x}-{y}", f"{x + 1}-{y}") for x in range(side - 1) for y in range(side)]
    pairs += [(f"{x}-{y}", f"{x}-{y + 1}") for x in range(side) for y in range(side - 1)]
    return nodes, [MapLink(f"{a}--{b}", (a, b), 10.0 * (1 + index)) for index, (a, b) in enumerate(pairs)]


def test_large_maps_keep_every_node_at_its_place_and_name_a_few() -> None:
    nodes, links = grid(20)
    place = placed(nodes, links)
    assert not place.moved.any()
    svg = to_svg(network_figure(nodes, [*links, MapLink("twin", links[0].ends, None)]))
    assert svg == to_svg(network_figure(nodes, [*links, MapLink("twin", links[0].ends, None)]))
    assert 5 <= svg.count("Node ") <= 20
    assert "Grey: no key, or rate unknown." in svg
    assert "10 bit/s" in svg  # left end of the colour bar


def test_large_schematic_maps_put_joined_nodes_close() -> None:
    nodes, links = grid(12, placed_=False)
    first, second = placed(nodes, links), placed(nodes, links)
    assert first.inches_per_km is None
    assert (first.drawn == second.drawn).all()
    number = {node.id: index for index, node in enumerate(nodes)}
    joined = np.array([[number[end] for end in link.ends] for link in links])
    apart = np.hypot(*(first.drawn[joined[:, 0]] - first.drawn[joined[:, 1]]).T)
    everyone = np.hypot(*(first.drawn[:, None] - first.drawn[None]).transpose(2, 0, 1))
    assert apart.mean() < 0.35 * everyone.mean()
    assert np.isfinite(first.drawn).all()


def test_parts_that_are_not_joined_are_drawn_too() -> None:
    nodes, links = grid(12, placed_=False)
    islands = [link for link in links if "5-" not in link.id]
    assert np.isfinite(placed(nodes, islands).drawn).all()
    assert np.isfinite(placed(nodes, []).drawn).all()


def test_wrong_maps_are_refused() -> None:
    with pytest.raises(InputError, match="at least one node"):
        network_figure([], [])
    with pytest.raises(InputError, match="'zz', expected the id of a node"):
        network_figure(TOKYO, [MapLink("x", ("k1", "zz"))])


def _names_beyond_the_paper(nodes: list[MapNode], links: list[MapLink]) -> list[str]:
    figure = network_figure(nodes, links)
    FigureCanvasAgg(figure).draw()
    paper = figure.bbox
    names = [text for text in figure.axes[0].texts if text.get_text().startswith("Otemachi")]
    boxes = {text.get_text(): text.get_window_extent() for text in names}
    assert boxes
    return [name for name, box in boxes.items() if box.x0 < 0 or box.x1 > paper.width or box.y1 > paper.height]


@pytest.mark.parametrize("count", [3, 15, 150])
def test_long_names_at_the_edge_stay_on_the_paper(count: int) -> None:
    nodes = [MapNode(f"n{i}", f"Otemachi, Chiyoda {i}", 35.0 + 0.05 * (i % 7), 139.0 + 0.1 * i) for i in range(count)]
    links = [MapLink(f"l{i}", (f"n{i}", f"n{i + 1}"), 1000.0) for i in range(count - 1)]
    links += [MapLink("last", (f"n{count - 1}", "n0"), 1000.0)]
    assert _names_beyond_the_paper(nodes, links) == []
