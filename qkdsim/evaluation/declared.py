"""What a profile declares: the value of a parameter with its basis and its worse end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel
from scipy import constants

from qkdsim import units
from qkdsim.devices import Detector, DeviceProfile, Quantity
from qkdsim.evaluation.evidence import Basis

TWO_SIDED_95 = 1.959963984540054  # standard deviations of a normal interval
FIBRE_DAMAGE_PHOTONS_PER_S = 1e20  # what a fibre bears: M. Lucamarini et al., Phys. Rev. X 5, 031030 (2015)


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter as a profile declares it.

    `value` is None where the profile does not state it. `basis` is `assumed` where any number behind it is, or where a
    default stands in for a choice; a `measured` value of a profile is still its maker's claim, so it counts as
    `declared`. `standard_error` is None where no uncertainty is stated.
    """

    value: float | bool | str | None
    basis: Basis
    standard_error: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of a number with stated uncertainty, None otherwise."""
        if not self.standard_error or self.value is None or isinstance(self.value, bool | str):
            return None
        half = TWO_SIDED_95 * self.standard_error
        return self.value - half, self.value + half

    @property
    def ends(self) -> tuple[float, float] | None:
        """The least and greatest value it may have; None for what is not a number."""
        if self.value is None or isinstance(self.value, bool | str):
            return None
        return self.interval or (float(self.value), float(self.value))


NOT_STATED = Declared(None, "none")


def declared(profile: DeviceProfile, parameter: str) -> Declared:
    """The value of a parameter: a key path of the profile, or one of `DERIVED`, which follows from several keys.

    Not stated where the profile has no such key.
    """
    if parameter in DERIVED:
        return DERIVED[parameter](profile)
    model: object = profile
    *tables, key = parameter.split(".")
    for name in tables:
        model = getattr(model, name, None) if name in _fields(model) else None
    if not isinstance(model, BaseModel) or key not in _fields(model):
        return NOT_STATED
    return _stated(getattr(model, key), is_set=key in model.model_fields_set)


def _fields(model: object) -> frozenset[str]:
    return frozenset(type(model).model_fields) if isinstance(model, BaseModel) else frozenset()


def _stated(value: object, *, is_set: bool) -> Declared:
    if isinstance(value, Quantity):
        return of_quantity(value)
    if isinstance(value, bool | str | float | int):
        return Declared(value, "declared" if is_set else "assumed")
    return NOT_STATED


def of_quantity(value: Quantity | None) -> Declared:
    """A quantity of a profile as a declared value."""
    if value is None:
        return NOT_STATED
    return Declared(float(value), "assumed" if value.basis == "assumed" else "declared", value.uncertainty)


def worst(found: list[Declared], *, highest: bool = True) -> Declared:
    """The greatest (or least) of several values; not stated if one of them is not, assumed if one of them is."""
    if not found or any(one.ends is None for one in found):
        return NOT_STATED
    pick = max if highest else min
    one = pick(found, key=lambda each: (each.ends or (0.0, 0.0))[1 if highest else 0])
    return Declared(one.value, weakest_basis(found), one.standard_error)


def weakest_basis(found: list[Declared]) -> Basis:
    """`none` if one is not stated, else `assumed` if one is assumed, else `declared`."""
    bases = {one.basis for one in found}
    return "none" if "none" in bases else "assumed" if "assumed" in bases else "declared"


def of_units(detector: Detector, key: str) -> list[Declared]:
    """A value of each detector: its own where stated, else that of the pair."""
    common = of_quantity(getattr(detector, key))
    if not detector.unit:
        return [common]
    own = [of_quantity(getattr(unit, key)) for unit in detector.unit]
    return [common if one.value is None else one for one in own]


def _dark_count_probability(profile: DeviceProfile) -> Declared:
    """Per gate, of the worse detector: stated, or the rate times the width of the gate."""
    detector = profile.detector
    if detector is None:
        return NOT_STATED
    per_gate = of_units(detector, "dark_count_probability")
    rates = of_units(detector, "dark_count_rate_hz")
    gate = of_quantity(detector.gate_width_ps)
    found = []
    for index in range(max(len(per_gate), len(rates))):
        stated = per_gate[index] if index < len(per_gate) else per_gate[0]
        rate = rates[index] if index < len(rates) else rates[0]
        found.append(stated if stated.value is not None else _times(rate, gate, 1e-12))
    return worst(found)


def _times(left: Declared, right: Declared, factor: float) -> Declared:
    if left.ends is None or right.ends is None:
        return NOT_STATED
    a, b = float(left.value or 0.0), float(right.value or 0.0)
    error = factor * ((b * (left.standard_error or 0.0)) ** 2 + (a * (right.standard_error or 0.0)) ** 2) ** 0.5
    return Declared(a * b * factor, weakest_basis([left, right]), error or None)


def _efficiency_mismatch(profile: DeviceProfile) -> Declared:
    """The declared bound, or 1 - least / greatest of the two declared efficiencies, whichever is worse."""
    detector = profile.detector
    if detector is None:
        return NOT_STATED
    stated = of_quantity(detector.efficiency_mismatch)
    own = [unit.efficiency for unit in detector.unit]
    if any(one is None for one in own) or not own:
        return stated
    values = of_units(detector, "efficiency")
    numbers = [float(one.value or 0.0) for one in values]
    if max(numbers) <= 0.0:
        return stated
    error = sum(((one.standard_error or 0.0) / max(numbers)) ** 2 for one in values) ** 0.5
    seen = Declared(1.0 - min(numbers) / max(numbers), weakest_basis(values), error or None)
    return seen if stated.value is None else worst([stated, seen])


def _epsilon_secrecy(profile: DeviceProfile) -> Declared:
    """Per block; stated per secret bit it is that times the greatest possible key, the sifted block."""
    post = profile.post_processing
    if post is None:
        return NOT_STATED
    if post.epsilon_secrecy is not None:
        return of_quantity(post.epsilon_secrecy)
    return _times(of_quantity(post.epsilon_secrecy_per_bit), of_quantity(post.block_size_bits), 1.0)


def _epsilon_correctness(profile: DeviceProfile) -> Declared:
    """The claim, or what the verification hash can give, 2^-bits, where that is worse."""
    post = profile.post_processing
    if post is None:
        return NOT_STATED
    claim, bits = of_quantity(post.epsilon_correctness), of_quantity(post.verification_bits)
    if bits.ends is None:
        return claim
    return worst([claim, Declared(2.0 ** -float(bits.value or 0.0), bits.basis)])


def _trojan_mean_photon_number(profile: DeviceProfile) -> Declared:
    """Photons per pulse that come back out: light let in by the damage limit, less the round-trip attenuation.

    Where no damage threshold is declared, 1e20 photons per second: M. Lucamarini et al., PRX 5, 031030 (2015).
    """
    source = profile.source
    attenuation = of_quantity(profile.isolation.transmitter_round_trip_db)
    if source is None or attenuation.value is None:
        return NOT_STATED
    rate, power = of_quantity(source.pulse_rate_hz), profile.isolation.damage_threshold_w
    photons_per_s = FIBRE_DAMAGE_PHOTONS_PER_S
    found = [attenuation, rate]
    if power is not None:
        photons_per_s = power * source.wavelength_nm * 1e-9 / (constants.h * constants.c)
        found += [of_quantity(power), of_quantity(source.wavelength_nm)]
    mean = photons_per_s / float(source.pulse_rate_hz) * units.transmittance(float(attenuation.value))
    error = mean * 0.1 * 2.302585092994046 * (attenuation.standard_error or 0.0)
    return Declared(mean, weakest_basis(found), error or None)


def _decoy_count(profile: DeviceProfile) -> Declared:
    source = profile.source
    return NOT_STATED if source is None else Declared(float(len(source.intensity) - 1), "declared")


def _absolute(key: str) -> Callable[[DeviceProfile], Declared]:
    def read(profile: DeviceProfile) -> Declared:
        found = of_quantity(None if profile.source is None else getattr(profile.source, key))
        return found if found.value is None else Declared(abs(float(found.value)), found.basis, found.standard_error)

    return read


def _of_detector(key: str) -> Callable[[DeviceProfile], Declared]:
    def read(profile: DeviceProfile) -> Declared:
        return NOT_STATED if profile.detector is None else worst(of_units(profile.detector, key))

    return read


DERIVED: Mapping[str, Callable[[DeviceProfile], Declared]] = {
    "source.decoy_count": _decoy_count,
    "source.intensity_correlation": _absolute("intensity_correlation"),
    "source.trojan_mean_photon_number": _trojan_mean_photon_number,
    "detector.dark_count_probability": _dark_count_probability,
    "detector.afterpulse_probability": _of_detector("afterpulse_probability"),
    "detector.efficiency_mismatch": _efficiency_mismatch,
    "post_processing.epsilon_secrecy": _epsilon_secrecy,
    "post_processing.epsilon_correctness": _epsilon_correctness,
}
