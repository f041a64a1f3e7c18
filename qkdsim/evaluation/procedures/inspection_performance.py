"""Inspection of performance: what the declared components give, against what the profile declares to give.

The rate is that of `qkdsim rate`: expected counts, blocks as the device closes them, the profile's own theory of key
length. A profile whose protocol is not simulated is judged by its rate table alone.
"""

from __future__ import annotations

import math

from qkdsim.devices import DeviceProfile
from qkdsim.devices.claims import assumed_values
from qkdsim.evaluation.cv_design import NEEDED, CvDesign, is_complete
from qkdsim.evaluation.declared import NOT_STATED, Declared, of_quantity, weakest_basis
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Basis, Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.inspection import inspected
from qkdsim.links.declared import declared_rate
from qkdsim.links.reference_fibre import span_of
from qkdsim.links.study import Figures, Study

NOMINAL_LOSS_DB = 10.0  # qkdsim default, that of PF-01
_TABLES = ("protocol.", "source.", "receiver.", "detector.", "post_processing.")
_WITHOUT_EFFECT = (  # assumed values that the rate does not read
    "detector.afterpulse_lifetime_s",
    "post_processing.latency_s",
    "post_processing.service_channel_rate_bps",
)
_STEP_DB = 0.01
_GREATEST_LOSS_DB = 120.0


def rate_at_nominal_loss(device: Device, seed: int) -> Evidence:
    """PF-01: secret key rate at 10 dB that the declared components give, or the rate table where none are modelled."""
    profile = device.profile
    found, what = rate_bps(profile, NOMINAL_LOSS_DB), "what the rate at 10 dB rests on"
    facts: tuple[tuple[str, float | str], ...] = ()
    if has_components(profile) and profile.performance.rate_table:
        facts = (("declared at 10 dB", declared_rate(profile, NOMINAL_LOSS_DB).secret_key_rate_bps),)
    return inspected("PF-01", found, what, facts=facts)


def rate_against_declaration(device: Device, seed: int) -> Evidence:
    """PF-02: rate that the declared components give over the declared rate, at the worst point of the rate table."""
    profile = device.profile
    table = [one for one in profile.performance.rate_table if one.secret_key_rate_bps > 0.0]
    if not has_components(profile) or not table:
        what = "performance.rate_table" if has_components(profile) else "components that can be simulated"
        return inspected("PF-02", NOT_STATED, what, method="experiment")
    ratios = {}
    for point in table:
        given = float(rate_bps(profile, float(point.loss_db)).value or 0.0)
        ratios[point] = given / float(point.secret_key_rate_bps)
    worst = min(ratios, key=ratios.__getitem__)
    basis = weakest_basis(
        [rate_bps(profile, float(worst.loss_db)), *(of_quantity(p.secret_key_rate_bps) for p in table)]
    )
    given_bps = ratios[worst] * float(worst.secret_key_rate_bps)
    what = (
        f"at {float(worst.loss_db):g} dB {float(worst.secret_key_rate_bps):.4g} bit/s are declared, "
        f"the declared components give {given_bps:.4g} bit/s"
    )
    facts = tuple((f"ratio at {float(point.loss_db):g} dB", ratio) for point, ratio in ratios.items())
    return inspected("PF-02", Declared(ratios[worst], basis), what, facts=facts, method="experiment")


def greatest_loss(device: Device, seed: int) -> Evidence:
    """PF-03: greatest loss with key: the declared one, which must not be beyond what the declared components reach."""
    profile = device.profile
    claim = of_quantity(profile.performance.max_loss_db)
    if not has_components(profile):
        if claim.value is not None:
            return inspected("PF-03", claim, "performance.max_loss_db")
        return inspected("PF-03", _last_of_table(profile), "greatest loss of performance.rate_table with key")
    reach = Declared(_reach_db(profile), _basis(profile))
    if claim.value is None:
        return inspected("PF-03", reach, "reach of the declared components")
    least = min(float(claim.value), float(reach.value or 0.0))
    fault = ""
    if reach.basis == "declared" and float(claim.value) > float(reach.value or 0.0):
        fault = (
            f"{float(claim.value):g} dB are declared, the declared components give no key beyond {reach.value:.4g} dB"
        )
    facts = (("declared", float(claim.value)), ("reach of the declared components", float(reach.value or 0.0)))
    found = Declared(least, weakest_basis([claim, reach]))
    return inspected("PF-03", found, "performance.max_loss_db", facts=facts, contradiction=fault)


def operating_qber(device: Device, seed: int) -> Evidence:
    """PF-04: QBER at 10 dB from the declared components, or that of the rate table at the nearest point."""
    profile = device.profile
    if profile.is_modelled:
        qber = _figures(profile, NOMINAL_LOSS_DB).qber
        found = NOT_STATED if qber is None else Declared(qber, _basis(profile))
        return inspected("PF-04", found, "what the QBER at 10 dB rests on")
    stated = [one for one in profile.performance.rate_table if one.qber is not None]
    if not stated:
        return inspected("PF-04", NOT_STATED, "performance.rate_table with qber")
    nearest = min(stated, key=lambda one: abs(float(one.loss_db) - NOMINAL_LOSS_DB))
    return inspected("PF-04", of_quantity(nearest.qber), f"QBER declared at {float(nearest.loss_db):g} dB")


def coexistence(device: Device, seed: int) -> Evidence:
    """PF-09: least share of the key rate that is declared beside classical channels."""
    points = device.profile.performance.coexistence
    if not points:
        return inspected("PF-09", NOT_STATED, "performance.coexistence")
    least = min(points, key=lambda one: float(one.key_rate_fraction))
    what = f"beside {float(least.launch_power_dbm):g} dBm at {float(least.wavelength_nm):g} nm"
    return inspected("PF-09", of_quantity(least.key_rate_fraction), f"{what} over {float(least.length_km):g} km")


def energy_per_key(device: Device, seed: int) -> Evidence:
    """PF-12: electrical power over the secret key rate at 10 dB."""
    power, rate = of_quantity(device.profile.platform.power_w), rate_bps(device.profile, NOMINAL_LOSS_DB)
    if power.value is None or not rate.value:
        return inspected("PF-12", NOT_STATED, "platform.power_w and a key rate at 10 dB")
    joule_per_kbit = 1000.0 * float(power.value) / float(rate.value)
    return inspected("PF-12", Declared(joule_per_kbit, weakest_basis([power, rate])), "power over rate at 10 dB")


def rate_bps(profile: DeviceProfile, loss_db: float) -> Declared:
    """Secret key rate at a loss: from the declared components, else interpolated in the rate table."""
    if has_components(profile):
        return Declared(_modelled_rate_bps(profile, loss_db), _basis(profile))
    if not profile.performance.rate_table:
        return NOT_STATED
    points = [of_quantity(one.secret_key_rate_bps) for one in profile.performance.rate_table]
    return Declared(declared_rate(profile, loss_db).secret_key_rate_bps, weakest_basis(points))


def has_components(profile: DeviceProfile) -> bool:
    """Whether a rate follows from what the profile says of its components."""
    return profile.is_modelled or is_complete(profile)


def _modelled_rate_bps(profile: DeviceProfile, loss_db: float) -> float:
    if is_complete(profile):
        return CvDesign.of(profile).rate_bps(loss_db)
    pulse_rate_hz = 0.0 if profile.source is None else float(profile.source.pulse_rate_hz)
    return _figures(profile, loss_db).secret_per_pulse * pulse_rate_hz


def _figures(profile: DeviceProfile, loss_db: float) -> Figures:
    return Study(profile, None, False).figures(span_of(profile, None, loss_db))


def _basis(profile: DeviceProfile) -> Basis:
    """Assumed where any number or choice is that the rate reads."""
    if is_complete(profile) and profile.post_processing is not None:
        numbers = [getattr(profile.cv, name) for name in NEEDED if name != "detection"]
        return weakest_basis([of_quantity(one) for one in (*numbers, profile.post_processing.epsilon_secrecy)])
    open_values = [one for one in assumed_values(profile) if one.startswith(_TABLES)]
    return "assumed" if any(not one.startswith(_WITHOUT_EFFECT) for one in open_values) else "declared"


def _reach_db(profile: DeviceProfile) -> float:
    """Greatest loss with key, to a hundredth of a decibel; 0 where there is none at all."""
    if _modelled_rate_bps(profile, 0.0) <= 0.0:
        return 0.0
    low, high = 0.0, _GREATEST_LOSS_DB
    while high - low > _STEP_DB:
        middle = (low + high) / 2.0
        low, high = (middle, high) if _modelled_rate_bps(profile, middle) > 0.0 else (low, middle)
    return low


def _last_of_table(profile: DeviceProfile) -> Declared:
    with_key = [one for one in profile.performance.rate_table if one.secret_key_rate_bps > 0.0]
    if not with_key or math.isinf(with_key[-1].loss_db):
        return NOT_STATED
    return of_quantity(with_key[-1].loss_db)


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PF-01", "inspection", rate_at_nominal_loss),
    Procedure("PF-02", "experiment", rate_against_declaration),
    Procedure("PF-03", "inspection", greatest_loss),
    Procedure("PF-04", "inspection", operating_qber),
    Procedure("PF-09", "inspection", coexistence),
    Procedure("PF-12", "inspection", energy_per_key),
)
