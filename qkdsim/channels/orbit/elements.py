"""Mean elements of an orbit, as the SGP4 model takes them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from qkdsim.channels.orbit.times import DAY_S, utc
from qkdsim.errors import InputError

EARTH_RADIUS_KM = 6378.137  # equatorial, WGS-84: altitudes of orbits are counted from here
LOWEST_PERIGEE_KM = 120.0  # below, air brings a satellite down within its next revolutions
GREATEST_AXIS_KM = 150_000.0  # beyond, the Moon bends the orbit more than the model's few terms can say
# WGS-72, the constants with which SGP4 elements are made (D. Vallado et al., AIAA 2006-6753): not those of WGS-84
_MU_KM3_PER_S2 = 398_600.8
_WGS72_RADIUS_KM = 6378.135
_J2 = 1.082616e-3


@dataclass(frozen=True, slots=True)
class MeanElements:
    """An orbit as mean elements at an epoch (true equator, mean equinox of date).

    The mean motion is Kozai's, as in two-line elements; `bstar_per_earth_radius` is SGP4's drag term, 0 for an orbit
    kept up by its satellite. Angles may be any finite number. `source` names the file for error messages.

    Raises InputError for an orbit that is open, decays, or lies beyond the reach of the model.
    """

    epoch: datetime
    mean_motion_rev_per_day: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    argument_of_perigee_deg: float
    mean_anomaly_deg: float
    bstar_per_earth_radius: float = 0.0
    source: str = field(default="orbit", repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "epoch", utc(self.epoch, source=self.source, key="epoch"))
        _require_orbit(self.eccentricity, self.inclination_deg, self.source)
        for key in ("raan_deg", "argument_of_perigee_deg", "mean_anomaly_deg", "bstar_per_earth_radius"):
            if not math.isfinite(getattr(self, key)):
                raise InputError.of(self.source, key, getattr(self, key), "a finite number")
        if not (math.isfinite(self.mean_motion_rev_per_day) and self.mean_motion_rev_per_day > 0.0):
            raise InputError.of(self.source, "mean_motion_rev_per_day", self.mean_motion_rev_per_day, "more than 0")
        _require_bound(self.semi_major_axis_km, self.eccentricity, self.source)

    @property
    def semi_major_axis_km(self) -> float:
        """Mean axis behind Kozai's mean motion (F. Hoots, R. Roehrich, Spacetrack Report 3 (1980), section 6)."""
        axis = _axis_km(self.mean_motion_rev_per_day)
        delta = _kozai_term(axis, self.eccentricity, self.inclination_deg)
        axis *= 1.0 - delta * (1.0 / 3.0 + delta * (1.0 + 134.0 / 81.0 * delta))
        delta = _kozai_term(axis, self.eccentricity, self.inclination_deg)
        return _axis_km(self.mean_motion_rev_per_day / (1.0 + delta))

    @property
    def perigee_altitude_km(self) -> float:
        """Least mean height above the equatorial radius."""
        return self.semi_major_axis_km * (1.0 - self.eccentricity) - EARTH_RADIUS_KM


def mean_elements(
    epoch: datetime,
    *,
    inclination_deg: float,
    altitude_km: float | None = None,
    semi_major_axis_km: float | None = None,
    mean_motion_rev_per_day: float | None = None,
    eccentricity: float = 0.0,
    raan_deg: float = 0.0,
    argument_of_perigee_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    source: str = "orbit",
) -> MeanElements:
    """Elements without drag from one size: altitude (semi-major axis less 6378.137 km), axis, or Kozai mean motion.

    Raises InputError where not exactly one size is given, or for an orbit that MeanElements refuses.
    """
    sizes = {
        "altitude_km": altitude_km,
        "semi_major_axis_km": semi_major_axis_km,
        "mean_motion_rev_per_day": mean_motion_rev_per_day,
    }
    given = [key for key, value in sizes.items() if value is not None]
    if len(given) != 1:
        raise InputError.of(source, "orbit", ", ".join(given) or "no size", f"exactly one of {', '.join(sizes)}")
    _require_orbit(eccentricity, inclination_deg, source)
    if mean_motion_rev_per_day is None:
        axis = semi_major_axis_km if altitude_km is None else EARTH_RADIUS_KM + altitude_km
        _require_bound(float(axis or 0.0), eccentricity, source, given[0], sizes[given[0]])
        mean_motion_rev_per_day = _kozai_mean_motion(float(axis or 0.0), eccentricity, inclination_deg)
    return MeanElements(
        epoch=epoch,
        mean_motion_rev_per_day=mean_motion_rev_per_day,
        eccentricity=eccentricity,
        inclination_deg=inclination_deg,
        raan_deg=raan_deg,
        argument_of_perigee_deg=argument_of_perigee_deg,
        mean_anomaly_deg=mean_anomaly_deg,
        source=source,
    )


def _axis_km(mean_motion_rev_per_day: float) -> float:
    """Kepler's third law."""
    rate_per_s = mean_motion_rev_per_day * 2.0 * math.pi / DAY_S
    return float((_MU_KM3_PER_S2 / rate_per_s**2) ** (1.0 / 3.0))


def _kozai_term(axis_km: float, eccentricity: float, inclination_deg: float) -> float:
    """By how much, as a fraction, the oblate Earth speeds up the mean anomaly."""
    cosine = math.cos(math.radians(inclination_deg))
    flatness = 0.75 * _J2 * (_WGS72_RADIUS_KM / axis_km) ** 2
    return float(flatness * (3.0 * cosine**2 - 1.0) / (1.0 - eccentricity**2) ** 1.5)


def _kozai_mean_motion(axis_km: float, eccentricity: float, inclination_deg: float) -> float:
    """Kozai's mean motion, revolutions per day, of a mean semi-major axis."""
    kepler_per_s = math.sqrt(_MU_KM3_PER_S2 / axis_km**3)
    return kepler_per_s * DAY_S / (2.0 * math.pi) * (1.0 + _kozai_term(axis_km, eccentricity, inclination_deg))


def _require_orbit(eccentricity: float, inclination_deg: float, source: str) -> None:
    if not 0.0 <= eccentricity < 1.0:
        raise InputError.of(source, "eccentricity", eccentricity, "a closed orbit: at least 0 and less than 1")
    if not 0.0 <= inclination_deg <= 180.0:
        raise InputError.of(source, "inclination_deg", inclination_deg, "0 to 180")


def _require_bound(
    axis_km: float, eccentricity: float, source: str, key: str = "perigee_altitude_km", given: float | None = None
) -> None:
    """Refuse an orbit that decays or leaves; `key` and `given` are what the user wrote, if not the perigee itself."""
    perigee_km = axis_km * (1.0 - eccentricity) - EARTH_RADIUS_KM
    if not perigee_km >= LOWEST_PERIGEE_KM:
        value = perigee_km if given is None else given
        raise InputError.of(
            source, key, float(f"{value:.6g}"), f"a perigee at {LOWEST_PERIGEE_KM:g} km or higher: this orbit decays"
        )
    if axis_km > GREATEST_AXIS_KM:
        raise InputError.of(
            source, key, float(f"{axis_km:.6g}"), f"a semi-major axis of at most {GREATEST_AXIS_KM:g} km"
        )
