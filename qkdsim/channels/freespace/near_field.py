"""Light at ranges where the beam is not yet far away: platforms in the stratosphere, links between buildings.

Two models of the same collimated beam:

- Fresnel: F(t) of `diffraction` with the factor exp(i pi N x^2), Fresnel number N = aT^2/(lambda L). Exact in paraxial
  optics (J. W. Goodman, Introduction to Fourier Optics, Fresnel integral), the cut at the aperture included; it becomes
  Fraunhofer's for N -> 0.
- Gaussian: w(L)^2 = w0^2 + (theta L)^2, cut by the receiver's aperture alone. Exact for a beam much narrower than its
  aperture, where theta = lambda/(pi w0).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chndtr, j0

from qkdsim.channels.freespace.quadrature import oscillating, segment

FloatArray = NDArray[np.float64]

FAR_FIELD_FRESNEL_NUMBER = 0.1  # below, Fraunhofer's formula is off by at most 0.05 dB (measured in the tests)
_SHADOW_FRESNEL_NUMBER = 100.0  # above, the light is as wide as the aperture: rays
_MOST_RANGES = 256  # so many Fresnel integrals are evaluated at most for one array


def fresnel_number(range_km: ArrayLike, wavelength_nm: float, aperture_radius_m: float) -> FloatArray:
    """aT^2/(lambda L), any shape: 1 at the Fresnel distance, small in the far field."""
    with np.errstate(divide="ignore"):  # touching telescopes
        return np.asarray(aperture_radius_m**2 / (wavelength_nm * 1e-6 * np.asarray(range_km, dtype=np.float64)))


def gaussian_spot_radius_m(range_km: ArrayLike, divergence_rad: float, beam_radius_m: float) -> FloatArray:
    """1/e^2 intensity radius of a collimated Gaussian beam at a range, sqrt(w0^2 + (theta L)^2)."""
    return np.hypot(beam_radius_m, divergence_rad * 1e3 * np.asarray(range_km, dtype=np.float64))


def gaussian_capture(
    spot_radius_m: ArrayLike,
    receiver_radius_m: float,
    offset_m: ArrayLike = 0.0,
    receiver_obscuration_ratio: float = 0.0,
) -> FloatArray:
    """Share of a Gaussian spot of 1/e^2 radius w within a round receiver whose centre is `offset_m` from the axis.

    On the axis 1 - exp(-2 aR^2/w^2); off it the noncentral chi-square law with two degrees of freedom, of 4 aR^2/w^2
    with noncentrality 4 offset^2/w^2. Shapes broadcast. A spot of infinite radius gives 0.
    """
    spot, offset = np.broadcast_arrays(np.asarray(spot_radius_m, float), np.asarray(offset_m, float))
    share = _disc(spot, receiver_radius_m, offset)
    if receiver_obscuration_ratio:
        share = share - _disc(spot, receiver_radius_m * receiver_obscuration_ratio, offset)
    return share


def fresnel_transmittance(
    *,
    range_km: ArrayLike,
    wavelength_nm: float,
    transmitter_radius_m: float,
    receiver_radius_m: float,
    truncation_ratio: float,
    obscuration_ratio: float = 0.0,
    receiver_obscuration_ratio: float = 0.0,
) -> FloatArray:
    """Share of the power leaving the telescope that meets the receiver, at any range; see the top of this file.

    From 0.1 ms per range near the far field to 20 ms at the shortest. More than 256 different ranges are interpolated
    (logarithms) between 256 evenly spaced ones. Raises ValueError unless every range is above 0.
    """
    ranges = np.asarray(range_km, dtype=np.float64)
    if ranges.size and not (ranges > 0.0).all():
        raise ValueError("range_km: expected ranges above 0")
    different, place = np.unique(ranges, return_inverse=True)
    nodes = different
    if len(different) > _MOST_RANGES:
        nodes = np.geomspace(different[0], different[-1], _MOST_RANGES)
    numbers = fresnel_number(nodes, wavelength_nm, transmitter_radius_m)
    size = receiver_radius_m / transmitter_radius_m
    shares = np.array(
        [
            _fresnel_share(float(number), size, truncation_ratio, obscuration_ratio, receiver_obscuration_ratio)
            for number in numbers
        ]
    )
    if len(different) > _MOST_RANGES:
        tiny = np.finfo(np.float64).tiny  # a receiver wholly in the shadow of the mirror gets nothing
        shares = np.exp(np.interp(np.log(different), np.log(nodes), np.log(np.maximum(shares, tiny))))
    return np.asarray(shares[place].reshape(ranges.shape))


def _disc(spot: FloatArray, radius: float, offset: FloatArray) -> FloatArray:
    if not offset.any():
        return np.asarray(-np.expm1(-2.0 * (radius / spot) ** 2))
    return np.asarray(chndtr((2.0 * radius / spot) ** 2, 2.0, (2.0 * offset / spot) ** 2))


def _fresnel_share(number: float, size: float, truncation: float, obscuration: float, hole: float) -> float:
    """The Fresnel integral for one range; `size` is receiver over transmitter radius, `hole` the receiver's shadow."""
    if number > _SHADOW_FRESNEL_NUMBER:
        return _shadow_share(size, truncation, obscuration, hole)
    phase, last = math.pi * number, 2.0 * math.pi * number * size
    # the phase and the Bessel function turn at most (phase + last) radians over the aperture
    x, weight = oscillating(obscuration, 1.0, phase + last)
    amplitude = weight * x * np.exp(-((truncation * x) ** 2))
    power = float(amplitude @ np.exp(-((truncation * x) ** 2)))
    t, step = oscillating(hole * last, last, 2.0 * last)
    field = np.asarray(j0(np.outer(t, x))) @ (amplitude * np.exp(1j * phase * x**2))
    return min(1.0, float((np.abs(field) ** 2 * t) @ step) / power)


def _shadow_share(size: float, truncation: float, obscuration: float, hole: float) -> float:
    """Rays: the receiver's ring over the transmitter's ring of Gaussian light."""
    x, weight = segment(obscuration, 1.0, 64)
    light = weight * x * np.exp(-2.0 * (truncation * x) ** 2)
    low, high = min(max(obscuration, hole * size), 1.0), min(size, 1.0)
    if high <= low:
        return 0.0
    seen, width = segment(low, high, 64)
    return min(1.0, float((width * seen) @ np.exp(-2.0 * (truncation * seen) ** 2)) / float(light.sum()))
