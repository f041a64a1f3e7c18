"""Inspection of source, receiver optics and detectors: figures that follow from several declared keys."""

from __future__ import annotations

import math

from qkdsim import units
from qkdsim.channels.state import combined_error
from qkdsim.devices import Detector, Intensity, Source
from qkdsim.evaluation.declared import NOT_STATED, TWO_SIDED_95, Declared, of_quantity, of_units, weakest_basis
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.inspection import inspected

_LEAST_TIME_BANDWIDTH = 0.315  # of the usual pulse shapes


def vacuum_extinction(device: Device, seed: int) -> Evidence:
    """TX-04: signal over weakest intensity, as they leave the transmitter with the leak of the modulator."""
    source = device.profile.source
    found = NOT_STATED if source is None else _extinction_db(source)
    return inspected("TX-04", found, "the weakest intensity and the extinction of its modulator")


def _extinction_db(source: Source) -> Declared:
    signal, weakest = source.intensity[0], source.intensity[-1]
    emitted = source.emitted_mean_photon_numbers
    if emitted[-1] <= 0.0:  # a perfect vacuum is nobody's claim, one with an uncertainty is a bound
        return _bound_of_vacuum_db(source)
    stated = [of_quantity(signal.mean_photon_number), of_quantity(weakest.mean_photon_number)]
    if source.intensity_extinction_db is not None:
        stated.append(of_quantity(source.intensity_extinction_db))
    relative = math.hypot(_relative_error(signal), _relative_error(weakest))
    decibels = 10.0 * math.log10(emitted[0] / emitted[-1])
    return Declared(decibels, weakest_basis(stated), 10.0 / math.log(10.0) * relative or None)


def _bound_of_vacuum_db(source: Source) -> Declared:
    """Signal over the upper 95 % end of a vacuum that is stated as 0."""
    signal, weakest = (of_quantity(source.intensity[place].mean_photon_number) for place in (0, -1))
    if not weakest.standard_error:
        return NOT_STATED
    brightest = TWO_SIDED_95 * weakest.standard_error
    return Declared(10.0 * math.log10(float(signal.value or 0.0) / brightest), weakest_basis([signal, weakest]))


def _relative_error(intensity: Intensity) -> float:
    mean = intensity.mean_photon_number
    return (mean.uncertainty or 0.0) / mean if mean > 0.0 else 0.0


def intrinsic_error(device: Device, seed: int) -> Evidence:
    """TX-07: misalignment and wrong-state light together, of the worse basis, at 0 dB; of a module its own share."""
    if device.profile.identity.role == "transmitter":
        return inspected("TX-07", _error_of_states(device), "source.state_error_deg")
    return inspected("TX-07", _optical_error(device), "misalignment and extinction of the states")


def _error_of_states(device: Device) -> Declared:
    """Light in the wrong state, sin^2 of half the angle by which a state is off, and what the modulator lets through.

    Of two independent errors.
    """
    source = device.profile.source
    angle = NOT_STATED if source is None else of_quantity(source.state_error_deg)
    if source is None or angle.value is None:
        return NOT_STATED
    extinction = of_quantity(source.state_extinction_db)
    leak = 0.0 if extinction.value is None else units.transmittance(float(extinction.value))
    wrong = math.sin(math.radians(float(angle.value)) / 2.0) ** 2
    stated = [angle] if extinction.value is None else [angle, extinction]
    return Declared(combined_error(wrong, leak / (1.0 + leak)), weakest_basis(stated))


def visibility(device: Device, seed: int) -> Evidence:
    """PF-05: 1 - 2 e, with e the error of the optics."""
    error = _optical_error(device)
    found = error
    if error.value is not None:
        spread = None if error.standard_error is None else 2.0 * error.standard_error
        found = Declared(1.0 - 2.0 * float(error.value), error.basis, spread)
    return inspected("PF-05", found, "misalignment and extinction of the states")


def _optical_error(device: Device) -> Declared:
    source, optics = device.profile.source, device.profile.receiver
    key, test = of_quantity(optics.misalignment_error), of_quantity(optics.test_basis_misalignment_error)
    extinction = NOT_STATED if source is None else of_quantity(source.state_extinction_db)
    if source is None and device.profile.detector is None:
        return NOT_STATED
    worse = key if test.value is None or float(test.value) < float(key.value or 0.0) else test
    stated = [worse] if extinction.value is None else [worse, extinction]
    leak = 0.0 if extinction.value is None else units.transmittance(float(extinction.value))
    wrong = leak / (1.0 + leak)
    per_db = wrong * (1.0 - wrong) * math.log(10.0) / 10.0
    spread = math.hypot(worse.standard_error or 0.0, per_db * (extinction.standard_error or 0.0))
    return Declared(combined_error(float(worse.value or 0.0), wrong), weakest_basis(stated), spread or None)


def monitor_margin(device: Device, seed: int) -> Evidence:
    """TX-16: how far below the light that changes a mean photon number by 1 % the watchdog gives alarm."""
    alarm = of_quantity(device.profile.isolation.watchdog_level_w)
    harm = of_quantity(device.profile.isolation.seeding_threshold_w)
    found = NOT_STATED
    if alarm.value is not None and harm.value is not None:
        decibels = 10.0 * math.log10(float(harm.value) / float(alarm.value))
        found = Declared(decibels, weakest_basis([alarm, harm]))
    return inspected("TX-16", found, "isolation.watchdog_level_w and isolation.seeding_threshold_w")


def source_tolerances(device: Device, seed: int) -> Evidence:
    """TX-20: wavelength, pulse rate and linewidth are declared, each with its uncertainty, and no impossible pulse."""
    source = device.profile.source
    if source is None:
        return inspected("TX-20", NOT_STATED, "its source")
    parameters = {
        "wavelength_nm": source.wavelength_nm,
        "pulse_rate_hz": source.pulse_rate_hz,
        "linewidth_hz": source.linewidth_hz,
    }
    stated = {key: of_quantity(value) for key, value in parameters.items()}
    without = [key for key, one in stated.items() if one.value is None or one.standard_error is None]
    if without:
        return inspected("TX-20", NOT_STATED, f"with a tolerance: {', '.join(without)}")
    found = Declared(True, weakest_basis(list(stated.values())))
    what = "wavelength, pulse rate and linewidth, each with a tolerance"
    return inspected("TX-20", found, what, contradiction=_impossible_pulse(source))


def _impossible_pulse(source: Source) -> str:
    """What is wrong with pulses that are short and narrow in the spectrum at once; empty where nothing is.

    The widths at half maximum of time and frequency have a product of 0.441 for Gaussian pulses without chirp and of
    0.315 for those of a mode-locked laser (sech²); chirp only adds to it. A. E. Siegman, Lasers (1986), ch. 9.
    """
    if not source.pulse_width_fwhm_ps or not source.spectral_width_sigma_nm:
        return ""
    wavelength_m = float(source.wavelength_nm) * 1e-9
    width_m = units.FWHM_PER_SIGMA * float(source.spectral_width_sigma_nm) * 1e-9
    width_hz = units.SPEED_OF_LIGHT_M_PER_S * width_m / wavelength_m**2
    product = float(source.pulse_width_fwhm_ps) * 1e-12 * width_hz
    if product >= _LEAST_TIME_BANDWIDTH:
        return ""
    return (
        f"source.pulse_width_fwhm_ps = {float(source.pulse_width_fwhm_ps):g} and source.spectral_width_sigma_nm = "
        f"{float(source.spectral_width_sigma_nm):g} have a time-bandwidth product of {product:.3g}; "
        f"no pulse has less than {_LEAST_TIME_BANDWIDTH}"
    )


def source_jitter(device: Device, seed: int) -> Evidence:
    """TX-21: rms jitter of the pulses over the width of the gate, or of the slot for a transmitter alone."""
    source, detector = device.profile.source, device.profile.detector
    jitter = NOT_STATED if source is None else of_quantity(source.pulse_jitter_fwhm_ps)
    gate = NOT_STATED if detector is None else of_quantity(detector.gate_width_ps)
    width = "detector.gate_width_ps"
    if source is not None and device.profile.identity.role == "transmitter":
        rate = of_quantity(source.pulse_rate_hz)
        gate = Declared(1e12 / float(source.pulse_rate_hz), rate.basis)
        width = "source.pulse_rate_hz"
    found = NOT_STATED
    if jitter.value is not None and gate.value is not None:
        ratio = units.sigma_from_fwhm(float(jitter.value)) / float(gate.value)
        found = Declared(ratio, weakest_basis([jitter, gate]))
    return inspected("TX-21", found, f"source.pulse_jitter_fwhm_ps and {width}")


def efficiency_tolerance(device: Device, seed: int) -> Evidence:
    """RX-01: relative error declared for the efficiency, or the 95 % half width of its uncertainty."""
    what = "detector.efficiency_relative_error, or detector.efficiency with an uncertainty"
    return inspected("RX-01", _tolerance(device, "efficiency", "efficiency_relative_error"), what)


def dead_time_tolerance(device: Device, seed: int) -> Evidence:
    """RX-06: relative error declared for the dead time, or the difference of the two detectors if that is greater."""
    found = _tolerance(device, "dead_time_s", "dead_time_relative_error")
    detector = device.profile.detector
    if detector is not None and found.value is not None:
        times = [float(one.value or 0.0) for one in of_units(detector, "dead_time_s")]
        difference = 1.0 - min(times) / max(times) if max(times) > 0.0 else 0.0
        found = Declared(max(float(found.value), difference), found.basis)
    what = "detector.dead_time_relative_error, or detector.dead_time_s with an uncertainty"
    return inspected("RX-06", found, what)


def _tolerance(device: Device, key: str, relative_error: str) -> Declared:
    detector = device.profile.detector
    if detector is None:
        return NOT_STATED
    stated = of_quantity(getattr(detector, relative_error))
    if stated.value is not None:
        return Declared(stated.value, weakest_basis([stated, *of_units(detector, key)]))
    found = of_units(detector, key)
    if any(not one.value or one.standard_error is None for one in found):
        return NOT_STATED
    return Declared(max(_half_width(one) for one in found), weakest_basis(found))


def _half_width(found: Declared) -> float:
    return TWO_SIDED_95 * (found.standard_error or 0.0) / float(found.value or math.inf)


def greatest_count_rate(device: Device, seed: int) -> Evidence:
    """RX-20: whether the dead time lets the declared rate through before it halves: at most 1 / (2 dead time).

    A detector that is blind for tau after each count passes 1 / (1 + n tau) of the n counts that would come without;
    half of them, 3 dB less, at n = 1 / tau, where it counts 1 / (2 tau).
    """
    detector = device.profile.detector
    rate = NOT_STATED if detector is None else of_quantity(detector.max_count_rate_hz)
    dead = NOT_STATED if detector is None else _longest_dead_time(detector)
    what = "detector.max_count_rate_hz and detector.dead_time_s"
    if not rate.value or not dead.value:
        return inspected("RX-20", NOT_STATED, what)
    most_hz = 0.5 / float(dead.value)
    found = Declared(float(rate.value) <= most_hz, weakest_basis([rate, dead]))
    what = f"{float(rate.value):.3g} counts/s are declared, the dead time lets {most_hz:.3g} counts/s through"
    return inspected("RX-20", found, what)


def _longest_dead_time(detector: Detector) -> Declared:
    return max(of_units(detector, "dead_time_s"), key=lambda one: float(one.value or 0.0))


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("TX-04", "inspection", vacuum_extinction),
    Procedure("TX-07", "inspection", intrinsic_error),
    Procedure("PF-05", "inspection", visibility),
    Procedure("TX-16", "inspection", monitor_margin),
    Procedure("TX-20", "inspection", source_tolerances),
    Procedure("TX-21", "inspection", source_jitter),
    Procedure("RX-01", "inspection", efficiency_tolerance),
    Procedure("RX-06", "inspection", dead_time_tolerance),
    Procedure("RX-20", "inspection", greatest_count_rate),
)
