"""Up to which loss, and so which distance, declared components meet a limit on rate or error."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qkdsim.devices import DeviceProfile
from qkdsim.evaluation.catalogue import Criterion, Level
from qkdsim.links.declared import declared_rate
from qkdsim.links.reference_fibre import span_of
from qkdsim.links.study import Study

_GREATEST_LOSS_DB = 120.0
_STEP_DB = 0.01


@dataclass(frozen=True, slots=True)
class LossThatPasses:
    """The greatest loss with which a limit is met, and the length of the profile's reference fibre that has it."""

    loss_db: float
    length_km: float


def loss_that_passes(profile: DeviceProfile, criterion: Criterion, level: Level) -> LossThatPasses | None:
    """The loss up to which a limit on the rate (PF-01) or the QBER (PF-04) is met.

    None for other criteria, and where the declared components meet the limit nowhere.
    """
    limit, meets = criterion.threshold(level), _MEETS.get(criterion.id)
    if meets is None or not isinstance(limit, float) or not meets(profile, 0.0, limit):
        return None
    low, high = 0.0, _GREATEST_LOSS_DB
    while high - low > _STEP_DB:
        middle = (low + high) / 2.0
        low, high = (middle, high) if meets(profile, middle, limit) else (low, middle)
    return LossThatPasses(low, low / float(profile.reference_fibre.attenuation_db_per_km))


def reaches(profile: DeviceProfile, loss_db: float) -> bool:
    """Whether a loss is declared to be reached, and all that is declared is reached with key."""
    claim = profile.performance.max_loss_db
    if not profile.is_modelled:
        return (claim or 0.0) >= loss_db
    return (claim is None or claim >= loss_db) and rate_bps(profile, float(claim or loss_db)) > 0.0


def rate_bps(profile: DeviceProfile, loss_db: float) -> float:
    """Secret key rate of the declared components at a loss, or that of the rate table where none are modelled."""
    if not profile.is_modelled or profile.source is None:
        return declared_rate(profile, loss_db).secret_key_rate_bps
    figures = Study(profile, None, False).figures(span_of(profile, None, loss_db))
    return figures.secret_per_pulse * float(profile.source.pulse_rate_hz)


def qber(profile: DeviceProfile, loss_db: float) -> float | None:
    """QBER of the sifted key at a loss; None where it is not known."""
    if not profile.is_modelled:
        stated = declared_rate(profile, loss_db).qber
        return None if math.isnan(stated) else stated
    return Study(profile, None, False).figures(span_of(profile, None, loss_db)).qber


def _has_low_qber(profile: DeviceProfile, loss_db: float, limit: float) -> bool:
    found = qber(profile, loss_db)
    return found is not None and found <= limit


_MEETS: Mapping[str, Callable[[DeviceProfile, float, float], bool]] = {
    "PF-01": lambda profile, loss_db, limit: rate_bps(profile, loss_db) >= limit,
    "PF-04": _has_low_qber,
}
