"""One pass of a satellite: elevation and loss over time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from qkdsim.plots.pass_facts import FloatArray, PassProfile
from qkdsim.plots.quantities import bits_text, shortened
from qkdsim.plots.style import INK, LINE_COLOURS, QUIET, styled
from qkdsim.units import format_duration

USABLE = "#dcefe6"
_SIZE_IN = (8.6, 5.0)
_HEIGHT_OF_PANEL, _LEFT, _WIDTH = 0.345, 0.09, 0.88
_LONG_MIN, _HOUR_MIN = 180.0, 60.0  # longer contacts are shown in hours
_STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # minutes or hours
_MOST_TICKS = 14
_REASON = 70  # characters of it


@styled
def pass_profile_figure(profile: PassProfile) -> Figure:
    """Elevation above, loss between the telescopes below, the usable part shaded."""
    record = profile.record
    figure = Figure(figsize=_SIZE_IN)
    culmination = profile.start + timedelta(seconds=record.culmination_s)
    way = " (uplink)" if record.direction == "uplink" else ""
    title = f"{record.satellite} over {record.station}{way}, highest at {culmination:%Y-%m-%d %H:%M:%S} UTC"
    figure.text(0.015, 0.96, title, fontsize=11, fontweight="bold", va="center", color=INK)
    figure.text(0.015, 0.93, _remark(profile), fontsize=8.5, va="top", color=QUIET)
    upper = figure.add_axes((_LEFT, 0.5, _WIDTH, _HEIGHT_OF_PANEL))
    lower = figure.add_axes((_LEFT, 0.11, _WIDTH, _HEIGHT_OF_PANEL), sharex=upper)
    is_long = profile.time_s[-1] - profile.time_s[0] > 60.0 * _LONG_MIN
    unit_s, unit = (60.0 * _HOUR_MIN, "h") if is_long else (60.0, "min")
    time = (profile.time_s - record.culmination_s) / unit_s
    _panel(upper, profile, unit_s, profile.elevation_deg, LINE_COLOURS[0])
    _panel(lower, profile, unit_s, profile.loss_db, LINE_COLOURS[1])
    upper.set_ylim(0.0, 90.0)
    upper.set_yticks([0, 15, 30, 45, 60, 75, 90])
    upper.set_ylabel("elevation (degrees)")
    upper.tick_params(axis="x", labelbottom=False)
    lower.set_ylim(*_loss_limits(profile.loss_db))
    lower.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    lower.set_ylabel("loss (dB)")
    lower.set_xlabel(f"time from the highest point ({unit})")
    lower.set_xlim(float(time[0]), float(time[-1]) if time[-1] > time[0] else float(time[0]) + 1.0)
    lower.xaxis.set_major_locator(MultipleLocator(_step(float(time[-1] - time[0]))))
    lower.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}" if value else "0"))
    figure.align_ylabels([upper, lower])
    return figure


def _panel(axes: Axes, profile: PassProfile, unit_s: float, values: FloatArray, colour: str) -> None:
    """A thin line along the whole pass, a thick one where key can be made."""
    time = (profile.time_s - profile.record.culmination_s) / unit_s
    for begin_s, end_s in profile.usable_s:
        begin, end = ((time_s - profile.record.culmination_s) / unit_s for time_s in (begin_s, end_s))
        axes.axvspan(float(begin), float(end), color=USABLE, linewidth=0, zorder=0.5)
    axes.plot(time, values, color=colour, linewidth=1.0, alpha=0.7)
    inside = np.zeros(len(time), dtype=bool)
    for begin_s, end_s in profile.usable_s:
        inside |= (profile.time_s >= begin_s) & (profile.time_s <= end_s)
    axes.plot(time, np.where(inside, values, np.nan), color=colour, linewidth=2.4)


def _remark(profile: PassProfile) -> str:
    record = profile.record
    if not profile.usable_s.size:
        return f"No key: {shortened(record.reason, _REASON)}. Loss between the telescopes, in clear air."
    usable, key = format_duration(round(record.usable_s)), bits_text(record.expected_secret_bits)
    promise = f"{usable} usable (shaded), {key} of key expected. Loss between the telescopes."
    refused = f"\nNot taken: {shortened(record.reason, _REASON)}." if record.reason and not record.is_taken else ""
    return promise + refused


def _loss_limits(loss_db: FloatArray) -> tuple[float, float]:
    """Whole steps of 5 dB around the losses; the axis does not begin at 0, which would say nothing of decibels."""
    low, high = np.floor((float(np.min(loss_db)) - 0.5) / 5.0), np.ceil((float(np.max(loss_db)) + 0.5) / 5.0)
    return 5.0 * float(low), 5.0 * float(high)


def _step(span: float) -> float:
    """A round step of at most so many ticks; whole days of hours where the usual ones are too small."""
    return next((one for one in _STEPS if span / one <= _MOST_TICKS), 24.0 * np.ceil(span / 24.0 / _MOST_TICKS))
