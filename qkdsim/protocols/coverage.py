"""Does an implemented security proof cover this key?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qkdsim.devices import Detector, DeviceProfile
from qkdsim.protocols.theory import Theory


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether a proof covers a rate; if not, why not. `caveats` are conditions that do not void it."""

    reasons: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether no reason speaks against it."""
        return not self.reasons

    def __str__(self) -> str:
        label = "covered" if self.covered else f"not covered by proof: {'; '.join(self.reasons)}"
        return f"{label} ({'; '.join(self.caveats)})" if self.caveats else label


def coverage(
    transmitter: DeviceProfile,
    receiver: DeviceProfile,
    theory: Theory,
    *,
    observed_length: bool = False,
    infinite_data: bool = False,
    reconciliation: str = "",
) -> Coverage:
    """Compare the devices with the conditions of the theory.

    `observed_length`: the key length was computed from a block's own counts, where the theorems fix it beforehand.
    `infinite_data`: the rate is that of an endless run, and is meant so.
    `reconciliation`: what must be said of the leakage that was counted.
    """
    reasons = list(_device_reasons(transmitter, receiver))
    if theory.proof == "asymptotic-decoy" and not infinite_data:
        reasons.append("asymptotic formula on finite counts")
    elif theory.tail_bound == "none" and not infinite_data:
        reasons.append("no bound on statistical fluctuations")
    if theory.both_bases and theory.proof != "asymptotic-decoy":
        reasons.append("key from both bases, where the proof takes one")
    caveats = []
    if transmitter.protocol.basis_choice == "passive":
        caveats.append("passive basis choice taken as an active one")
    if any(_stated(transmitter, "source", bounded=True)) or any(_stated(receiver, "detector", bounded=True)):
        caveats.append("imperfections within the bounds of the declared proof are taken as ideal")
    if observed_length and theory.proof != "asymptotic-decoy":
        caveats.append("length from observed counts: heuristic, the theorem fixes it beforehand")
    if reconciliation:
        caveats.append(reconciliation)
    return Coverage(tuple(reasons), tuple(caveats))


# what a profile may state of its light or detectors that no implemented proof takes up
_UNTREATED_SOURCE = {
    "phase_correlation_visibility": "phases of neighbouring pulses are correlated",
    "state_error_deg": "prepared states deviate from those of BB84",
    "side_channel_distance": "other properties of the light tell states apart",
    "intensity_correlation": "intensities of neighbouring pulses are correlated",
    "mean_photon_number_relative_error": "mean photon numbers are uncertain",
    "mean_photon_number_drift_per_h": "mean photon numbers drift",
}
_UNTREATED_DETECTOR = {"backflash_probability": "detectors flash back", "superlinearity": "detectors are superlinear"}


def _device_reasons(transmitter: DeviceProfile, receiver: DeviceProfile) -> Iterator[str]:
    source, detector = transmitter.source, receiver.detector
    if source is not None:
        poisson = source.photon_statistics == "poisson"
        if poisson and not source.phase_randomised:
            yield "source without phase randomisation"
        if not poisson and source.g2:
            yield "single-photon source that emits more than one photon"
        yield from _stated(transmitter, "source", bounded=False)
    if transmitter.protocol.states == 3:
        yield "three states without mismatched-basis counts: assumes BB84 symmetry"
    if detector is not None:
        yield from _detector_reasons(detector)
        yield from _stated(receiver, "detector", bounded=False)
    if receiver.post_processing is not None and receiver.post_processing.double_click_policy == "discard":
        yield "double clicks discarded"


def _detector_reasons(detector: Detector) -> Iterator[str]:
    dead_s = [detector.of_unit(unit, "dead_time_s") for unit in range(2)]
    if detector.dead_time_rule == "independent" and any(dead_s):
        yield "independent dead times without blanking"
    if len({detector.of_unit(unit, "efficiency") for unit in range(2)}) > 1:
        yield "detector efficiency mismatch"


def _stated(profile: DeviceProfile, table: Literal["source", "detector"], *, bounded: bool) -> Iterator[str]:
    """What a profile states that no implemented proof takes up: inside a bound of its declared proof, or not."""
    part = profile.source if table == "source" else profile.detector
    untreated = _UNTREATED_SOURCE if table == "source" else _UNTREATED_DETECTOR
    bounds = {one.parameter: one.bound for one in profile.security_model.assumptions if one.op == "<="}
    for name, words in untreated.items():
        value = None if part is None else getattr(part, name)
        bound = bounds.get(f"{table}.{name}")
        if value and bounded == (isinstance(bound, int | float) and value <= bound):
            yield words
