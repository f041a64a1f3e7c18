"""What the procedures on a bench share: the bench itself, streams of draws, and evidence of basis `specimen`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qkdsim import rng
from qkdsim.errors import InputError
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate
from qkdsim.evaluation.evidence import Evidence, Method

if TYPE_CHECKING:
    from qkdsim.devices import Detector, DeviceProfile, PostProcessing, Source
    from qkdsim.evaluation.specimen.bench import Bench


def bench_of(device: Device) -> Bench:
    """The bench of a specimen.

    Raises ValueError where there is none: procedures that need one are not run without.
    """
    if device.bench is None:
        raise ValueError(f"{device.name} has no bench")
    return device.bench


def nature(seed: int, criterion: str, *names: str | int) -> np.random.Generator:
    """The randomness of one measurement."""
    return rng.stream(seed, "certify", criterion, *names)


def found(criterion: str, method: Method, estimate: Estimate, seed: int, *, note: str, **more: Any) -> Evidence:
    """Evidence with a value and its interval; `more` are further fields of Evidence."""
    return Evidence(criterion, method, "specimen", estimate.value, estimate.interval, seed=seed, note=note, **more)


def nothing(criterion: str, method: Method, seed: int, note: str) -> Evidence:
    """No value could be found out."""
    return Evidence(criterion, method, "specimen", None, seed=seed, note=note)


def source_of(profile: DeviceProfile) -> Source:
    """The declared source. Raises InputError where there is none."""
    if profile.source is None:
        raise InputError.of("source", "", None, "a device with a source")
    return profile.source


def detector_of(profile: DeviceProfile) -> Detector:
    """The declared detectors. Raises InputError where there are none."""
    if profile.detector is None:
        raise InputError.of("detector", "", None, "a device with detectors")
    return profile.detector


def processing_of(profile: DeviceProfile) -> PostProcessing:
    """The declared key processing. Raises InputError where there is none."""
    if profile.post_processing is None:
        raise InputError.of("post_processing", "", None, "a device with key processing")
    return profile.post_processing
