"""Secret key rate against length or loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from qkdsim.errors import InputError
from qkdsim.plots.axes import decades
from qkdsim.plots.quantities import rate_text
from qkdsim.plots.style import QUIET, line_look, styled
from qkdsim.protocols import plob_bound_bits_per_use
from qkdsim.units import transmittance


@dataclass(frozen=True, slots=True)
class RateCurve:
    """One device or setting: `secret_key_rate_bps` at the positions `x` (zeros and NaN mean no key)."""

    label: str
    x: Sequence[float]
    secret_key_rate_bps: Sequence[float]


@dataclass(frozen=True, slots=True)
class RatePoint:
    """A measured rate to compare with, from the literature."""

    label: str
    x: float
    secret_key_rate_bps: float


@styled
def key_rate_figure(
    curves: Sequence[RateCurve],
    *,
    x_label: str = "fibre length (km)",
    title: str = "Secret key rate",
    plob: RateCurve | None = None,
    points: Sequence[RatePoint] = (),
) -> Figure:
    """Rates on a logarithmic axis; `plob` is the repeaterless bound (see `plob_rate_bps`).

    Raises InputError when there is no curve, or a curve has unequal lengths.
    """
    if not curves:
        raise InputError.of("key-rate figure", "curves", None, "at least one curve")
    for curve in curves:
        if len(curve.x) != len(curve.secret_key_rate_bps):
            raise InputError.of("key-rate figure", curve.label, f"{len(curve.x)} positions", "as many as rates")
    figure = Figure(figsize=(7.6, 4.8), layout="constrained")
    axes = figure.add_subplot()
    axes.set_yscale("log")
    for index, curve in enumerate(curves):
        axes.plot(curve.x, _no_key_as_gap(curve), label=curve.label, **line_look(index))
    if plob is not None:
        axes.plot(plob.x, _no_key_as_gap(plob), label=plob.label, color=QUIET, linestyle=":", linewidth=1.3)
    for index, point in enumerate(points):
        colour = line_look(index)["color"]
        axes.plot(point.x, point.secret_key_rate_bps, "o", markersize=6, color=colour, label=point.label)
    _scale(axes, [*curves, *([plob] if plob else [])], [point.secret_key_rate_bps for point in points])
    axes.set_xlim(left=min((min(curve.x, default=0.0) for curve in curves), default=0.0))
    axes.set_xlabel(x_label)
    axes.set_ylabel("secret key rate")
    axes.set_title(title)
    axes.legend()
    return figure


def _no_key_as_gap(curve: RateCurve) -> np.ndarray:
    rate_bps = np.asarray(curve.secret_key_rate_bps, dtype=np.float64)
    return np.where(rate_bps > 0, rate_bps, np.nan)


def _scale(axes: Axes, curves: Sequence[RateCurve], more_bps: Sequence[float]) -> None:
    values = [value for curve in curves for value in curve.secret_key_rate_bps] + list(more_bps)
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    low, high = decades(min(positive), max(positive)) if positive else (0, 1)
    axes.set_ylim(10.0**low, 10.0**high)
    axes.yaxis.set_major_locator(FixedLocator([10.0**power for power in range(low, high + 1)]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: rate_text(value)))
    if not positive:
        axes.text(0.5, 0.5, "no key anywhere in this range", transform=axes.transAxes, ha="center", color=QUIET)


def plob_rate_bps(loss_db: Sequence[float], pulse_rate_hz: float) -> list[float]:
    """The repeaterless bound -log2(1 - transmittance) per pulse, times the pulse rate; infinite without loss.

    S. Pirandola et al., Nat. Commun. 8, 15043 (2017).
    """
    eta = [transmittance(loss) for loss in loss_db]
    return [pulse_rate_hz * float(one) for one in plob_bound_bits_per_use(eta)]
