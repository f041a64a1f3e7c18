"""Which devices a criterion concerns: rules by name, each reading the declared profile only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qkdsim.devices import DeviceProfile


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a criterion concerns a device, and what to say where it does not."""

    holds: Callable[[DeviceProfile], bool]
    otherwise: str


def _is_cv(profile: DeviceProfile) -> bool:
    return profile.protocol.name == "cv-gaussian"


def _sends(profile: DeviceProfile) -> bool:
    # a profile with a detector and no source is a receiver; one with neither is a pair that lives by its rate table
    return profile.source is not None or profile.detector is None


def _counts_photons(profile: DeviceProfile) -> bool:
    return not _is_cv(profile) and (profile.detector is not None or profile.source is None)


def _sends_weak_pulses(profile: DeviceProfile) -> bool:
    source = profile.source
    if source is not None:
        return source.photon_statistics == "poisson"
    return _sends(profile) and profile.protocol.name not in ("bb84-single-photon", "bbm92", "cv-gaussian")


def _intensities(profile: DeviceProfile) -> int:
    return 0 if profile.source is None else len(profile.source.intensity)


def _is_hybrid(profile: DeviceProfile) -> bool:
    pqc = profile.pqc
    return bool(pqc.kem or pqc.signature or pqc.combiner or pqc.modes)


RULES: Mapping[str, Rule] = {
    "always": Rule(lambda profile: True, ""),
    "transmitter": Rule(
        lambda profile: _sends(profile) and not _is_cv(profile), "no transmitter of pulses for photon counting"
    ),
    "detectors": Rule(_counts_photons, "no single-photon detectors"),
    "weak-pulses": Rule(_sends_weak_pulses, "no weak coherent pulses"),
    "decoys": Rule(lambda profile: profile.protocol.name == "bb84-decoy" and _sends(profile), "no decoys"),
    "vacuum": Rule(lambda profile: _intensities(profile) >= 3, "no vacuum state: fewer than three intensities"),
    "bb84": Rule(lambda profile: profile.protocol.name.startswith("bb84"), "not BB84"),
    "passive-choice": Rule(
        lambda profile: profile.protocol.basis_choice == "passive" and _counts_photons(profile),
        "no passive basis choice",
    ),
    "interference": Rule(
        lambda profile: profile.protocol.encoding in ("phase", "time-bin") and _counts_photons(profile),
        "no interferometer",
    ),
    "coexistence": Rule(lambda profile: bool(profile.performance.coexistence), "no coexistence declared"),
    "hybrid": Rule(_is_hybrid, "no post-quantum algorithm or combination declared"),
    "multicast": Rule(lambda profile: profile.interfaces.multicast is True, "no multicast declared"),
    "etsi004": Rule(lambda profile: profile.interfaces.etsi004 is True, "ETSI GS QKD 004 not declared"),
    "etsi015": Rule(lambda profile: profile.interfaces.etsi015 is True, "ETSI GS QKD 015 not declared"),
    "etsi020": Rule(lambda profile: profile.interfaces.etsi020 is True, "ETSI GS QKD 020 not declared"),
    "cv": Rule(_is_cv, "not a continuous-variable system"),
}


def why_not(rule: str, profile: DeviceProfile) -> str | None:
    """Why a rule does not hold for a device; None where it does."""
    found = RULES[rule]
    return None if found.holds(profile) else found.otherwise
