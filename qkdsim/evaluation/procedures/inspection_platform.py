"""Inspection of key metadata, logs, hybrid keys, housing and assurance."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qkdsim.devices.operation import HYBRID_CONTEXT, KEY_METADATA
from qkdsim.evaluation.declared import NOT_STATED, Declared, declared
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.inspection import inspected

# security category of each parameter set: NIST FIPS 203
ML_KEM_CATEGORY = {"ml-kem-512": 1.0, "ml-kem-768": 3.0, "ml-kem-1024": 5.0}
ROLES = ("operator", "maintainer", "auditor")


def _complete(criterion: str, given: Sequence[str], wanted: Sequence[str], key: str) -> Evidence:
    """Whether a declared list holds every name that is wanted; a list that is not there says nothing."""
    if not given:
        return inspected(criterion, NOT_STATED, key)
    missing = [name for name in wanted if name not in given]
    what = f"{key} lacks {', '.join(missing)}" if missing else key
    return inspected(criterion, Declared(not missing, "declared"), what)


def _all_true(criterion: str, values: Sequence[bool | None], what: str) -> Evidence:
    """False as soon as one is; not stated while one is missing."""
    if False not in values and None in values:
        return inspected(criterion, NOT_STATED, what)
    return inspected(criterion, Declared(False not in values, "declared"), what)


def key_metadata(device: Device, seed: int) -> Evidence:
    """KM-13: every item of metadata is recorded with each key."""
    return _complete("KM-13", device.profile.interfaces.key_metadata, KEY_METADATA, "interfaces.key_metadata")


def audit_log(device: Device, seed: int) -> Evidence:
    """KM-16: security events are logged, and no key material is."""
    platform = device.profile.platform
    what = "platform.security_log and platform.log_without_keys"
    if platform.log_without_keys is None or platform.security_log is None:
        return inspected("KM-16", NOT_STATED, what)
    fault = "" if platform.security_log else "platform.security_log is false: security events are not logged"
    found = Declared(0.0 if platform.log_without_keys else 1.0, "declared")
    return inspected("KM-16", found, what, contradiction=fault)


def context_binding(device: Device, seed: int) -> Evidence:
    """HY-02: the derived key is bound to key ID, ciphertext, identities and algorithms."""
    return _complete("HY-02", device.profile.pqc.context, HYBRID_CONTEXT, "pqc.context")


def kem_category(device: Device, seed: int) -> Evidence:
    """HY-03: security category of the weakest ML-KEM parameter set on offer."""
    found = [ML_KEM_CATEGORY[name.lower()] for name in device.profile.pqc.kem if name.lower() in ML_KEM_CATEGORY]
    value = Declared(min(found), "declared") if found else NOT_STATED
    return inspected("HY-03", value, "an ML-KEM parameter set in pqc.kem")


def local_oscillator(device: Device, seed: int) -> Evidence:
    """CV-04: the local oscillator is made at the receiver, or its intensity is monitored."""
    cv = device.profile.cv
    what = "cv.local_oscillator, and cv.local_oscillator_monitored where it is transmitted"
    if cv.local_oscillator == "local" or cv.local_oscillator_monitored is True:
        return inspected("CV-04", Declared(True, "declared"), what)
    if cv.local_oscillator is None or cv.local_oscillator_monitored is None:
        return inspected("CV-04", NOT_STATED, what)
    return inspected("CV-04", Declared(False, "declared"), what)


def tamper_response(device: Device, seed: int) -> Evidence:
    """PS-01: time to zeroisation; without detection of tampering there is none."""
    platform = device.profile.platform
    found = declared(device.profile, "platform.zeroise_s")
    if platform.tamper_detection is None:
        return inspected("PS-01", NOT_STATED, "platform.tamper_detection and platform.zeroise_s")
    fault = "" if platform.tamper_detection else "platform.tamper_detection is false: no event to answer"
    return inspected("PS-01", found, "platform.zeroise_s", contradiction=fault)


def self_tests(device: Device, seed: int) -> Evidence:
    """PS-02: self-tests at start and on demand, and a failed one stops key output."""
    platform = device.profile.platform
    both = None if not platform.self_tests else set(platform.self_tests) == {"start", "on-demand"}
    what = "platform.self_tests at start and on demand, platform.failed_self_test_stops_key"
    return _all_true("PS-02", (both, platform.failed_self_test_stops_key), what)


def roles(device: Device, seed: int) -> Evidence:
    """PS-03: operator, maintainer and auditor are separate roles, and management is authenticated."""
    platform = device.profile.platform
    separate = None if not platform.roles else set(ROLES) <= set(platform.roles)
    what = f"platform.roles with {', '.join(ROLES)}; platform.authenticated_management"
    return _all_true("PS-03", (separate, platform.authenticated_management), what)


def signed_firmware(device: Device, seed: int) -> Evidence:
    """PS-04: firmware without a valid signature is refused."""
    return inspected("PS-04", declared(device.profile, "platform.signed_firmware"), "platform.signed_firmware")


def assurance_package(device: Device, seed: int) -> Evidence:
    """PS-05: the highest package of the criterion that the declared evaluation contains."""
    platform = device.profile.platform
    if platform.assurance_level is None:
        return inspected("PS-05", NOT_STATED, "platform.assurance_level")
    stated = f"{platform.assurance_level} {platform.vulnerability_level or ''}"
    return inspected("PS-05", Declared(_package(stated), "declared"), stated.strip())


def _package(stated: str) -> str:
    """As the catalogue names it: EAL, ALC_DVS and AVA_VAN read from a text such as `EAL4+ALC_DVS.2 AVA_VAN.5`."""
    level, site, vulnerability = (_number(stated, name) for name in (r"EAL\s?", r"ALC_DVS\.", r"AVA_VAN\."))
    if level >= 4 and site >= 2 and vulnerability >= 5:
        return "EAL4+ALC_DVS.2+AVA_VAN.5"
    if level >= 4:
        return "EAL4"
    if vulnerability >= 3:
        return "AVA_VAN.3"
    if level >= 2:
        return "EAL2"
    return "AVA_VAN.2" if vulnerability >= 2 else "none"


def _number(text: str, name: str) -> int:
    found = re.search(rf"{name}(\d)", text)
    return int(found[1]) if found else 0


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("KM-13", "inspection", key_metadata),
    Procedure("KM-16", "inspection", audit_log),
    Procedure("HY-02", "inspection", context_binding),
    Procedure("HY-03", "inspection", kem_category),
    Procedure("CV-04", "inspection", local_oscillator),
    Procedure("PS-01", "inspection", tamper_response),
    Procedure("PS-02", "inspection", self_tests),
    Procedure("PS-03", "inspection", roles),
    Procedure("PS-04", "inspection", signed_firmware),
    Procedure("PS-05", "inspection", assurance_package),
)
