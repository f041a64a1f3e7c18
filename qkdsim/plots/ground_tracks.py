"""Where satellites fly: their ground tracks on a map with coastlines, and where they can give key to a station."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MultipleLocator

from qkdsim.errors import InputError
from qkdsim.plots.coastlines import coastlines
from qkdsim.plots.longitudes import around, parted
from qkdsim.plots.pass_facts import SatelliteTrack, StationSky
from qkdsim.plots.pass_timetable import satellite_colours
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import INK, QUIET, styled
from qkdsim.units import format_duration

COAST = "#8f8f8f"
_WIDTH_IN, _LEFT_IN, _RIGHT_IN, _HEAD_IN, _FOOT_IN = 9.2, 0.55, 0.15, 0.72, 0.62
_TALLEST_IN = 5.8
_AROUND_DEG = (20.0, 14.0)  # shown around the stations, where low satellites can be seen from them
_WORLD_FROM_DEG = 110.0  # stations further apart are shown on a map of the world
_STILL_DEG, _STILL_S = 2.0, 3600.0  # a satellite that moves less in that time is a dot
_POLAR_DEG = 75.0  # and those nearer to a pole, where meridians meet


@styled
def ground_tracks_figure(tracks: Sequence[SatelliteTrack], stations: Sequence[StationSky]) -> Figure:
    """A map around the stations, or of the world.

    Raises InputError without any station.
    """
    if not stations:
        raise InputError.of("map of ground tracks", "stations", None, "at least one ground station")
    centre_deg, (west, east, south, north) = _window(stations, tracks)
    stretch = 1.0 / max(
        0.3, math.cos(math.radians((south + north) / 2))
    )  # as long in the middle east-west as north-south
    plot_in = _WIDTH_IN - _LEFT_IN - _RIGHT_IN
    high_in = min(_TALLEST_IN, plot_in * (north - south) / (east - west) * stretch)
    wide_in = high_in * (east - west) / (north - south) / stretch
    height_in = high_in + _HEAD_IN + _FOOT_IN
    figure = Figure(figsize=(_WIDTH_IN, height_in))
    left_in = _LEFT_IN + (plot_in - wide_in) / 2
    axes = figure.add_axes(
        (left_in / _WIDTH_IN, _FOOT_IN / height_in, wide_in / _WIDTH_IN, high_in / height_in), aspect="auto"
    )
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    _draw_coast(axes, centre_deg)
    colours = satellite_colours(sorted(one.name for one in tracks))  # as in the timetable
    for one in tracks:
        thin = parted(one.longitude_deg, one.latitude_deg, centre_deg)
        axes.plot(*thin, color=colours[one.name], linewidth=0.7, alpha=0.35, zorder=0.9)
        thick = parted(one.contact_longitude_deg, one.contact_latitude_deg, centre_deg)
        axes.plot(*thick, color=colours[one.name], linewidth=2.4, alpha=0.8, solid_capstyle="butt", zorder=3)
        if _stands_still(one):
            x, y = float(around(one.longitude_deg[0], centre_deg)), float(one.latitude_deg[0])
            axes.plot(x, y, "o", color=colours[one.name], markersize=7, zorder=4)
    _draw_stations(axes, stations, centre_deg, high_in)
    _degrees(axes)
    _words(figure, tracks, colours)
    return figure


def _window(
    stations: Sequence[StationSky], tracks: Sequence[SatelliteTrack]
) -> tuple[float, tuple[float, float, float, float]]:
    """The longitude in the middle, and the borders of the map; longitudes run on over the 180th meridian.

    Stations far apart or near a pole are shown on a map of the world, and so are satellites that fly so high that they
    serve from outside the map of the stations.
    """
    longitude = np.radians([one.longitude_deg for one in stations])
    latitude = np.array([one.latitude_deg for one in stations])
    mean = math.degrees(math.atan2(float(np.sin(longitude).sum()), float(np.cos(longitude).sum())))
    offset = around(np.degrees(longitude) - mean, 0.0)
    world = 0.0, (-180.0, 180.0, -70.0 if latitude.min() > -60 else -92.0, 85.0 if latitude.max() < 80 else 92.0)
    if np.ptp(offset) > _WORLD_FROM_DEG or np.abs(latitude).max() > _POLAR_DEG:
        return world
    aside = _AROUND_DEG[0] / max(0.3, math.cos(math.radians(float(latitude.mean()))))
    west, east = mean + float(offset.min()) - aside, mean + float(offset.max()) + aside
    south, north = float(latitude.min()) - _AROUND_DEG[1], float(latitude.max()) + _AROUND_DEG[1]
    window = (west, east, max(south, -90.0), min(north, 90.0))
    return world if _mostly_outside(tracks, window) else ((west + east) / 2, window)


def _stands_still(one: SatelliteTrack) -> bool:
    """Whether a satellite stays above one place: its track would be too small to see."""
    offset_deg = around(one.longitude_deg - one.longitude_deg[0], 0.0)
    moved_deg = max(float(np.ptp(offset_deg)), float(np.ptp(one.latitude_deg)))
    return one.length_s > _STILL_S and moved_deg < _STILL_DEG


def _mostly_outside(tracks: Sequence[SatelliteTrack], window: tuple[float, float, float, float]) -> bool:
    """Whether satellites give key mostly from above places outside a window."""
    west, east, south, north = window
    x = np.concatenate([around(one.contact_longitude_deg, (west + east) / 2) for one in tracks] or [np.empty(0)])
    y = np.concatenate([one.contact_latitude_deg for one in tracks] or [np.empty(0)])
    inside = (west <= x) & (x <= east) & (south <= y) & (y <= north)
    return 2 * int(inside.sum()) < int(np.isfinite(x).sum())


def _draw_coast(axes: Axes, centre_deg: float) -> None:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    for line in coastlines():
        x, y = parted(line[:, 0], line[:, 1], centre_deg)
        seen = (np.nanmax(x) >= west) and (np.nanmin(x) <= east) and (np.nanmax(y) >= south) and (np.nanmin(y) <= north)
        if seen:
            axes.plot(x, y, color=COAST, linewidth=0.8, zorder=1)


def _draw_stations(axes: Axes, stations: Sequence[StationSky], centre_deg: float, high_in: float) -> None:
    """Triangles with names to the right of them, or to the left of the eastern edge, apart where they meet."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    per_deg_in = high_in / (north - south)
    taken: list[tuple[float, float]] = []
    for one in sorted(stations, key=lambda one: one.latitude_deg):
        x = float(around(one.longitude_deg, centre_deg))
        axes.plot(
            x, one.latitude_deg, "^", markersize=8, color="white", markeredgecolor=INK, markeredgewidth=1.6, zorder=6
        )
        y = one.latitude_deg
        while any(
            abs(y - other_y) * per_deg_in < 0.17 and abs(x - other_x) < 0.25 * (east - west)
            for other_x, other_y in taken
        ):
            y += 0.03 / per_deg_in
        taken.append((x, y))
        side, align = (1.0, "left") if x < east - 0.2 * (east - west) else (-1.0, "right")
        paper = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
        place = (x + side * 0.014 * (east - west), y)
        name = axes.text(*place, shortened(one.name, 20), ha=align, va="center", fontsize=8.5, zorder=7)
        name.set(fontweight="bold", color=INK, bbox=paper)


def _degrees(axes: Axes) -> None:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    axes.xaxis.set_major_locator(MultipleLocator(60.0 if east - west > 200 else 30.0 if east - west > 90 else 10.0))
    axes.yaxis.set_major_locator(MultipleLocator(30.0 if north - south > 90 else 10.0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _degree((value + 180.0) % 360.0 - 180.0, "EW")))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _degree(value, "NS")))
    axes.tick_params(labelsize=8.5)


def _degree(value: float, sides: str) -> str:
    if value in (0.0, -180.0):
        return f"{abs(value):g}°"
    return f"{abs(value):g}° {sides[0] if value > 0 else sides[1]}"


def _words(figure: Figure, tracks: Sequence[SatelliteTrack], colours: dict[str, str]) -> None:
    height_in = figure.get_figheight()
    length = format_duration(tracks[0].length_s) if tracks else ""
    figure.text(
        0.1 / _WIDTH_IN, 1 - 0.2 / height_in, "Ground tracks", fontsize=11, fontweight="bold", va="center", color=INK
    )
    note = f"Thin: the first {length}. Thick: passes of the whole time over a station in which key can be made."
    figure.text(0.1 / _WIDTH_IN, 0.14 / height_in, note, fontsize=8, va="center", color=QUIET)
    one_for_all = len(set(colours.values())) < len(colours)
    named = {f"{len(colours)} satellites": next(iter(colours.values()))} if one_for_all else colours
    handles = [Line2D([], [], color=colour, linewidth=2.4, label=shortened(name, 18)) for name, colour in named.items()]
    station = Line2D([], [], marker="^", markersize=7, color="none", markerfacecolor="white", markeredgecolor=INK)
    station.set_label("ground station")
    look = {"fontsize": 8.5, "borderaxespad": 0.0, "handlelength": 1.5, "columnspacing": 1.3}
    top = 1 - 0.33 / height_in
    figure.legend(
        handles=[*handles, station], loc="upper left", bbox_to_anchor=(0.06 / _WIDTH_IN, top), ncols=9, **look
    )
