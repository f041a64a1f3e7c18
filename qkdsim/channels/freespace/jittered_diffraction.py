"""The far field of a truncated, obscured Gaussian beam whose axis jitters: exact, side lobes included.

The pattern F(t)^2 of `diffraction` is the Hankel transform of the aperture's autocorrelation C(q), q = 0 to 2. Jitter
multiplies C by exp(-s^2 q^2/2), a boresight error by J0(b q), both angles in units of 1/(k aT); and the power within a
circle is one more integral (J. W. Goodman, Introduction to Fourier Optics, optical transfer function):

    eta(u) = (u/P) integral_0^2 C(q) exp(-s^2 q^2/2) J0(b q) J1(u q) dq.

Neither s, b nor C depends on the range, so one table serves a whole pass. The Gaussian formula of `pointing` differs by
less than 0.15 dB for open telescopes, but by 1 dB with 40 % obscuration, whose side lobes hold much of the light.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import j0, j1

from qkdsim.channels.freespace.diffraction import DiffractionTable, aperture_weights, table_grid
from qkdsim.channels.freespace.quadrature import segment

FloatArray = NDArray[np.float64]

_SHIFT_POINTS = 64  # in q, on each side of every kink; J1(100 q) has 32 periods in all
_RADIUS_POINTS = 160
_ANGLE_POINTS = 48


@lru_cache(maxsize=64)
def jittered_table(
    truncation_ratio: float, obscuration_ratio: float, jitter: float, boresight: float = 0.0
) -> DiffractionTable:
    """Mean encircled power of a jittering beam about the receiver's centre; about 0.2 s when new.

    jitter     standard deviation per axis times k aT
    boresight  angle between the beam's mean axis and the receiver times k aT

    Raises ValueError for negative angles or an impossible truncation or obscuration.
    """
    if not (jitter >= 0.0 and boresight >= 0.0):
        raise ValueError(f"expected jitter and boresight of 0 or more: {jitter}, {boresight}")
    shift, weight = _autocorrelation(truncation_ratio, obscuration_ratio)
    weight = weight * np.exp(-((jitter * shift) ** 2) / 2.0) * np.asarray(j0(boresight * shift))
    power = aperture_weights(truncation_ratio, obscuration_ratio)[2]
    grid = table_grid()
    phase = np.outer(grid, shift)
    share = grid * (np.asarray(j1(phase)) @ weight) / power
    slope = grid * (np.asarray(j0(phase)) @ (weight * shift)) / power
    # sampling leaves 1e-6 of ripple: the power within a circle never falls as the circle grows
    rising = np.maximum.accumulate(np.clip(share, 0.0, 1.0))
    return DiffractionTable(rising, np.maximum(slope, 0.0))


@lru_cache(maxsize=16)
def _autocorrelation(truncation: float, obscuration: float) -> tuple[FloatArray, FloatArray]:
    """Shifts q and quadrature weights of C(q) dq; C is smooth between its kinks at 2g, 1 - g and 1 + g."""
    kinks = sorted({0.0, 2.0 * obscuration, 1.0 - obscuration, 1.0 + obscuration, 2.0})
    pieces = [segment(low, high, _SHIFT_POINTS) for low, high in pairwise(kinks) if high - low > 1e-9]
    shift = np.concatenate([nodes for nodes, _ in pieces])
    step = np.concatenate([weights for _, weights in pieces])
    return shift, step * np.array([_overlap(float(q), truncation, obscuration) for q in shift])


def _overlap(shift: float, truncation: float, obscuration: float) -> float:
    """C(q) = 1/(2 pi) integral of A(r) A(r + q) over the plane, A the Gaussian amplitude in the open ring.

    At radius x the two rings overlap for a range of angles phi, g^2 <= x^2 + q^2 + 2 x q cos(phi) <= 1.
    """
    x, weights = segment(obscuration, 1.0, _RADIUS_POINTS)
    both = x**2 + shift**2
    first = np.arccos(np.clip((1.0 - both) / (2.0 * x * shift), -1.0, 1.0))
    last = np.arccos(np.clip((obscuration**2 - both) / (2.0 * x * shift), -1.0, 1.0))
    turn, turn_weights = segment(0.0, 1.0, _ANGLE_POINTS)
    phi = first[:, None] + (last - first)[:, None] * turn
    exponent = -(truncation**2) * ((x**2 + both)[:, None] + (2.0 * x * shift)[:, None] * np.cos(phi))
    ring = (np.exp(exponent) @ turn_weights) * (last - first)
    return float((weights * x * ring).sum()) / np.pi
