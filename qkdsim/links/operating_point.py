"""A pair of modules on one channel state: what clicks, what is registered, what is tallied."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qkdsim.channels import ChannelState, Span
from qkdsim.detections import DetectorMemory, Registered, TallyTable, registered
from qkdsim.devices import DeviceProfile
from qkdsim.protocols import (
    Attack,
    Bb84Setup,
    ClickTable,
    bb84_setup,
    click_table,
    linear_click_table,
    photon_number_table,
    photon_number_tables,
    theory_of,
)
from qkdsim.protocols.keylength import DecoySettings
from qkdsim.protocols.theory import Security


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Everything that follows from devices and channel while neither changes.

    `light` is the click table of fresh detectors and `memory` what they remember: sampled clicks start from these two.
    `single_photons` is the click table of pulses with exactly one photon, with the afterpulses and dead time of the
    whole stream: the yields that decoy states estimate.
    """

    setup: Bb84Setup
    light: ClickTable
    memory: DetectorMemory
    clicks: Registered
    tally: TallyTable
    single_photons: ClickTable
    pulse_rate_hz: float


def operating_point(
    transmitter: DeviceProfile, receiver: DeviceProfile, state: ChannelState, attack: Attack | None = None
) -> OperatingPoint:
    """Compute the operating point of a modelled pair, with an eavesdropper between them where an attack is given.

    Raises ValueError if the pair is not modelled, or for an attack on the linear click model, which knows no photon
    numbers.
    """
    setup = bb84_setup(transmitter, receiver, state)
    detector, source = receiver.detector, transmitter.source
    if detector is None or source is None or receiver.post_processing is None:
        raise ValueError("expected a modelled pair of devices")
    memory = DetectorMemory.of(detector, source.pulse_rate_hz)
    if detector.click_model == "linear":
        if attack is not None:
            raise ValueError("an attack acts on photon numbers: expected the exact click model, not the linear one")
        afterpulse = float(memory.afterpulse_probability.mean())
        memory = replace(memory, afterpulse_probability=np.zeros(2))  # already in the table
        table = linear_click_table(setup, afterpulse)
        single = linear_click_table(setup, afterpulse, photons=1)
    else:
        table, single = _click_tables(setup, attack)
    clicks = registered(table, memory)
    tally = TallyTable.of(
        clicks,
        both_bases=theory_of(transmitter).both_bases,
        discard_doubles=receiver.post_processing.double_click_policy == "discard",
        has_memory=not memory.is_absent,
    )
    return OperatingPoint(setup, table, memory, clicks, tally, clicks.applied_to(single), float(source.pulse_rate_hz))


def _click_tables(setup: Bb84Setup, attack: Attack | None) -> tuple[ClickTable, ClickTable]:
    """Click tables of the pulses as they are, and of exactly one photon."""
    if attack is None:
        return click_table(setup), photon_number_table(setup, 1)
    tables = attack(photon_number_tables(setup))
    return tables.merged, tables.exactly(1)


def point_on(
    transmitter: DeviceProfile,
    receiver: DeviceProfile,
    span: Span,
    *,
    noise_photon_rate_hz: float = 0.0,
    misalignment_error: float = 0.0,
    loss_db: float = 0.0,
    attack: Attack | None = None,
) -> OperatingPoint:
    """The operating point of a modelled pair on a span, with the noise, misalignment and loss of a disturbance, or an
    attack.

    Raises ValueError if the pair is not modelled, or for an attack on the linear click model.
    """
    if transmitter.source is None:
        raise ValueError("expected a modelled pair of devices")
    state = span.state(
        wavelength_nm=float(transmitter.source.wavelength_nm),
        filter_width_nm=receiver.receiver.filter_width_nm,
        isolation_db=receiver.receiver.isolation_db,
        stabilisation_period_s=receiver.performance.stabilisation_period_s,
    )
    disturbed = state.disturbed(noise_photon_rate_hz, misalignment_error, loss_db)
    return operating_point(transmitter, receiver, disturbed, attack)


def decoy_settings(point: OperatingPoint, security: Security) -> DecoySettings:
    """What both ends know beforehand: the intensities as they leave the transmitter, and the security parameters."""
    return DecoySettings(
        mean_photon_number=point.setup.mean_photon_number,
        probability=point.setup.intensity_probability,
        epsilon_correctness=security.epsilon_correctness,
        verification_bits=security.verification_bits,
    )
