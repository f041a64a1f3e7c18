"""One pass of a satellite: elevation and loss over time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from qkdsim.plots.pass_facts import FloatArray, PassProfile
from qkdsim.plots.quantities import bits_text
from qkdsim.plots.style import INK, LINE_COLOURS, QUIET, styled

USABLE = "#dcefe6"
_SIZE_IN = (8.6, 5.0)
_HEIGHT_OF_PANEL, _LEFT, _WIDTH = 0.345, 0.09, 0.88
_STEPS_MIN = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 360.0, 1440.0)


@styled
def pass_profile_figure(profile: PassProfile) -> Figure:
    """Elevation above, loss between the telescopes below, the usable part shaded."""
    record = profile.record
    figure = Figure(figsize=_SIZE_IN)
    culmination = profile.start + timedelta(seconds=record.culmination_s)
    way = " (uplink)" if record.direction == "uplink" else ""
    title = f"{record.satellite} over {record.station}{way}, highest at {culmination:%Y-%m-%d %H:%M:%S} UTC"
    figure.text(0.015, 0.96, title, fontsize=11, fontweight="bold", va="center", color=INK)
    figure.text(0.015, 0.912, _remark(profile), fontsize=8.5, va="center", color=QUIET)
    upper = figure.add_axes((_LEFT, 0.5, _WIDTH, _HEIGHT_OF_PANEL))
    lower = figure.add_axes((_LEFT, 0.11, _WIDTH, _HEIGHT_OF_PANEL), sharex=upper)
    minute = (profile.time_s - record.culmination_s) / 60.0
    _panel(upper, profile, minute, profile.elevation_deg, LINE_COLOURS[0])
    _panel(lower, profile, minute, profile.loss_db, LINE_COLOURS[1])
    upper.set_ylim(0.0, 90.0)
    upper.set_yticks([0, 15, 30, 45, 60, 75, 90])
    upper.set_ylabel("elevation (degrees)")
    upper.tick_params(axis="x", labelbottom=False)
    lower.set_ylim(*_loss_limits(profile.loss_db))
    lower.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    lower.set_ylabel("loss (dB)")
    lower.set_xlabel("time from the highest point (min)")
    lower.set_xlim(float(minute[0]), float(minute[-1]) if minute[-1] > minute[0] else float(minute[0]) + 1.0)
    lower.xaxis.set_major_locator(MultipleLocator(_step_min(float(minute[-1] - minute[0]))))
    lower.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}" if value else "0"))
    figure.align_ylabels([upper, lower])
    return figure


def _panel(axes: Axes, profile: PassProfile, minute: FloatArray, values: FloatArray, colour: str) -> None:
    """A thin line along the whole pass, a thick one where key can be made."""
    for begin_s, end_s in profile.usable_s:
        begin, end = ((time_s - profile.record.culmination_s) / 60.0 for time_s in (begin_s, end_s))
        axes.axvspan(float(begin), float(end), color=USABLE, linewidth=0, zorder=0.5)
    axes.plot(minute, values, color=colour, linewidth=1.0, alpha=0.7)
    inside = np.zeros(len(minute), dtype=bool)
    for begin_s, end_s in profile.usable_s:
        inside |= (profile.time_s >= begin_s) & (profile.time_s <= end_s)
    axes.plot(minute, np.where(inside, values, np.nan), color=colour, linewidth=2.4)


def _remark(profile: PassProfile) -> str:
    record = profile.record
    if not profile.usable_s.size:
        return f"No key: {record.reason}. The loss is that between the telescopes, in clear air."
    promise = f"{record.usable_s:.0f} s usable (shaded), {bits_text(record.expected_secret_bits)} of key expected"
    refused = f"; not taken: {record.reason}" if record.reason and not record.is_taken else ""
    return f"{promise}{refused}. The loss is that between the telescopes."


def _loss_limits(loss_db: FloatArray) -> tuple[float, float]:
    """Whole steps of 5 dB around the losses; the axis does not begin at 0, which would say nothing of decibels."""
    low, high = np.floor((float(np.min(loss_db)) - 0.5) / 5.0), np.ceil((float(np.max(loss_db)) + 0.5) / 5.0)
    return 5.0 * float(low), 5.0 * float(high)


def _step_min(span_min: float) -> float:
    return next((step for step in _STEPS_MIN if span_min / step <= 14), 1440.0 * max(1.0, span_min // 14_400))
