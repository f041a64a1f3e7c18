"""What a laboratory can do to a device under test: strong light, false clocks, forged messages.

The laboratory plays the eavesdropper, so that it has her notes as well as the device's log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qkdsim.evaluation.specimen.fed_processing import Feed
from qkdsim.evaluation.specimen.observations import (
    FloatArray,
    Light,
    OperationRecord,
    Reading,
    ReceiverCounts,
    SessionBlock,
)
from qkdsim.postprocessing.wire import Tamper
from qkdsim.protocols import Attack
from qkdsim.protocols.keylength import DecoySettings


@dataclass(frozen=True, slots=True)
class BrightLightReading:
    """What happened in so many trials of continuous light at the receiver's port, arrays over trials.

    probe_clicks  clicks of weak probe pulses under the light, of `probe_pulses` each: none where detectors are blind
    alarm_s       when the device raised an alarm, from the start of the light; inf where it did not
    """

    probe_clicks: FloatArray
    probe_pulses: float
    alarm_s: FloatArray


@dataclass(frozen=True, slots=True)
class EavesdroppedOperation:
    """A device's log under attack, and what the eavesdropper's notes tell her of the sifted bits.

    attack       what she did to the light
    known_share  information per sifted bit, from her notes once the bases are announced
    alarms       blocks in which the device raised an alarm
    """

    record: OperationRecord
    attack: Attack
    known_share: float
    alarms: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class InjectedLight:
    """Light sent into the transmitter's port: change of its mean photon number as counted, and whether it alarmed."""

    relative_change: float
    standard_uncertainty: float
    is_alarmed: bool


class AttackBench(Protocol):
    """Attacks on light and detectors that rest on what the devices really do."""

    def bright_light(
        self, power_w: float, duration_s: float, trials: int, generator: np.random.Generator, *, is_pulsed: bool = False
    ) -> BrightLightReading:
        """Light at the receiver's port; pulsed: in bursts, a tenth of the time, with that power in the burst."""
        ...

    def blinded_operation(
        self, loss_db: float, duration_s: float, power_w: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """The device runs while continuous light of that power and faked states reach its receiver."""
        ...

    def after_gate_operation(
        self, loss_db: float, duration_s: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """The device runs while faked states reach its receiver after its gates."""
        ...

    def time_shifted_operation(
        self, loss_db: float, duration_s: float, shift_ps: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """Each pulse comes early or late by a shift; the eavesdropper's channel is as much better as she needs."""
        ...

    def clock_shifted_operation(
        self, loss_db: float, duration_s: float, shift_ps: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """The clock comes late by a shift, so that all light comes early."""
        ...

    def calibrated_counts(
        self, light: Light, gates: float, generator: np.random.Generator, *, is_tampered: bool
    ) -> ReceiverCounts:
        """`receiver_counts` after a calibration run, with or without a forged calibration light."""
        ...

    def damaged_isolation_db(
        self, path: str, wavelength_nm: float, exposure_w: float, generator: np.random.Generator
    ) -> Reading:
        """Isolation as `isolation_db` reads it, after a minute of continuous light of that power into the port."""
        ...

    def injected_light(self, power_w: float, generator: np.random.Generator) -> InjectedLight:
        """Continuous light into the transmitter's port while its pulses are counted."""
        ...

    def fed_settings(self) -> DecoySettings:
        """Intensities and probabilities as the device announces them."""
        ...

    def fed_processing(
        self, feed: Feed, generator: np.random.Generator, *, tamper: Tamper | None = None, is_impostor: bool = False
    ) -> SessionBlock:
        """Key processing alone, on detections fed in; an impostor stands at Alice's place without her keys."""
        ...
