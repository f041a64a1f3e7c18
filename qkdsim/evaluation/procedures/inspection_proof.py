"""Inspection of the security proof: is its declaration complete, and does the device keep what the proof assumes?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qkdsim.devices import DeviceProfile
from qkdsim.devices.operation import Assumption
from qkdsim.evaluation.applicability import is_continuous, is_of_partner
from qkdsim.evaluation.declared import NOT_STATED, Declared, declared
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.inspection import inspected

# each entry: parameters of which a complete declaration bounds at least one
OF_EVERY_BB84: tuple[tuple[str, ...], ...] = (
    ("source.state_error_deg",),
    ("source.side_channel_distance",),
    ("source.trojan_mean_photon_number", "isolation.transmitter_round_trip_db"),
    ("detector.efficiency_mismatch", "detector.worst_efficiency_mismatch"),
    ("detector.dark_count_probability",),
    ("post_processing.double_click_policy",),
    ("protocol.key_basis_probability",),
    ("post_processing.ec_efficiency",),
    ("post_processing.epsilon_authentication",),
)
OF_FINITE_KEYS: tuple[tuple[str, ...], ...] = (
    ("post_processing.epsilon_secrecy",),
    ("post_processing.epsilon_correctness",),
    ("post_processing.block_size_bits",),
)
OF_WEAK_PULSES: tuple[tuple[str, ...], ...] = (
    ("source.mean_photon_number_relative_error",),
    ("source.mean_photon_number_drift_per_h",),
    ("source.g2", "source.photon_statistics"),
    ("source.phase_correlation_visibility", "source.phase_randomised"),
    ("source.intensity_correlation",),
)
OF_DECOYS: tuple[tuple[str, ...], ...] = (("source.decoy_count",),)
OF_PASSIVE_CHOICE: tuple[tuple[str, ...], ...] = (("receiver.splitting_wavelength_deviation",),)
OF_SINGLE_PHOTONS: tuple[tuple[str, ...], ...] = (("source.g2",),)
# A. Leverrier, Phys. Rev. Lett. 114, 070501 (2015) and 118, 200501 (2017): what these proofs take as known of the
# modulation, of a detector that nobody else touches, and of the unit in which all noise is told
OF_GAUSSIAN_MODULATION: tuple[tuple[str, ...], ...] = (
    ("cv.modulation_variance_relative_error",),
    ("cv.detection",),
    ("cv.efficiency_relative_error",),
    ("cv.electronic_noise_snu",),
    ("cv.excess_noise_snu",),
    ("cv.shot_noise_calibration",),
    ("cv.shot_noise_relative_error",),
    ("cv.linear_range_sigma",),
    ("cv.range_abort_share",),
    ("cv.adc_bits",),
    ("cv.reconciliation_efficiency",),
    ("post_processing.epsilon_authentication",),
)
OF_FINITE_SYMBOLS: tuple[tuple[str, ...], ...] = (
    ("post_processing.epsilon_secrecy",),
    ("post_processing.epsilon_correctness",),
    ("cv.block_symbols",),
)

State = Literal["kept", "broken", "open", "of the partner"]


def declaration_complete(device: Device, seed: int) -> Evidence:
    """PP-17: protocol, proof, attack class and every assumption that a proof of this kind rests on are declared."""
    model = device.profile.security_model
    if model.proof is None and model.reference is None:
        return inspected("PP-17", NOT_STATED, "security_model.proof or security_model.reference")
    missing = list(_missing(device.profile))
    what = f"not declared: {', '.join(missing)}" if missing else "proof, attack class and its assumptions"
    return inspected("PP-17", Declared(not missing, "declared"), what, facts=(("missing", float(len(missing))),))


def _missing(profile: DeviceProfile) -> Iterator[str]:
    model = profile.security_model
    if model.attack_class != "coherent":
        yield "security_model.attack_class = coherent"
    if not model.assumptions:
        yield "security_model.assumptions"
        return
    listed = {one.parameter for one in model.assumptions}
    for alternatives in required_assumptions(profile):
        if not listed & set(alternatives):
            yield f"a bound on {' or '.join(alternatives)}"


def required_assumptions(profile: DeviceProfile) -> tuple[tuple[str, ...], ...]:
    """What a proof for this device rests on: of each entry at least one parameter must be bounded.

    Known for BB84 and Gaussian modulation; for other protocols nothing is asked for here. A module bounds what its
    own end and the key processing do; the partner's profile bounds the rest.
    """
    entries = _of_a_link(profile)
    return tuple(one for one in entries if not all(is_of_partner(parameter, profile) for parameter in one))


def _of_a_link(profile: DeviceProfile) -> tuple[tuple[str, ...], ...]:
    if is_continuous(profile):
        finite = profile.security_model.finite_key is not False
        return OF_GAUSSIAN_MODULATION + (OF_FINITE_SYMBOLS if finite else ())
    if not profile.protocol.name.startswith("bb84"):
        return ()
    required = OF_EVERY_BB84
    if profile.security_model.finite_key is not False:
        required += OF_FINITE_KEYS
    if profile.protocol.basis_choice == "passive":
        required += OF_PASSIVE_CHOICE
    if profile.protocol.name == "bb84-single-photon":
        return required + OF_SINGLE_PHOTONS
    return required + OF_WEAK_PULSES + OF_DECOYS


@dataclass(frozen=True, slots=True)
class Checked:
    """One assumption of the declared proof, held against the value of its parameter."""

    assumption: Assumption
    found: Declared
    state: State

    def __str__(self) -> str:
        """As `parameter 0.03 (bound <= 0.02)`."""
        value = self.found.value
        if value is None or self.found.basis == "assumed":
            shown = "not stated" if value is None else "assumed"
        else:
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        bound = self.assumption.bound
        return f"{self.assumption.parameter} {shown} (bound {self.assumption.op} {bound})"


def proof_consistency(device: Device, seed: int) -> Evidence:
    """PP-18: how many parameters are outside the bound that the declared proof puts on them.

    The worse end of a declared uncertainty decides. Without a value for a parameter the count is not known, unless
    another assumption is broken already.
    """
    checked = tuple(check(device.profile, one) for one in device.profile.security_model.assumptions)
    broken = [one for one in checked if one.state == "broken"]
    unknown = [one for one in checked if one.state == "open"]
    facts = tuple((one.assumption.parameter, one.state) for one in checked)
    if broken:
        what = f"outside the bound of the proof: {'; '.join(str(one) for one in broken)}"
        return inspected("PP-18", Declared(float(len(broken)), "declared"), what, facts=facts)
    kept = [one for one in checked if one.state == "kept"]
    if unknown or not kept:
        what = "; ".join(str(one) for one in unknown) or "security_model.assumptions"
        return inspected("PP-18", NOT_STATED, f"what its proof bounds: {what}", facts=facts)
    return inspected("PP-18", Declared(0.0, "declared"), f"{len(kept)} assumptions of the proof are kept", facts=facts)


def check(profile: DeviceProfile, assumption: Assumption) -> Checked:
    """Whether a profile keeps one assumption of its proof, by the worse end of the declared value.

    What a module assumes of its partner is not looked at: it is checked where the two stand in one profile.
    """
    if is_of_partner(assumption.parameter, profile):
        return Checked(assumption, NOT_STATED, "of the partner")
    found = declared(profile, assumption.parameter)
    return Checked(assumption, found, _state(assumption, found))


def _state(assumption: Assumption, found: Declared) -> State:
    bound, value = assumption.bound, found.value
    if value is None or found.basis != "declared":
        return "open"
    if assumption.op == "in" or isinstance(bound, tuple):
        names = bound if isinstance(bound, tuple) else (bound,)
        return "kept" if value in names else "broken"
    if assumption.op == "==" and (isinstance(bound, str) or isinstance(value, str | bool)):
        return "kept" if value == bound else "broken"
    ends = found.ends
    if isinstance(bound, str) or ends is None:
        return "open"  # a text has no order
    low, high = ends
    if assumption.op == "==":
        slack = 1e-9 * abs(bound)
        return "kept" if low - slack <= bound <= high + slack else "broken"
    is_kept = high <= bound if assumption.op == "<=" else low >= bound
    return "kept" if is_kept else "broken"


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PP-17", "inspection", declaration_complete),
    Procedure("PP-18", "inspection", proof_consistency),
)
