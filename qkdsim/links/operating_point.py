"""A pair of modules on one channel state: what clicks, what is registered, what is tallied."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qkdsim.channels import ChannelState, FibreSpan
from qkdsim.detections import DetectorMemory, Registered, TallyTable, registered
from qkdsim.devices import DeviceProfile
from qkdsim.protocols import (
    Bb84Setup,
    ClickTable,
    bb84_setup,
    click_table,
    linear_click_table,
    photon_number_table,
    theory_of,
)
from qkdsim.protocols.keylength import DecoySettings
from qkdsim.protocols.theory import Security


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Everything that follows from devices and channel while neither changes.

    `single_photons` is the click table of pulses with exactly one photon, with the afterpulses and dead time of the
    whole stream: the yields that decoy states estimate.
    """

    setup: Bb84Setup
    clicks: Registered
    tally: TallyTable
    single_photons: ClickTable
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
        afterpulse = float(memory.afterpulse_probability.mean())
        memory = replace(memory, afterpulse_probability=np.zeros(2))  # already in the table
        table = linear_click_table(setup, afterpulse)
        single = linear_click_table(setup, afterpulse, photons=1)
    else:
        table, single = click_table(setup), photon_number_table(setup, 1)
    clicks = registered(table, memory)
    tally = TallyTable.of(
        clicks,
        both_bases=theory_of(transmitter).both_bases,
        discard_doubles=receiver.post_processing.double_click_policy == "discard",
        has_memory=not memory.is_absent,
    )
    return OperatingPoint(setup, clicks, tally, clicks.applied_to(single), float(source.pulse_rate_hz))


def point_on(
    transmitter: DeviceProfile,
    receiver: DeviceProfile,
    span: FibreSpan,
    *,
    noise_photon_rate_hz: float = 0.0,
    misalignment_error: float = 0.0,
) -> OperatingPoint:
    """The operating point of a modelled pair on a span, with the noise and misalignment of a disturbance.

    Raises ValueError if the pair is not modelled.
    """
    if transmitter.source is None:
        raise ValueError("expected a modelled pair of devices")
    state = span.state(
        wavelength_nm=float(transmitter.source.wavelength_nm),
        filter_width_nm=receiver.receiver.filter_width_nm,
        isolation_db=receiver.receiver.isolation_db,
        stabilisation_period_s=receiver.performance.stabilisation_period_s,
    )
    return operating_point(transmitter, receiver, state.disturbed(noise_photon_rate_hz, misalignment_error))


def decoy_settings(point: OperatingPoint, security: Security) -> DecoySettings:
    """What both ends know beforehand: the intensities as they leave the transmitter, and the security parameters."""
    return DecoySettings(
        mean_photon_number=point.setup.mean_photon_number,
        probability=point.setup.intensity_probability,
        epsilon_correctness=security.epsilon_correctness,
        verification_bits=security.verification_bits,
    )
