"""The law of the weather as it is drawn, on its grid of one hour: what long simulations must show.

On the grid spells come out longer than those of the chain in continuous time, since a spell shorter than the step is
not seen: with clear fraction 0.4 and correlation time 6 h, clear spells last 10.86 h, not 10. All laws here hold for a
clear fraction that does not change with the month.
"""

from __future__ import annotations

import math

from qkdsim.channels.weather.cells import shared_probability
from qkdsim.channels.weather.draw import STEP_H
from qkdsim.channels.weather.site import DECORRELATION_DISTANCE_KM, WeatherSite, distance_km
from qkdsim.errors import InputError


def mean_clear_spell_h(clear_fraction: float, correlation_time_h: float) -> float:
    """Mean number of hours in a row that are clear; infinite where the sky never clouds over."""
    return _mean_spell_h(1.0 - clear_fraction, correlation_time_h)


def mean_cloudy_spell_h(clear_fraction: float, correlation_time_h: float) -> float:
    """Mean number of hours in a row that are cloudy; infinite where the sky never clears."""
    return _mean_spell_h(clear_fraction, correlation_time_h)


def _mean_spell_h(other_fraction: float, correlation_time_h: float) -> float:
    leaves = other_fraction * -math.expm1(-STEP_H / correlation_time_h)
    return STEP_H / leaves if leaves > 0.0 else math.inf


def autocorrelation(correlation_time_h: float, lag_h: int) -> float:
    """Correlation of the state with itself a whole number of hours later: exp(-lag/T)."""
    return math.exp(-abs(lag_h) / correlation_time_h)


def both_clear(a: WeatherSite, b: WeatherSite, decorrelation_distance_km: float = DECORRELATION_DISTANCE_KM) -> float:
    """Share of time in which both sites are clear.

    Raises InputError where a clear fraction changes with the month.
    """
    shared = shared_probability(distance_km(a, b), decorrelation_distance_km)
    from_a, from_b = _clear_next(a), _clear_next(b)
    # P(both clear in the next hour | states now): one number for both, or two independent ones
    after = [
        [shared * min(p, q) + (1.0 - shared) * p * q for q in from_b]  # rows: a cloudy, a clear; columns: b
        for p in from_a
    ]
    alone_a, alone_b = _fraction(a), _fraction(b)
    # stationary: X = X m11 + (pi_a - X) m10 + (pi_b - X) m01 + (1 - pi_a - pi_b + X) m00
    constant = alone_a * after[1][0] + alone_b * after[0][1] + (1.0 - alone_a - alone_b) * after[0][0]
    return constant / (1.0 - after[1][1] + after[1][0] + after[0][1] - after[0][0])


def correlation(a: WeatherSite, b: WeatherSite, decorrelation_distance_km: float = DECORRELATION_DISTANCE_KM) -> float:
    """Correlation of the two states, clear = 1 and cloudy = 0, in the same hour.

    It is less than exp(-d/d0), the probability of a shared number: what is shared in one hour is lost in the next.
    Raises InputError where a clear fraction changes with the month, or is 0 or 1: then nothing varies.
    """
    alone_a, alone_b = _fraction(a), _fraction(b)
    variance = alone_a * (1.0 - alone_a) * alone_b * (1.0 - alone_b)
    if variance == 0.0:
        raise InputError.of("weather", "clear_fraction", f"{alone_a:g} and {alone_b:g}", "between 0 and 1")
    return (both_clear(a, b, decorrelation_distance_km) - alone_a * alone_b) / math.sqrt(variance)


def _fraction(site: WeatherSite) -> float:
    months = set(site.monthly_clear_fraction)
    if len(months) > 1:
        raise InputError.of("weather", f"{site.name}.clear_fraction", "twelve", "one number for the whole year")
    return months.pop()


def _clear_next(site: WeatherSite) -> tuple[float, float]:
    """P(clear in the next hour) after a cloudy and after a clear one."""
    clear, keep = _fraction(site), math.exp(-STEP_H / site.correlation_time_h)
    return clear * (1.0 - keep), clear + (1.0 - clear) * keep
