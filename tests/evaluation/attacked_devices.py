"""Specimens for the tests of attacks: the metro specimen as it is, and with its truth replaced."""

from __future__ import annotations

from functools import cache
from typing import Any

from qkdsim.devices import NamedProfile, load_named_profile
from qkdsim.devices.truth import Truth
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.specimen import device_under_test

METRO, LONG_HAUL = "generic-ingaas-metro", "generic-snspd-longhaul"


@cache
def sound(name: str = METRO) -> Device:
    """A sound specimen."""
    return device_under_test(load_named_profile(name))


def with_truth(truth: dict[str, Any], name: str = METRO) -> Device:
    """A specimen that is what it declares, but for what `truth` says."""
    named = load_named_profile(name)
    profile = named.profile.model_copy(update={"truth": Truth.model_validate(truth)})
    return device_under_test(NamedProfile(named.name, profile, named.sha256))


@cache
def as_declared(name: str = METRO) -> Device:
    """A specimen that is exactly what it declares."""
    return with_truth({}, name)
