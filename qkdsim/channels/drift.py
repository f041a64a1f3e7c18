"""Misalignment that grows between two alignments of a link."""

from __future__ import annotations

import math


def mean_drift_error(drift_time_s: float, stabilisation_period_s: float) -> float:
    """Error probability of polarisation diffusion, averaged from one alignment to the next.

    The polarisation diffuses on the Poincaré sphere, e(t) = (1 - exp(-t/tau))/2 with tau = `drift_time_s`; the mean
    over a period T is 1/2 - tau/(2T) (1 - exp(-T/tau)).
    """
    ratio = stabilisation_period_s / drift_time_s
    if ratio < 1e-4:  # the closed form cancels; first terms of its series
        return ratio / 4.0 - ratio**2 / 12.0
    return 0.5 + math.expm1(-ratio) / (2.0 * ratio)


def mean_phase_drift_error(drift_time_s: float, stabilisation_period_s: float) -> float:
    """The same for a Wiener phase with Var(phi) = t/tau: e(t) = (1 - exp(-t/(2 tau)))/2."""
    return mean_drift_error(2.0 * drift_time_s, stabilisation_period_s)
