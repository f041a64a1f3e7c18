"""Does an implemented security proof cover this key?"""

from __future__ import annotations

from dataclasses import dataclass

from qkdsim.devices import DetectorUnit, DeviceProfile
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
) -> Coverage:
    """Compare the devices with the conditions of the theory.

    `observed_length`: the key length was computed from a block's own counts, where the theorems fix it beforehand.
    `infinite_data`: the rate is that of an endless run, and is meant so.
    """
    reasons = list(_device_reasons(transmitter, receiver))
    if theory.proof == "asymptotic-decoy" and not infinite_data:
        reasons.append("asymptotic formula on finite counts")
    elif theory.tail_bound == "none" and not infinite_data:
        reasons.append("no bound on statistical fluctuations")
    if theory.both_bases and theory.proof != "asymptotic-decoy":
        reasons.append("key from both bases, where the proof takes one")
    caveats = []
    if observed_length and theory.proof != "asymptotic-decoy":
        caveats.append("length from observed counts: heuristic, the theorem fixes it beforehand")
    return Coverage(tuple(reasons), tuple(caveats))


def _device_reasons(transmitter: DeviceProfile, receiver: DeviceProfile) -> list[str]:
    reasons = []
    source, detector = transmitter.source, receiver.detector
    if source is not None and not source.phase_randomised and source.photon_statistics == "poisson":
        reasons.append("source without phase randomisation")
    if transmitter.protocol.states == 3:
        reasons.append("three states without mismatched-basis counts: assumes BB84 symmetry")
    if detector is None:
        return reasons
    if detector.dead_time_rule == "independent" and _any_dead_time(receiver):
        reasons.append("independent dead times without blanking")
    if detector.unit and len({_or(unit.efficiency, detector.efficiency) for unit in detector.unit}) > 1:
        reasons.append("detector efficiency mismatch")
    if receiver.post_processing is not None and receiver.post_processing.double_click_policy == "discard":
        reasons.append("double clicks discarded")
    return reasons


def _any_dead_time(receiver: DeviceProfile) -> bool:
    detector = receiver.detector
    if detector is None:
        return False
    return any(_or(unit.dead_time_s, detector.dead_time_s) > 0.0 for unit in detector.unit or (DetectorUnit(),))


def _or(value: float | None, otherwise: float) -> float:
    return float(otherwise if value is None else value)
