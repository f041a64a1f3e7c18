"""Up to which loss, and so which distance, declared components meet a limit on rate or error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qkdsim.devices import DeviceProfile
from qkdsim.evaluation.catalogue import Criterion, Level
from qkdsim.links.declared import declared_rate
from qkdsim.links.reference_fibre import span_of
from qkdsim.links.study import Study

_GREATEST_LOSS_DB = 120.0
_STEP_DB = 0.01
NOMINAL_LOSS_DB = 10.0  # at which PF-01 and PF-04 are stated


@dataclass(frozen=True, slots=True)
class LossThatPasses:
    """The greatest loss with which a limit is met, and the length of the profile's reference fibre that has it."""

    loss_db: float
    length_km: float


def loss_that_passes(
    profile: DeviceProfile, criterion: Criterion, level: Level, shown: float | None = None
) -> LossThatPasses | None:
    """The loss up to which a limit on the rate (PF-01) or the QBER (PF-04) is met; that which has key (PF-03).

    `shown`: what an estimate says at 10 dB, by the end of its interval that decides. The curve of the declared
    components is then moved there: the rate by a factor, the QBER by a difference. Of PF-03 it is the loss itself.

    None for other criteria, and where the limit is met nowhere.
    """
    limit = criterion.threshold(level)
    if criterion.id == "PF-03" and shown is not None:
        return _with_length(profile, shown)
    meets = _meeting(profile, criterion.id, shown)
    if meets is None or not isinstance(limit, float) or not meets(0.0, limit):
        return None
    low, high = 0.0, _GREATEST_LOSS_DB
    while high - low > _STEP_DB:
        middle = (low + high) / 2.0
        low, high = (middle, high) if meets(middle, limit) else (low, middle)
    return _with_length(profile, low)


def _with_length(profile: DeviceProfile, loss_db: float) -> LossThatPasses:
    return LossThatPasses(loss_db, loss_db / float(profile.reference_fibre.attenuation_db_per_km))


def _meeting(profile: DeviceProfile, criterion: str, shown: float | None) -> Callable[[float, float], bool] | None:
    """Whether a limit is met at a loss; None where a criterion has no such curve, or it cannot be moved to `shown`."""
    if criterion == "PF-01":
        at_nominal = rate_bps(profile, NOMINAL_LOSS_DB)
        if shown is not None and at_nominal <= 0.0:
            return None
        factor = 1.0 if shown is None else shown / at_nominal
        return lambda loss_db, limit: factor * rate_bps(profile, loss_db) >= limit
    if criterion == "PF-04":
        at_nominal_qber = qber(profile, NOMINAL_LOSS_DB)
        if at_nominal_qber is None:
            return None
        beyond = 0.0 if shown is None else shown - at_nominal_qber
        return lambda loss_db, limit: _is_low(qber(profile, loss_db), limit - beyond)
    return None


def _is_low(error: float | None, limit: float) -> bool:
    return error is not None and error <= limit


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
