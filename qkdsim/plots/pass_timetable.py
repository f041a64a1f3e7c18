"""When satellites pass over ground stations: night, clouds and passes, one row a station, one panel a week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qkdsim.links.satellites import PassRecord
from qkdsim.plots.pass_facts import LONGEST_SKY_S, FloatArray, StationSky
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import INK, LINE_COLOURS, QUIET, RULE, styled

NIGHT = "#d9e2ee"
_CLOUDS: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": "#9c9c9c",
    "hatch": "////",
    "linewidth": 0,
    "alpha": 0.55,
}
ALL_COLOUR, MANY = LINE_COLOURS[0], len(LINE_COLOURS)  # more satellites than colours share one
_WEEK_S, _HOUR_S, _DAY_S = 7 * 86_400.0, 3600.0, 86_400.0
_WIDTH_IN, _LEFT_IN, _RIGHT_IN = 10.0, 1.35, 0.3
_GAP_IN, _HEAD_IN, _FOOT_IN = 0.36, 0.74, 0.62
_ROW_IN, _FEW_ROWS_IN = 0.42, 1.6  # a row, and the least of all rows of a panel
_ROWS = 40  # of all panels together
_LABEL = 18  # characters of a station's name
_STEPS_H = (1, 2, 3, 6, 12, 24)
LONG_S = 7200.0  # contacts that long are wider than a stroke
_NOTE = "A stroke stands at the highest point of a pass; its length is the greatest elevation, the full row 90 degrees."
_LONG_NOTE = " A contact of 2 h or more reaches from rise to set."


@styled
def pass_timetable_figure(
    passes: Sequence[PassRecord], stations: Sequence[StationSky], start: datetime, duration_s: float
) -> Figure:
    """A stroke for every pass at its highest point, as long as it is high; at most five weeks."""
    length_s = min(duration_s, LONGEST_SKY_S)
    weeks = max(1, min(int(np.ceil(length_s / _WEEK_S)), _ROWS // max(1, len(stations))))
    length_s = min(length_s, weeks * _WEEK_S)
    panel_s = min(length_s, _WEEK_S)
    panel_in = max(_ROW_IN * len(stations), _FEW_ROWS_IN if weeks == 1 else _ROW_IN)
    height_in = _HEAD_IN + weeks * panel_in + (weeks - 1) * _GAP_IN + _FOOT_IN
    figure = Figure(figsize=(_WIDTH_IN, height_in))
    colours = satellite_colours(sorted({one.satellite for one in passes}))
    _head(figure, colours, stations, _title(start, length_s, duration_s))
    for week in range(weeks):
        bottom_in = _FOOT_IN + (weeks - 1 - week) * (panel_in + _GAP_IN)
        width = (_WIDTH_IN - _LEFT_IN - _RIGHT_IN) / _WIDTH_IN
        axes = figure.add_axes((_LEFT_IN / _WIDTH_IN, bottom_in / height_in, width, panel_in / height_in))
        begin_s = week * _WEEK_S
        _panel(axes, stations, begin_s, min(begin_s + panel_s, length_s))
        _strokes(axes, passes, [one.name for one in stations], colours, (begin_s, begin_s + panel_s))
        axes.set_xlim(begin_s, begin_s + panel_s)
        _time_axis(axes, start, begin_s, panel_s)
    note = _NOTE + (_LONG_NOTE if any(one.set_s - one.rise_s >= LONG_S for one in passes) else "")
    figure.text(0.1 / _WIDTH_IN, 0.14 / height_in, note, fontsize=8, va="center", color=QUIET)
    return figure


def satellite_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for every satellite; one for all where there are too many to tell apart."""
    if len(names) > MANY:
        return dict.fromkeys(names, ALL_COLOUR)
    return dict(zip(names, LINE_COLOURS, strict=False))


def _title(start: datetime, length_s: float, duration_s: float) -> str:
    part = "" if length_s >= duration_s else f", first {length_s / _DAY_S:.0f} of {duration_s / _DAY_S:.0f} days"
    return f"Satellite passes from {start:%Y-%m-%d %H:%M} UTC{part}"


def _panel(axes: Axes, stations: Sequence[StationSky], begin_s: float, end_s: float) -> None:
    """The sky of every station: white by day, tinted by night, hatched under clouds."""
    for row, station in enumerate(stations):
        night, clouds = (_within(spans, begin_s, end_s) for spans in (station.night_s, station.cloud_s))
        axes.broken_barh(night, (row, 1.0), facecolor=NIGHT, linewidth=0, zorder=1)
        # hatched, so that clouds and night stay apart in print and for every kind of sight
        axes.broken_barh(clouds, (row, 1.0), **_CLOUDS, zorder=1.5)
    axes.set_ylim(max(1, len(stations)), 0)
    axes.set_yticks(np.arange(len(stations)) + 0.5, [shortened(one.name, _LABEL) for one in stations])
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    axes.grid(visible=False)
    for row in range(1, len(stations)):
        axes.axhline(row, color=QUIET, linewidth=0.5, zorder=2)


def _within(spans_s: FloatArray | None, begin_s: float, end_s: float) -> list[tuple[float, float]]:
    """The parts of spans inside a window, as begin and length."""
    if spans_s is None:
        return []
    clipped = np.clip(spans_s, begin_s, end_s)
    return [(float(low), float(high - low)) for low, high in clipped if low < high]


def _strokes(
    axes: Axes,
    passes: Sequence[PassRecord],
    stations: Sequence[str],
    colours: dict[str, str],
    window_s: tuple[float, float],
) -> None:
    """All strokes of one satellite and kind as one line with gaps: thousands of passes stay a small file."""
    rows = {name: row for row, name in enumerate(stations)}
    strokes: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for one in passes:
        if one.station in rows and one.rise_s < window_s[1] and one.set_s >= window_s[0]:
            foot = rows[one.station] + 0.96
            top = foot - 0.9 * max(one.max_elevation_deg, 0.0) / 90.0
            strokes.setdefault((one.satellite, _kind(one)), []).extend(_stroke(one, foot, top, window_s))
    for (satellite, kind), points in strokes.items():
        axes.plot(*np.array(points).T, color=colours[satellite], solid_capstyle="butt", **_LOOKS[kind])


def _stroke(one: PassRecord, foot: float, top: float, window_s: tuple[float, float]) -> list[tuple[float, float]]:
    """A stroke at the highest point; a long contact as a box from rise to set, which the axes cut."""
    if one.set_s - one.rise_s < LONG_S:
        inside = window_s[0] <= one.culmination_s < window_s[1]
        return [(one.culmination_s, foot), (one.culmination_s, top), (np.nan, np.nan)] if inside else []
    return [(one.rise_s, foot), (one.rise_s, top), (one.set_s, top), (one.set_s, foot), (np.nan, np.nan)]


def _kind(one: PassRecord) -> str:
    if one.is_taken:
        return "taken"
    return "usable" if one.is_usable else "not usable"


_LOOKS: dict[str, dict[str, Any]] = {
    "taken": {"linewidth": 2.8, "zorder": 5},
    "usable": {"linewidth": 1.1, "zorder": 4},
    "not usable": {"linewidth": 1.1, "alpha": 0.28, "zorder": 3},
}


def _time_axis(axes: Axes, start: datetime, begin_s: float, length_s: float) -> None:
    """Ticks at round hours of UTC; midnights carry the date."""
    step_s = _HOUR_S * next(step for step in _STEPS_H if length_s / (_HOUR_S * step) <= 14)
    first = start + timedelta(seconds=begin_s)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    offset_s = (midnight - start).total_seconds()
    last = int(np.floor((begin_s + length_s - offset_s) / step_s))
    times = [offset_s + step_s * number for number in range(last + 1) if offset_s + step_s * number >= begin_s]
    axes.set_xticks(times, [_tick(start + timedelta(seconds=time_s)) for time_s in times])
    axes.tick_params(axis="x", labelsize=8.5)
    for time_s in times:
        axes.axvline(time_s, color=RULE if step_s < _DAY_S else QUIET, linewidth=0.6, zorder=2)


def _tick(moment: datetime) -> str:
    return f"{moment:%m-%d}" if moment.hour == 0 else f"{moment:%H:%M}"


def _head(figure: Figure, colours: dict[str, str], stations: Sequence[StationSky], title: str) -> None:
    height_in = figure.get_figheight()
    figure.text(0.1 / _WIDTH_IN, 1 - 0.2 / height_in, title, fontsize=11, fontweight="bold", va="center", color=INK)
    one_for_all = len(set(colours.values())) < len(colours)
    named = {f"{len(colours)} satellites": ALL_COLOUR} if one_for_all else colours
    names = [
        Line2D([], [], color=colour, linewidth=2.8, label=shortened(name, _LABEL)) for name, colour in named.items()
    ]
    kinds = [
        Line2D([], [], color=INK, label="taken", linewidth=2.8),
        Line2D([], [], color=INK, label="usable, not taken", linewidth=1.1),
        Line2D([], [], color=INK, label="not usable", linewidth=1.1, alpha=0.28),
        Patch(facecolor=NIGHT, label="night"),
    ]
    if any(one.cloud_s is not None for one in stations):
        kinds.append(Patch(**_CLOUDS, label="clouds"))
    top = 1 - 0.33 / height_in
    look = {"fontsize": 8.5, "borderaxespad": 0.0, "handlelength": 1.5, "columnspacing": 1.3}
    figure.legend(handles=[*names, *kinds], loc="upper left", bbox_to_anchor=(0.06 / _WIDTH_IN, top), ncols=13, **look)
