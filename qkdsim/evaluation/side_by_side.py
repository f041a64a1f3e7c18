"""Figures of a device that let it stand beside others. All follow from the profile: declared, nothing measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qkdsim.devices import DeviceProfile, load_named_profile
from qkdsim.errors import InputError
from qkdsim.evaluation.catalogue import Level, load_scheme
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.gather import gather
from qkdsim.evaluation.level import LevelVerdict, level_verdict
from qkdsim.evaluation.loss_that_passes import qber, rate_bps
from qkdsim.evaluation.rate_band import RateBand, rate_band
from qkdsim.evaluation.sensitivity import is_inspection
from qkdsim.evaluation.verdict import Verdict, judge_all
from qkdsim.links.declared import declared_rate

LIFE_YEARS = 5.0  # over which the price is spread; a qkdsim default
AT_LOSS_DB = 10.0  # where figures are compared; a qkdsim default, that of PF-01
SECURITY_CRITERIA = ("TX-01", "TX-10", "TX-13", "TX-14", "TX-15", "RX-02", "RX-12", "RX-16", "RN-02", "PP-05", "PP-06")
_YEAR_S = 365.25 * 86400.0
_CURVE_POINTS = 61
_GREATEST_LOSS_DB = 120.0
_STEP_DB = 0.01
_INTERFACES = {"etsi014": "ETSI 014", "etsi004": "ETSI 004", "etsi015": "ETSI 015", "etsi020": "ETSI 020"}


@dataclass(frozen=True, slots=True)
class SecurityMargin:
    """How far a declared value stays from the limit of a criterion, as a share of it; positive on the safe side."""

    criterion: str
    title: str
    verdict: str
    relative_margin: float | None


@dataclass(frozen=True, slots=True)
class ComparedDevice:
    """One device. What its profile does not state, or its rate does not give, is None.

    reach_db, reach_km       greatest loss with key, and the length of its reference fibre that has it
    rate_bps, qber           at the common loss
    qber_margin              QBER at which it aborts less QBER at the common loss
    first_key_s              cold start, then one block, then key processing
    recovery_s               from the end of a disturbance to pulses that count
    energy_j_per_mbit        electrical power over secret key rate at the common loss
    cost_eur_per_mbit        price over the key of `LIFE_YEARS` at the common loss
    """

    name: str
    maker: str
    protocol: str
    fictional: bool
    reach_db: float
    reach_km: float
    rate_bps: float
    qber: float | None
    qber_margin: float | None
    first_key_s: float | None
    recovery_s: float | None
    power_w: float | None
    energy_j_per_mbit: float | None
    cost_eur: float | None
    cost_eur_per_mbit: float | None
    rack_units: float | None
    temperature_c: tuple[float, float] | None
    interfaces: tuple[str, ...]
    level: LevelVerdict
    security: tuple[SecurityMargin, ...]
    curve: tuple[RateBand, ...]


def compare(
    profiles: Sequence[str],
    *,
    loss_db: float = AT_LOSS_DB,
    level: Level = "L2",
    on_progress: Callable[[float, str], None] | None = None,
) -> tuple[ComparedDevice, ...]:
    """Profiles by name or path, side by side at one loss.

    Raises InputError for a bad profile, the same one twice, fewer than one, or a loss out of range.
    """
    if not profiles:
        raise InputError.of("compare", "", None, "at least one profile")
    if not 0.0 <= loss_db <= _GREATEST_LOSS_DB:
        raise InputError.of("--loss-db", "", loss_db, f"a number >= 0 and <= {_GREATEST_LOSS_DB:g}")
    twice = sorted({one for one in profiles if list(profiles).count(one) > 1})
    if twice:
        raise InputError.of("compare", "", twice[0], "each profile once")
    named = [load_named_profile(one) for one in profiles]
    for one in named:
        if not one.profile.is_modelled and not one.profile.performance.rate_table:
            raise InputError.of(one.name, "", None, "one half of a pair: its key rate follows from a pair only")
    reaches = [_reach_db(one.profile) for one in named]
    furthest_db = max(1.0, math.ceil(max(reaches) + 0.5))
    found: list[ComparedDevice] = []
    for one, reach_db in zip(named, reaches, strict=True):
        if on_progress is not None:
            on_progress(len(found) / len(named), one.name)
        found.append(_compared(one.name, one.profile, reach_db, loss_db, furthest_db, level))
    return tuple(found)


def _compared(
    name: str, profile: DeviceProfile, reach_db: float, loss_db: float, furthest_db: float, level: Level
) -> ComparedDevice:
    rate, error, platform = rate_bps(profile, loss_db), qber(profile, loss_db), profile.platform
    post, performance = profile.post_processing, profile.performance
    abort = None if post is None else float(post.qber_abort)
    temperatures = platform.temperature_min_c, platform.temperature_max_c
    overall, security = _judged(name, profile, level)
    losses_db = {furthest_db * index / (_CURVE_POINTS - 1) for index in range(_CURVE_POINTS)} | {reach_db}
    return ComparedDevice(
        name=name,
        maker=f"{profile.identity.vendor} {profile.identity.model}",
        protocol=profile.protocol.name,
        fictional=profile.identity.fictional,
        reach_db=reach_db,
        reach_km=reach_db / float(profile.reference_fibre.attenuation_db_per_km),
        rate_bps=rate,
        qber=error,
        qber_margin=None if error is None or abort is None else abort - error,
        first_key_s=_first_key_s(profile, loss_db, rate),
        recovery_s=float(performance.relock_s) if "relock_s" in performance.model_fields_set else None,
        power_w=_number(platform.power_w),
        energy_j_per_mbit=_per_mbit(platform.power_w, rate),
        cost_eur=_number(platform.cost_eur),
        cost_eur_per_mbit=_per_mbit(platform.cost_eur, rate * LIFE_YEARS * _YEAR_S),
        rack_units=_number(platform.rack_units),
        temperature_c=None if None in temperatures else (float(temperatures[0] or 0), float(temperatures[1] or 0)),
        interfaces=tuple(words for key, words in _INTERFACES.items() if getattr(profile.interfaces, key)),
        level=overall,
        security=security,
        curve=tuple(rate_band(name, profile, one) for one in sorted(losses_db)),
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _per_mbit(amount: float | None, bits: float) -> float | None:
    """An amount per million secret bits."""
    return None if amount is None or bits <= 0.0 else float(amount) / bits * 1e6


def _first_key_s(profile: DeviceProfile, loss_db: float, rate: float) -> float | None:
    """Power-on to the first key: None where the profile states no start-up time, or there is no key."""
    if "cold_start_s" not in profile.performance.model_fields_set or rate <= 0.0:
        return None
    start_s = float(profile.performance.cold_start_s)
    if not profile.is_modelled or profile.post_processing is None:
        return start_s
    return start_s + rate_band("", profile, loss_db).block_s + float(profile.post_processing.latency_s)


def _reach_db(profile: DeviceProfile) -> float:
    """Greatest loss with key, to a hundredth of a decibel; 0 where there is none at all."""
    if not profile.is_modelled:
        losses = [float(one.loss_db) for one in profile.performance.rate_table]
        return max((loss for loss in losses if declared_rate(profile, loss).secret_key_rate_bps > 0.0), default=0.0)
    low, high = 0.0, _GREATEST_LOSS_DB
    while high - low > _STEP_DB:
        middle = (low + high) / 2.0
        low, high = (middle, high) if rate_bps(profile, middle) > 0.0 else (low, middle)
    return low


def _judged(name: str, profile: DeviceProfile, level: Level) -> tuple[LevelVerdict, tuple[SecurityMargin, ...]]:
    """The verdict on what is declared, and the margins of some security criteria."""
    from qkdsim.evaluation.procedures import ALL

    criteria = load_scheme("default").criteria
    inspections = [one for one in ALL if is_inspection(one)]
    evidence = gather(Device(name, profile), list(criteria.values()), 1, procedures=inspections)
    verdicts: dict[str, Verdict] = {id_: judge_all(one, level, evidence[id_]) for id_, one in criteria.items()}
    margins = tuple(
        SecurityMargin(id_, criteria[id_].title, verdicts[id_].verdict, verdicts[id_].relative_margin)
        for id_ in SECURITY_CRITERIA
        if id_ in criteria
    )
    return level_verdict(level, verdicts.values()), margins
