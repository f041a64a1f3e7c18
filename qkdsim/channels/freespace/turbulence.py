"""Optical turbulence: the air's refractive-index structure, and what it does to a beam that crosses it.

L. C. Andrews, R. L. Phillips, Laser Beam Propagation through Random Media, 2nd ed. (SPIE, 2005). Slant paths take the
secant of the zenith angle for the path's length, which holds above about 20 degrees of elevation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.channels.freespace.checks import require_not_negative
from qkdsim.channels.freespace.quadrature import segment
from qkdsim.errors import InputError

FloatArray = NDArray[np.float64]

_LAYERS_M = (0.0, 30.0, 300.0, 1500.0, 6000.0, 14000.0, 40000.0)  # each integrated on its own; none above 40 km
_POINTS = 40


@dataclass(frozen=True, slots=True)
class HufnagelValley:
    """The Hufnagel-Valley profile of Cn2 over a ground station; the defaults are the HV5/7 model.

    wind_m_per_s        rms wind at 5 to 20 km, v
    ground_cn2_m_2_3    strength of the layer at the ground, A, in m^(-2/3)
    ground_altitude_m   of the station above sea level; the ground layer rises from there (our reading: it follows the
                        terrain), the other two terms count from the sea
    top_altitude_m      where the path leaves the air: 40 km, or a platform below

    Raises InputError for negative numbers or a station above the top.
    """

    wind_m_per_s: float = 21.0
    ground_cn2_m_2_3: float = 1.7e-14
    ground_altitude_m: float = 0.0
    top_altitude_m: float = 40_000.0

    def __post_init__(self) -> None:
        require_not_negative("turbulence", "wind_m_per_s", self.wind_m_per_s)
        require_not_negative("turbulence", "ground_cn2_m_2_3", self.ground_cn2_m_2_3)
        if not -500.0 <= self.ground_altitude_m < self.top_altitude_m:
            raise InputError.of(
                "turbulence", "ground_altitude_m", self.ground_altitude_m, f"-500 to below {self.top_altitude_m:g}"
            )

    def cn2(self, height_m: ArrayLike) -> FloatArray:
        """Cn2 in m^(-2/3) at heights above the station, any shape."""
        height = np.asarray(height_m, dtype=np.float64)
        altitude = np.maximum(height + self.ground_altitude_m, 0.0)
        jet = 0.00594 * (self.wind_m_per_s / 27.0) ** 2 * (1e-5 * altitude) ** 10 * np.exp(-altitude / 1000.0)
        background = 2.7e-16 * np.exp(-altitude / 1500.0)
        return np.asarray(jet + background + self.ground_cn2_m_2_3 * np.exp(-height / 100.0))


@dataclass(frozen=True, slots=True)
class EvenTurbulence:
    """The same Cn2 along a horizontal path; 1e-15 (calm night) to 1e-13 (noon) m^(-2/3) a few metres above ground.

    Raises InputError for a negative value.
    """

    cn2_m_2_3: float

    def __post_init__(self) -> None:
        require_not_negative("turbulence", "cn2_m_2_3", self.cn2_m_2_3)


@lru_cache(maxsize=256)
def height_moment(profile: HufnagelValley, power: float) -> float:
    """Integral of Cn2 h^power over the height h above the station, by Gauss-Legendre in fixed layers."""
    top = profile.top_altitude_m - profile.ground_altitude_m
    edges = [edge for edge in _LAYERS_M if edge < top] + [min(top, _LAYERS_M[-1])]
    total = 0.0
    for low, high in pairwise(edges):
        height, weights = segment(low, high, _POINTS)
        total += float((profile.cn2(height) * height**power) @ weights)
    return total


def fried_parameter_m(profile: HufnagelValley, wavelength_nm: float, elevation_deg: ArrayLike) -> FloatArray:
    """Fried's coherence diameter r0 of a plane wave, (0.423 k^2 sec z int Cn2 dh)^(-3/5); infinite in calm air."""
    strength = 0.423 * _wavenumber(wavelength_nm) ** 2 * height_moment(profile, 0.0) * _secant(elevation_deg)
    return _power_or_infinite(strength)


def rytov_variance(profile: HufnagelValley, wavelength_nm: float, elevation_deg: ArrayLike) -> FloatArray:
    """Rytov variance of a plane wave on a downlink, 2.25 k^(7/6) sec^(11/6) z int Cn2 h^(5/6) dh."""
    scale = 2.25 * _wavenumber(wavelength_nm) ** (7.0 / 6.0) * height_moment(profile, 5.0 / 6.0)
    return np.asarray(scale * _secant(elevation_deg) ** (11.0 / 6.0))


def scintillation_index(rytov: ArrayLike) -> FloatArray:
    """Variance of the intensity at a point over its mean squared, weak to strong turbulence, plane wave.

    Andrews and Phillips (2005): exp[0.49 s/(1 + 1.11 s^1.2)^(7/6) + 0.51 s/(1 + 0.69 s^1.2)^(5/6)] - 1.
    """
    s = np.asarray(rytov, dtype=np.float64)
    large = 0.49 * s / (1.0 + 1.11 * s**1.2) ** (7.0 / 6.0)
    small = 0.51 * s / (1.0 + 0.69 * s**1.2) ** (5.0 / 6.0)
    return np.asarray(np.expm1(large + small))


def aperture_averaging(
    profile: HufnagelValley, wavelength_nm: float, elevation_deg: ArrayLike, aperture_diameter_m: float
) -> FloatArray:
    """Variance of the power in an aperture over that at a point, (1 + 1.062 k D^2/(4 hs))^(-7/6).

    hs = (18 int Cn2 h^2 dh / int Cn2 h^(5/6) dh)^(6/7) sec z. Andrews and Phillips (2005).
    """
    ratio = 18.0 * height_moment(profile, 2.0) / height_moment(profile, 5.0 / 6.0)
    height_m = ratio ** (6.0 / 7.0) * _secant(elevation_deg)
    fresnel = 1.062 * _wavenumber(wavelength_nm) * aperture_diameter_m**2 / (4.0 * height_m)
    return np.asarray((1.0 + fresnel) ** (-7.0 / 6.0))


def seeing_fwhm_urad(wavelength_nm: float, fried_parameter: ArrayLike) -> FloatArray:
    """Full width at half maximum of a long-exposure image, 0.98 lambda/r0; 0 in calm air."""
    return np.asarray(0.98e-3 * wavelength_nm / np.asarray(fried_parameter, dtype=np.float64))


def share_in_field_of_view(field_of_view_full_urad: float, seeing_urad: ArrayLike) -> FloatArray:
    """Share of the light of a blurred star within a round field stop, the image taken as Gaussian (assumed)."""
    with np.errstate(divide="ignore"):  # calm air: a sharp image
        ratio = field_of_view_full_urad / np.asarray(seeing_urad, dtype=np.float64)
    return np.asarray(-np.expm1(-math.log(2.0) * ratio**2))


def single_mode_coupling(aperture_diameter_m: float, fried_parameter: ArrayLike) -> FloatArray:
    """Mean coupling into a single-mode fibre without adaptive optics, 0.81 [1 + (D/r0)^(5/3)]^(-6/5).

    0.81 is the overlap of an open round aperture with the fibre's mode. Interpolation after Y. Dikmelik, F. M.
    Davidson, Appl. Opt. 44, 4946 (2005), not checked against the paper.
    """
    ratio = aperture_diameter_m / np.asarray(fried_parameter, dtype=np.float64)
    return np.asarray(0.81 * (1.0 + ratio ** (5.0 / 3.0)) ** -1.2)


def uplink_spot_radius_m(spot_radius_m: ArrayLike, beam_radius_m: ArrayLike, fried_parameter: ArrayLike) -> FloatArray:
    """Long-term 1/e^2 radius of a beam sent up through the air, w [1 + (2 sqrt2 w0/r0)^(5/3)]^(3/5), wander included.

    Andrews and Phillips (2005). w0 is the beam's radius at the ground, times the share of the spot's radius that is
    diffraction's where the receiver is in the near field. Shapes broadcast.
    """
    ratio = (
        2.0
        * math.sqrt(2.0)
        * np.asarray(beam_radius_m, dtype=np.float64)
        / np.asarray(fried_parameter, dtype=np.float64)
    )
    return np.asarray(np.asarray(spot_radius_m, dtype=np.float64) * (1.0 + ratio ** (5.0 / 3.0)) ** 0.6)


def beam_wander_rms_m(
    range_km: ArrayLike, wavelength_nm: float, beam_radius_m: float, fried_parameter: ArrayLike
) -> FloatArray:
    """Rms distance of an uplink's spot from its mean place, sqrt(0.54) L lambda/(2 w0) (2 w0/r0)^(5/6).

    Part of the long-term radius already: never add it as jitter. Andrews and Phillips (2005).
    """
    angle = wavelength_nm * 1e-9 / (2.0 * beam_radius_m)
    growth = (2.0 * beam_radius_m / np.asarray(fried_parameter, dtype=np.float64)) ** (5.0 / 6.0)
    return np.asarray(math.sqrt(0.54) * 1e3 * np.asarray(range_km, dtype=np.float64) * angle * growth)


def horizontal_fried_parameter_m(turbulence: EvenTurbulence, wavelength_nm: float, range_km: ArrayLike) -> FloatArray:
    """r0 of a spherical wave on a horizontal path, (0.423 3/8 k^2 Cn2 L)^(-3/5); infinite in calm air."""
    length_m = 1e3 * np.asarray(range_km, dtype=np.float64)
    return _power_or_infinite(0.423 * 0.375 * _wavenumber(wavelength_nm) ** 2 * turbulence.cn2_m_2_3 * length_m)


def horizontal_rytov_variance(turbulence: EvenTurbulence, wavelength_nm: float, range_km: ArrayLike) -> FloatArray:
    """Rytov variance of a plane wave on a horizontal path, 1.23 Cn2 k^(7/6) L^(11/6)."""
    length_m = 1e3 * np.asarray(range_km, dtype=np.float64)
    wave = _wavenumber(wavelength_nm) ** (7.0 / 6.0)
    return np.asarray(1.23 * turbulence.cn2_m_2_3 * wave * length_m ** (11.0 / 6.0))


def horizontal_spot_radius_m(
    spot_radius_m: ArrayLike, turbulence: EvenTurbulence, wavelength_nm: float, range_km: ArrayLike
) -> FloatArray:
    """Long-term 1/e^2 radius on a horizontal path, w (1 + 1.33 sigma_R^2 Lambda^(5/6))^(3/5), Lambda = 2L/(k w^2).

    Andrews and Phillips (2005), for all strengths of turbulence.
    """
    spot = np.asarray(spot_radius_m, dtype=np.float64)
    length_m = 1e3 * np.asarray(range_km, dtype=np.float64)
    fresnel = 2.0 * length_m / (_wavenumber(wavelength_nm) * spot**2)
    rytov = horizontal_rytov_variance(turbulence, wavelength_nm, range_km)
    return np.asarray(spot * (1.0 + 1.33 * rytov * fresnel ** (5.0 / 6.0)) ** 0.6)


def _wavenumber(wavelength_nm: float) -> float:
    return 2e9 * math.pi / wavelength_nm


def _secant(elevation_deg: ArrayLike) -> FloatArray:
    """Secant of the zenith angle; finite, but of no meaning, at the horizon."""
    sine = np.sin(np.radians(np.asarray(elevation_deg, dtype=np.float64)))
    return np.asarray(1.0 / np.maximum(sine, 1e-6))


def _power_or_infinite(strength: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):  # no turbulence: no limit to coherence
        return np.asarray(strength**-0.6)
