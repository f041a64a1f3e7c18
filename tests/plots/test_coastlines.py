"""The coast is where the world has it, and a flat map shows no streaks."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from qkdsim.plots import coastlines as module
from qkdsim.plots.coastlines import coastlines


def outlines() -> list[Outline]:
    return [Outline(line) for line in coastlines() if np.array_equal(line[0], line[-1])]


def test_the_lines_are_lines_of_longitude_and_latitude() -> None:
    assert len(coastlines()) > 100
    for line in coastlines():
        assert line.shape[0] >= 2
        assert line.shape[1] == 2
        assert np.isfinite(line).all()
        assert (np.abs(line) <= (180.0, 90.0)).all()
        assert np.allclose(line * 100, np.rint(line * 100), atol=1e-9)


def test_no_streak_runs_across_the_map() -> None:
    for line in coastlines():
        steps = np.abs(np.diff(line, axis=0))
        assert steps.max() < 10.0  # the longest is 9 degrees, on the coast of Antarctica
        at_edge = np.abs(line[:, 0]) == 180.0
        assert not (at_edge[1:] & at_edge[:-1]).any()  # nothing runs along the 180th meridian
    assert min(line[:, 1].min() for line in coastlines()) > -86.0  # nor along the South Pole


@pytest.mark.parametrize(
    ("longitude_deg", "latitude_deg", "is_land"),
    [
        (138.6, 35.7, True),  # Kofu, Honshu
        (142.8, 43.5, True),  # Hokkaido
        (133.5, 33.6, True),  # Kochi, Shikoku
        (130.9, 32.2, True),  # Kyushu
        (-1.5, 52.5, True),  # Birmingham, Great Britain
        (134.0, -25.0, True),  # Australia
        (-42.0, 72.0, True),  # Greenland
        (135.0, 38.5, False),  # Sea of Japan
        (145.0, 36.0, False),  # Pacific
        (-30.0, 45.0, False),  # Atlantic
        (80.0, -20.0, False),  # Indian Ocean
    ],
)
def test_land_and_sea_are_where_an_atlas_has_them(longitude_deg: float, latitude_deg: float, is_land: bool) -> None:
    inside = any(outline.contains_point((longitude_deg, latitude_deg)) for outline in outlines())
    assert inside == is_land


def test_no_border_between_countries_is_drawn() -> None:
    points = np.concatenate(coastlines())
    for corner in ((2.0, 46.5), (103.0, 47.0), (-100.0, 49.0), (20.0, 15.0)):  # France, Mongolia, US-Canada, Chad
        assert np.hypot(*(points - corner).T).min() > 2.0


def test_every_caller_is_given_the_same_read_only_lines() -> None:
    assert coastlines() is coastlines()
    with pytest.raises(ValueError, match="read-only"):
        coastlines()[0][0, 0] = 0.0


def test_the_file_is_small_and_tells_where_it_comes_from() -> None:
    assert module._FILE.stat().st_size < 150_000
    note = module._FILE.with_suffix(".md").read_text(encoding="utf-8")
    assert "Natural Earth" in note
    assert "public domain" in note
    lines, points = len(coastlines()), sum(map(len, coastlines()))
    assert f"{lines} lines" in note
    assert f"{points} points" in note
