"""A pair of modules on one channel state: what clicks, what is registered, what is tallied."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qkdsim.channels import ChannelState
from qkdsim.detections import DetectorMemory, Registered, TallyTable, registered
from qkdsim.devices import DeviceProfile
from qkdsim.protocols import Bb84Setup, bb84_setup, click_table, linear_click_table
from qkdsim.protocols.keylength import DecoySettings
from qkdsim.protocols.theory import Security, theory_of


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Everything that follows from devices and channel while neither changes."""

    setup: Bb84Setup
    memory: DetectorMemory
    clicks: Registered
    tally: TallyTable
    pulse_rate_hz: float


def operating_point(transmitter: DeviceProfile, receiver: DeviceProfile, state: ChannelState) -> OperatingPoint:
    """Compute the operating point of a modelled pair.

    Raises ValueError if the pair is not modelled.
    """
    setup = bb84_setup(transmitter, receiver, state)
    detector, source = receiver.detector, transmitter.source
    if detector is None or source is None or receiver.post_processing is None:
        raise ValueError("expected a modelled pair of devices")
    memory = DetectorMemory.of(detector, source.pulse_rate_hz)
    if detector.click_model == "linear":
        table = linear_click_table(setup, detector.afterpulse_probability)
        memory = replace(memory, afterpulse_probability=np.zeros(2))  # already in the table
    else:
        table = click_table(setup)
    clicks = registered(table, memory)
    tally = TallyTable.of(
        clicks,
        both_bases=theory_of(transmitter).both_bases,
        discard_doubles=receiver.post_processing.double_click_policy == "discard",
        has_memory=not memory.is_absent,
    )
    return OperatingPoint(setup, memory, clicks, tally, float(source.pulse_rate_hz))


def decoy_settings(point: OperatingPoint, security: Security) -> DecoySettings:
    """What both ends know beforehand: the intensities as they leave the transmitter, and the security parameters."""
    return DecoySettings(
        mean_photon_number=point.setup.mean_photon_number,
        probability=point.setup.intensity_probability,
        epsilon_correctness=security.epsilon_correctness,
        verification_bits=security.verification_bits,
    )
