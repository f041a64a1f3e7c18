"""Strong light into the ports of a device: isolation over the band, and what comes out or reaches the laser."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import stats

from qkdsim import units
from qkdsim.evaluation.declared import FIBRE_DAMAGE_PHOTONS_PER_S
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import several
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.intervals import CONFIDENCE
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import power_series
from qkdsim.evaluation.procedures.observed import bench_of, nature, source_of
from qkdsim.evaluation.specimen.observations import Reading

BAND_POINTS, REPEATS = 11, 9
LARGEST_STEP_NM = 10.0  # between two wavelengths, so that no window of a filter is stepped over
USUAL_BAND_NM = 50.0  # either side of the wavelength, where the profile declares no band
LEAST_BAND_NM = 40.0  # either side of it, however narrow the declared band is: an attacker chooses her wavelength
WIDE_BAND_NM = (350.0, 2400.0)
EXPOSURE_W = 10.0  # a minute of it melts what can melt: A. Huang et al., Phys. Rev. Applied 13, 034017 (2020)
STEP_DB = 0.25
HARMFUL_CHANGE = 0.01  # of the mean photon number
LEAST_POWER_W, MOST_POWER_W = 1e-10, 10.0
CHANGE_READINGS = 9  # of the mean photon number, averaged

Read = Callable[[str, float, np.random.Generator], Reading]


def trojan_photons(device: Device, seed: int) -> Evidence:
    """TX-13: photons per pulse that come back out, if all the light is sent in that a fibre bears.

    A lower damage threshold that the device declares is no limit to an attacker: damaged parts may go on working.
    """
    value_db, half_db, series = _least(device, "TX-13", "transmitter_round_trip", seed)
    per_pulse = FIBRE_DAMAGE_PHOTONS_PER_S / float(source_of(device.profile).pulse_rate_hz)
    low, high = (per_pulse * units.transmittance(value_db + sign * half_db) for sign in (1.0, -1.0))
    return Evidence(
        "TX-13",
        "attack",
        "specimen",
        per_pulse * units.transmittance(value_db),
        (low, high),
        sample_size=float(len(series.x) * REPEATS),
        planned_size=float(len(series.x) * REPEATS),
        seed=seed,
        note=f"{FIBRE_DAMAGE_PHOTONS_PER_S:.3g} photons per second sent in; worst wavelength of the band",
        facts=(("round-trip attenuation, dB", value_db),),
        series=(series,),
    )


def trojan_attenuation(device: Device, seed: int) -> Evidence:
    """TX-14: least round-trip attenuation over the band."""
    return _isolation(device, "TX-14", "transmitter_round_trip", seed)


def seeding_isolation(device: Device, seed: int) -> Evidence:
    """TX-15: least isolation between the port and the laser over the band."""
    return _isolation(device, "TX-15", "transmitter_one_way", seed)


def receiver_attenuation(device: Device, seed: int) -> Evidence:
    """RX-16: least round-trip attenuation at the receiver's port over the band."""
    return _isolation(device, "RX-16", "receiver_round_trip", seed)


def damage(device: Device, seed: int) -> Evidence:
    """TX-17: isolation that is left after a minute of continuous light of 10 W."""

    def read(path: str, wavelength_nm: float, generator: np.random.Generator) -> Reading:
        return bench_of(device).attacker.damaged_isolation_db(path, wavelength_nm, EXPOSURE_W, generator)

    return _isolation(device, "TX-17", "transmitter_one_way", seed, read)


def wide_band(device: Device, seed: int) -> Evidence:
    """TX-18: least isolation from 350 nm to 2400 nm."""
    evidence = _isolation(device, "TX-18", "transmitter_one_way", seed, band_nm=WIDE_BAND_NM)
    return replace(evidence, method="experiment")


def watchdog(device: Device, seed: int) -> Evidence:
    """TX-16: power that changes a mean photon number by 1 % over the power at which the device raises its alarm."""
    attacker = bench_of(device).attacker
    steps = np.arange(0.0, units.loss_db(LEAST_POWER_W / MOST_POWER_W) + STEP_DB / 2.0, STEP_DB)
    powers_w = [float(one) for one in LEAST_POWER_W / np.array([units.transmittance(step) for step in steps])]
    alarm_w, harm_w, noise, points = math.inf, math.inf, 0.0, []
    for number, power_w in enumerate(powers_w):
        draw = nature(seed, "TX-16", number)
        readings = [attacker.injected_light(power_w, draw) for _ in range(CHANGE_READINGS)]
        change = float(np.mean([one.relative_change for one in readings]))
        noise = readings[0].standard_uncertainty / math.sqrt(CHANGE_READINGS)
        points.append((power_w, sum(one.is_alarmed for one in readings), CHANGE_READINGS))
        if all(one.is_alarmed for one in readings):  # an alarm now and then is one that an attacker may be spared
            alarm_w = min(alarm_w, power_w)
        if change > HARMFUL_CHANGE - 2.0 * noise:  # in doubt it has changed
            harm_w = min(harm_w, power_w)
        if math.isfinite(alarm_w) and math.isfinite(harm_w):
            break
    figure = power_series("alarms", "injected power, W", points, "probability of an alarm")
    if not math.isfinite(alarm_w):
        harmless = not math.isfinite(harm_w)
        note = f"no alarm up to {MOST_POWER_W:g} W" + (", and no change either" if harmless else "")
        value = 0.0 if harmless else units.loss_db(MOST_POWER_W / harm_w)
        ends = (value - STEP_DB, value)
        return Evidence("TX-16", "attack", "specimen", value, ends, seed=seed, note=note, series=(figure,))
    margin_db = units.loss_db(alarm_w / min(harm_w, MOST_POWER_W))
    reach_db = STEP_DB + units.loss_db(1.0 - 4.0 * noise / HARMFUL_CHANGE)
    return Evidence(
        "TX-16",
        "attack",
        "specimen",
        margin_db,
        (margin_db - STEP_DB, margin_db + reach_db),
        sample_size=float(len(powers_w)),
        seed=seed,
        note=f"alarm from {alarm_w:.3g} W, change by 1 % from {min(harm_w, MOST_POWER_W):.3g} W",
        series=(figure,),
    )


def _isolation(
    device: Device,
    criterion: str,
    path: str,
    seed: int,
    read: Read | None = None,
    band_nm: tuple[float, float] | None = None,
) -> Evidence:
    value_db, half_db, series = _least(device, criterion, path, seed, read, band_nm)
    size = float(len(series.x) * REPEATS)
    return Evidence(
        criterion,
        "attack",
        "specimen",
        value_db,
        (value_db - half_db, value_db + half_db),
        CONFIDENCE,
        sample_size=size,
        planned_size=size,
        seed=seed,
        note="worst wavelength of the band, each read several times",
        series=(series,),
    )


def _least(
    device: Device,
    criterion: str,
    path: str,
    seed: int,
    read: Read | None = None,
    band_nm: tuple[float, float] | None = None,
) -> tuple[float, float, Series]:
    """Least mean reading over the band, half of its interval (that of the least of several), the curve.

    The least of several equal readings lies below their common value: the bias is on the safe side.
    """
    read = read or bench_of(device).isolation_db
    low_nm, high_nm = band_nm or _band_nm(device)
    wavelengths = np.linspace(low_nm, high_nm, max(BAND_POINTS, 1 + math.ceil((high_nm - low_nm) / LARGEST_STEP_NM)))
    means, errors = [], []
    for place, wavelength_nm in enumerate(wavelengths):
        draw = nature(seed, criterion, place)
        readings = [read(path, float(wavelength_nm), draw) for _ in range(REPEATS)]
        means.append(float(np.mean([one.value for one in readings])))
        errors.append(readings[0].standard_uncertainty / math.sqrt(REPEATS))
    worst = int(np.argmin(means))
    half_db = float(stats.norm.isf((1.0 - several(len(means))) / 2.0)) * errors[worst]
    series = Series(
        path.replace("_", " "),
        "wavelength, nm",
        tuple(float(one) for one in wavelengths),
        "isolation, dB",
        tuple(means),
        tuple(mean - 1.96 * error for mean, error in zip(means, errors, strict=True)),
        tuple(mean + 1.96 * error for mean, error in zip(means, errors, strict=True)),
    )
    return means[worst], half_db, series


def _band_nm(device: Device) -> tuple[float, float]:
    declared, source = device.profile.isolation.band_nm, device.profile.source
    centre_nm = 1550.0 if source is None else float(source.wavelength_nm)
    if declared and source is None:  # of a receiver alone nothing else says at which wavelength it works
        return float(min(declared)), float(max(declared))
    if declared:
        return min(float(min(declared)), centre_nm - LEAST_BAND_NM), max(
            float(max(declared)), centre_nm + LEAST_BAND_NM
        )
    return centre_nm - USUAL_BAND_NM, centre_nm + USUAL_BAND_NM


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("TX-13", "attack", trojan_photons, needs="bench"),
    Procedure("TX-14", "attack", trojan_attenuation, needs="bench"),
    Procedure("TX-15", "attack", seeding_isolation, needs="bench"),
    Procedure("TX-16", "attack", watchdog, needs="bench"),
    Procedure("TX-17", "attack", damage, needs="bench"),
    Procedure("TX-18", "experiment", wide_band, needs="bench"),
    Procedure("RX-16", "attack", receiver_attenuation, needs="bench"),
)
