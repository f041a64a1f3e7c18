"""The simulated device under attack: implements `attack_bench.AttackBench`."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from qkdsim.devices.truth import Behaviour
from qkdsim.evaluation.specimen.attack_bench import BrightLightReading, EavesdroppedOperation, InjectedLight
from qkdsim.evaluation.specimen.faked_states import FakedStates, TimeShift
from qkdsim.evaluation.specimen.fed_processing import Feed, processed
from qkdsim.evaluation.specimen.hidden import Hidden, drawn
from qkdsim.evaluation.specimen.observations import (
    FloatArray,
    Light,
    OperationRecord,
    Reading,
    ReceiverCounts,
    SessionBlock,
)
from qkdsim.links.reference_fibre import span_of
from qkdsim.postprocessing.ledger import ABORTED
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.wire import Tamper
from qkdsim.protocols import Attack
from qkdsim.protocols.keylength import DecoySettings

PROBE_PULSES, PROBE_PHOTONS = 1e4, 10.0
BURST_SHARE = 0.1  # of the time that pulsed light is on
FEED_LOSS_DB = 10.0
COUNTED_UNCERTAINTY = 0.001  # relative, of the mean photon number under injected light


class _Device(Protocol):
    """What an attacker finds on the bench: the modules running, the receiver's port, the transmitter's port."""

    hidden: Hidden

    def operation(
        self,
        loss_db: float,
        duration_s: float,
        generator: np.random.Generator,
        *,
        attack: Attack | None = None,
        is_warm: bool = False,
    ) -> OperationRecord: ...

    def receiver_counts(self, light: Light, gates: float, generator: np.random.Generator) -> ReceiverCounts: ...

    def isolation_db(self, path: str, wavelength_nm: float, generator: np.random.Generator) -> Reading: ...

    def light_efficiency(self, light: Light) -> FloatArray: ...


class SimulatedAttacker:
    """Implements `attack_bench.AttackBench`."""

    def __init__(self, device: _Device) -> None:
        """`device` is the bench on which it stands."""
        self._device = device

    @property
    def _behaviour(self) -> Behaviour:
        return self._device.hidden.behaviour

    def bright_light(
        self,
        power_w: float,
        duration_s: float,
        trials: int,
        generator: np.random.Generator,
        *,
        is_pulsed: bool = False,
    ) -> BrightLightReading:
        """A probe that clicks unless the detectors are blind, and readings of the monitor until one alarms."""
        surface = self._behaviour.bright_light
        mean_power_w = power_w * BURST_SHARE if is_pulsed else power_w
        is_blind = power_w >= _blinding_power_w(self._device.hidden)
        click = (
            0.0
            if is_blind
            else float(-np.expm1(-PROBE_PHOTONS * self._device.light_efficiency(Light(1.0)).max() / 2.0))
        )
        alarm = self._monitor_alarm(mean_power_w)
        readings = math.floor(duration_s / surface.monitor_period_s)
        first = generator.geometric(alarm, trials).astype(np.float64) if alarm > 0.0 else np.full(trials, np.inf)
        return BrightLightReading(
            probe_clicks=drawn(np.full(trials, click), PROBE_PULSES, generator),
            probe_pulses=PROBE_PULSES,
            alarm_s=np.where(first <= readings, first * surface.monitor_period_s, np.inf),
        )

    def blinded_operation(
        self, loss_db: float, duration_s: float, power_w: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """Every click is hers while detectors are blind; where the monitor alarms, the block is given up."""
        surface = self._behaviour.bright_light
        is_blind = power_w >= _blinding_power_w(self._device.hidden)
        attack = FakedStates(1.0 if is_blind else 0.0, is_blind=is_blind)
        record = self._device.operation(loss_db, duration_s, generator, attack=attack, is_warm=True)
        readings = np.floor((record.end_s - record.start_s) / surface.monitor_period_s)
        alarms = generator.random(len(readings)) >= (1.0 - self._monitor_alarm(power_w)) ** readings
        return EavesdroppedOperation(_given_up(record, alarms), attack, 1.0 if is_blind else 0.0, alarms)

    def after_gate_operation(
        self, loss_db: float, duration_s: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """Detectors work as ever inside their gates, where no light arrives; later pulses count as far as accepted."""
        acceptance = self._behaviour.bright_light.after_gate_acceptance
        attack = FakedStates(acceptance, is_blind=False)
        record = self._device.operation(loss_db, duration_s, generator, attack=attack, is_warm=True)
        return EavesdroppedOperation(
            record, attack, 1.0 if acceptance > 0.0 else 0.0, np.zeros(len(record.start_s), bool)
        )

    def time_shifted_operation(
        self, loss_db: float, duration_s: float, shift_ps: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """Early and late at random."""
        attack = self._time_shift(-shift_ps, shift_ps, loss_db)
        record = self._device.operation(loss_db, duration_s, generator, attack=attack, is_warm=True)
        return EavesdroppedOperation(record, attack, attack.known_share, np.zeros(len(record.start_s), bool))

    def clock_shifted_operation(
        self, loss_db: float, duration_s: float, shift_ps: float, generator: np.random.Generator
    ) -> EavesdroppedOperation:
        """All pulses early by the shift, unless the device stops since clock and light do not fit."""
        attack = self._time_shift(-shift_ps, -shift_ps, loss_db)
        record = self._device.operation(loss_db, duration_s, generator, attack=attack, is_warm=True)
        stops = abs(shift_ps) > self._behaviour.gates.clock_tolerance_ps
        alarms = np.full(len(record.start_s), stops)
        return EavesdroppedOperation(_given_up(record, alarms), attack, attack.known_share, alarms)

    def calibrated_counts(
        self, light: Light, gates: float, generator: np.random.Generator, *, is_tampered: bool
    ) -> ReceiverCounts:
        """A forged calibration light draws the gates apart, as far as the device lets it."""
        if not is_tampered:
            return self._device.receiver_counts(light, gates, generator)
        behaviour = self._behaviour
        offset_ps = behaviour.gate_offset_ps + behaviour.gates.calibration_pull_ps
        deceived = copy.copy(self._device)
        deceived.hidden = replace(
            self._device.hidden, behaviour=behaviour.model_copy(update={"gate_offset_ps": offset_ps})
        )
        return deceived.receiver_counts(light, gates, generator)

    def damaged_isolation_db(
        self, path: str, wavelength_nm: float, exposure_w: float, generator: np.random.Generator
    ) -> Reading:
        """Light beyond the damage threshold costs isolation for good."""
        before = self._device.isolation_db(path, wavelength_nm, generator)
        threshold_w = self._device.hidden.true.isolation.damage_threshold_w
        is_damaged = exposure_w >= float(threshold_w or 0.0)
        lost_db = self._behaviour.port.damaged_loss_db if is_damaged else 0.0
        return Reading(before.value - lost_db, before.standard_uncertainty)

    def injected_light(self, power_w: float, generator: np.random.Generator) -> InjectedLight:
        """The change grows with the power; the watchdog sees the power at the port."""
        harmful_w, level_w = (self._device.hidden.true.isolation.seeding_threshold_w, self._watchdog_level_w)
        change = 0.0 if harmful_w is None else min(0.01 * power_w / float(harmful_w), 1.0)
        seen = change + COUNTED_UNCERTAINTY * float(generator.standard_normal())
        return InjectedLight(seen, COUNTED_UNCERTAINTY, level_w is not None and power_w >= level_w)

    @property
    def _watchdog_level_w(self) -> float | None:
        level_w = self._device.hidden.true.isolation.watchdog_level_w
        return None if level_w is None else float(level_w)

    def fed_settings(self) -> DecoySettings:
        """As the device is set."""
        return self._processing().settings

    def fed_processing(
        self,
        feed: Feed,
        generator: np.random.Generator,
        *,
        tamper: Tamper | None = None,
        is_impostor: bool = False,
    ) -> SessionBlock:
        """One block through the key processing of both ends."""
        messages = self._behaviour.messages
        return processed(self._processing(), messages, feed, generator, tamper=tamper, is_impostor=is_impostor)

    def _processing(self) -> KeyProcessing:
        from qkdsim.evaluation.specimen.sampled_session import device_processing

        post = self._device.hidden.true.post_processing
        if post is None:
            raise ValueError("this device has no key processing")
        return device_processing(self._device.hidden, span_of(self._device.hidden.true, None, FEED_LOSS_DB), post)

    def _monitor_alarm(self, mean_power_w: float) -> float:
        """Probability that one reading of the photocurrent monitor raises an alarm."""
        surface, monitor = self._behaviour.bright_light, self._device.hidden.detector.photocurrent_monitor
        if not monitor or mean_power_w <= 0.0:
            return 0.0
        spread = surface.monitor_relative_error * mean_power_w
        distance = mean_power_w - surface.monitor_power_w
        return float(ndtr(distance / spread)) if spread > 0.0 else float(distance >= 0.0)

    def _time_shift(self, early_ps: float, late_ps: float, loss_db: float) -> TimeShift:
        centre = self._device.light_efficiency(Light(1.0))
        shares = [
            self._device.light_efficiency(Light(1.0, offset_ps=offset)) / centre for offset in (early_ps, late_ps)
        ]
        early, late = ((float(share[0]), float(share[1])) for share in shares)
        attack = TimeShift(early, late)
        wanted_db = -10.0 * math.log10(max(attack.clicks, 1e-30))
        return replace(attack, removed_loss_db=min(max(wanted_db, 0.0), loss_db))


def _blinding_power_w(hidden: Hidden) -> float:
    stated = hidden.detector.blinding_threshold_w
    return hidden.behaviour.bright_light.blinding_power_w if stated is None else float(stated)


def _given_up(record: OperationRecord, alarms: np.ndarray) -> OperationRecord:
    """Blocks with an alarm give no key."""
    return replace(
        record,
        released_bits=np.where(alarms, 0.0, record.released_bits),
        outcome=np.where(alarms, ABORTED, record.outcome),
    )
