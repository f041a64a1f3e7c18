"""Which devices a criterion concerns: rules by name, each reading the declared profile only.

What a profile is silent about exempts it from nothing: that a device is one module of a link it must say, by its role.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from qkdsim.devices import DeviceProfile

Concerns = Literal["device", "link"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a criterion concerns a device, and what to say where it does not."""

    holds: Callable[[DeviceProfile], bool]
    otherwise: str


def is_continuous(profile: DeviceProfile) -> bool:
    """Whether a device measures quadratures and counts no photons."""
    return profile.protocol.name == "cv-gaussian"


def _sends(profile: DeviceProfile) -> bool:
    return profile.identity.role != "receiver"


def _receives(profile: DeviceProfile) -> bool:
    return profile.identity.role != "transmitter"


def _counts_photons(profile: DeviceProfile) -> bool:
    return not is_continuous(profile) and _receives(profile)


def _sends_weak_pulses(profile: DeviceProfile) -> bool:
    source = profile.source
    if source is not None:
        return source.photon_statistics == "poisson"
    return _sends(profile) and profile.protocol.name not in ("bb84-single-photon", "bbm92", "cv-gaussian")


def _sends_vacuum(profile: DeviceProfile) -> bool:
    if profile.source is None:  # decoys without a word on them
        return _sends(profile) and profile.protocol.name == "bb84-decoy"
    return len(profile.source.intensity) >= 3


def _is_hybrid(profile: DeviceProfile) -> bool:
    pqc = profile.pqc
    return bool(pqc.kem or pqc.signature or pqc.combiner or pqc.modes)


RULES: Mapping[str, Rule] = {
    "always": Rule(lambda profile: True, ""),
    "transmitter": Rule(
        lambda profile: _sends(profile) and not is_continuous(profile), "no transmitter of pulses for photon counting"
    ),
    "optics": Rule(lambda profile: not is_continuous(profile), "no states of single photons"),
    "detectors": Rule(_counts_photons, "no single-photon detectors"),
    "weak-pulses": Rule(_sends_weak_pulses, "no weak coherent pulses"),
    "decoys": Rule(lambda profile: profile.protocol.name == "bb84-decoy" and _sends(profile), "no decoys"),
    "vacuum": Rule(_sends_vacuum, "no vacuum state: fewer than three intensities"),
    "bb84": Rule(lambda profile: profile.protocol.name.startswith("bb84"), "not BB84"),
    "bb84-receiver": Rule(
        lambda profile: profile.protocol.name.startswith("bb84") and _receives(profile), "no receiver of BB84"
    ),
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
    "error-rate": Rule(
        lambda profile: not is_continuous(profile),
        "no sifted bits: noise is judged by CV-01, the length of key by PP-07",
    ),
    "cv": Rule(is_continuous, "not a continuous-variable system"),
}


# tables of a profile, or beginnings of their keys, that speak of one end of a link
_OF_END = {
    "transmitter": ("source.", "isolation.transmitter_"),
    "receiver": ("receiver.", "detector.", "isolation.receiver_", "post_processing.double_click_policy"),
}


def is_of_partner(parameter: str, profile: DeviceProfile) -> bool:
    """Whether a parameter belongs to the other end of the link; never for a whole link."""
    role = profile.identity.role
    return role != "link" and parameter.startswith(_OF_END["receiver" if role == "transmitter" else "transmitter"])


def why_not(rule: str, concerns: Concerns, profile: DeviceProfile) -> str | None:
    """Why a criterion with that rule does not concern a device; None where it does."""
    found = RULES[rule]
    if not found.holds(profile):
        return found.otherwise
    if concerns == "link" and profile.identity.role != "link":
        return "concerns a link: certify the module with its partner"
    return None
