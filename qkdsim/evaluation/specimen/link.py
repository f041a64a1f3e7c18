"""The two simulated modules on a channel: true light and clicks, key processing that believes what is declared."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qkdsim import rng
from qkdsim.channels import CoexistingChannel, FibreSpan
from qkdsim.detections import Tallied, Tally
from qkdsim.devices import PostProcessing
from qkdsim.evaluation.specimen.hidden import Hidden
from qkdsim.evaluation.specimen.key_rule import as_it_distils
from qkdsim.evaluation.specimen.observations import FloatArray, OperationRecord, SessionBlock, SessionRecord
from qkdsim.links.accumulate import BlockRule, accumulate
from qkdsim.links.block import KeyBlocks
from qkdsim.links.distil import AuthenticationPool, Distiller
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, point_on
from qkdsim.links.reference_fibre import span_of
from qkdsim.links.timeline import Disruption, Slice, timeline
from qkdsim.postprocessing.wire import Tamper
from qkdsim.protocols import Attack, InterceptResend, PhotonNumberTables, Security, theory_of

DAY_S = 86400.0
WANDER_STEP_S = 1800.0


@dataclass(frozen=True, slots=True)
class Channel:
    """What lies between the modules, and who sits in it."""

    span: FibreSpan
    attack: Attack | None = None


class SimulatedLink:
    """Implements `bench.LinkBench`, and `back_to_back` of the source's bench."""

    hidden: Hidden
    known_points: dict[tuple[object, ...], OperatingPoint]

    def back_to_back(self, pulses: float, generator: np.random.Generator) -> FloatArray:
        """Pulses far apart: fresh detectors for each."""
        light = self._point(Channel(self._span(0.0)), Slice(0.0, 0.0, "lit")).light
        drawn = generator.multinomial(int(pulses), _normalised(light.joint_probability.ravel()))
        return np.asarray(drawn, dtype=np.float64).reshape(light.pattern_probability.shape)

    def session(
        self,
        loss_db: float,
        blocks: int,
        generator: np.random.Generator,
        *,
        block_bits: float | None = None,
        attack: Attack | None = None,
        tamper: Tamper | None = None,
    ) -> SessionRecord:
        """Every click and every bit."""
        from qkdsim.evaluation.specimen.sampled_session import run_session  # compiled code: only where it is needed

        channel = Channel(self._span(loss_db), attack)
        post = self._post if block_bits is None else self._post.model_copy(update={"block_size_bits": block_bits})
        done = run_session(self.hidden, channel.span, post, self._points(channel), _seed(generator), blocks, tamper)
        return SessionRecord(loss_db, done)

    def fed_blocks(
        self, blocks: int, detections: int, error_rate: float, generator: np.random.Generator
    ) -> tuple[SessionBlock, ...]:
        """Both ends of the key processing on made-up detections."""
        from qkdsim.evaluation.specimen.fed_session import run_fed  # compiled code: only where it is needed

        return run_fed(self.hidden, self._post, blocks, detections, error_rate, generator)

    def operation(
        self,
        loss_db: float,
        duration_s: float,
        generator: np.random.Generator,
        *,
        attack: Attack | None = None,
        faults: Sequence[Disruption] = (),
        is_warm: bool = False,
    ) -> OperationRecord:
        """Tallied blocks."""
        return self._operation(Channel(self._span(loss_db), attack), duration_s, generator, faults, is_warm=is_warm)

    def operation_on_fibre(
        self,
        length_km: float,
        duration_s: float,
        generator: np.random.Generator,
        *,
        launch_power_dbm: float | None = None,
        launch_wavelength_nm: float = 1550.0,
    ) -> OperationRecord:
        """Tallied blocks on the reference fibre; the classical channel runs along with the quantum light."""
        span = span_of(self.hidden.true, length_km, None)
        if launch_power_dbm is not None:
            beside = (CoexistingChannel("forward", launch_power_dbm, launch_wavelength_nm),)
            span = FibreSpan(
                length_km=length_km,
                attenuation_db_per_km=span.attenuation_db_per_km,
                dispersion_ps_per_nm_km=span.dispersion_ps_per_nm_km,
                classical_channels=beside,
            )
        return self._operation(Channel(span), duration_s, generator, (), is_warm=True)

    @property
    def _post(self) -> PostProcessing:
        if self.hidden.true.post_processing is None:
            raise ValueError("this device has no key processing")
        return self.hidden.true.post_processing

    def _span(self, loss_db: float) -> FibreSpan:
        return span_of(self.hidden.true, None, loss_db)

    def _point(self, channel: Channel, piece: Slice) -> OperatingPoint:
        """The operating point of the true devices; those without an attack are kept."""
        attacks: list[Attack] = [InterceptResend(fraction) for fraction in piece.intercepted]
        if channel.attack is not None:
            attacks.append(channel.attack)
        key = (channel.span, piece.channel)
        if not attacks and key in self.known_points:
            return self.known_points[key]
        point = point_on(
            self.hidden.true,
            self.hidden.true,
            channel.span,
            noise_photon_rate_hz=piece.noise_photon_rate_hz,
            misalignment_error=piece.misalignment_error,
            loss_db=piece.loss_db,
            attack=functools.partial(_composed, attacks) if attacks else None,
        )
        if not attacks:
            self.known_points[key] = point
        return point

    def _believed(self, span: FibreSpan) -> OperatingPoint:
        """The operating point that the modules would have if they were as declared."""
        key = ("believed", span)
        if key not in self.known_points:
            self.known_points[key] = point_on(self.hidden.declared, self.hidden.declared, span)
        return self.known_points[key]

    def _points(self, channel: Channel) -> Callable[[Slice], OperatingPoint]:
        """Operating points by slice; equal slices share one."""
        known: dict[object, OperatingPoint] = {}

        def point(piece: Slice) -> OperatingPoint:
            if piece.channel not in known:
                known[piece.channel] = self._point(channel, piece)
            return known[piece.channel]

        return point

    def _operation(
        self,
        channel: Channel,
        duration_s: float,
        generator: np.random.Generator,
        faults: Sequence[Disruption],
        *,
        is_warm: bool,
    ) -> OperationRecord:
        seed, hidden, post = _seed(generator), self.hidden, self._post
        performance = hidden.true.performance
        slices = timeline(
            duration_s,
            [*faults, *self._wander(duration_s)],
            cold_start_s=0.0 if is_warm else float(performance.cold_start_s),
            relock_s=float(performance.relock_s),
        )
        # the modules compute with the intensities and the theory that they are set to
        believed = self._believed(channel.span)
        security = Security.of(post)
        distiller = Distiller(theory_of(hidden.declared), decoy_settings(believed, security), security, post)
        distiller = as_it_distils(hidden.behaviour.key_rule, distiller, believed)
        pool = AuthenticationPool.of(post)
        rule = BlockRule(float(math.ceil(post.block_size_bits)), float(post.block_time_limit_s))

        def draws(index: int, purpose: str, number: int) -> Tally:
            return Tallied(rng.stream(seed, "operation", index, purpose, number))

        points = self._points(channel)
        done: list[KeyBlocks] = []
        for batch in accumulate(slices, rule, believed.pulse_rate_hz, lambda piece: points(piece).tally, draws):
            done.append(pool.charge(distiller.blocks(batch, distiller.key_length(batch.counts))))
            if pool.is_dry:
                break
        return log_of(done, duration_s)

    def _wander(self, duration_s: float) -> list[Disruption]:
        most = self.hidden.behaviour.alignment_wander_error
        if most <= 0.0:
            return []
        starts_s = np.arange(0.0, duration_s, WANDER_STEP_S)
        errors = most * (1.0 - np.cos(2.0 * np.pi * (starts_s + WANDER_STEP_S / 2.0) / DAY_S)) / 2.0
        return [
            Disruption("disturbance", float(start), float(start) + WANDER_STEP_S, misalignment_error=float(error))
            for start, error in zip(starts_s, errors, strict=True)
        ]


def _seed(generator: np.random.Generator) -> int:
    return int(generator.integers(1 << 62))


def _composed(attacks: Sequence[Attack], tables: PhotonNumberTables) -> PhotonNumberTables:
    return functools.reduce(lambda done, attack: attack(done), attacks, tables)


def log_of(done: Sequence[KeyBlocks], duration_s: float) -> OperationRecord:
    """Blocks as a device writes them down."""

    def column(name: str) -> FloatArray:
        parts = [np.asarray(getattr(one, name), dtype=np.float64) for one in done]
        return np.concatenate(parts) if parts else np.zeros(0)

    sifted = column("sifted_bits")
    return OperationRecord(
        start_s=column("start_s"),
        end_s=column("end_s"),
        available_s=column("available_s"),
        sifted_bits=sifted,
        errors=np.rint(np.nan_to_num(column("qber")) * sifted),
        released_bits=column("stored_bits"),
        outcome=column("outcome").astype(np.int64),
        end_of_record_s=duration_s,
    )


def _normalised(probability: FloatArray) -> FloatArray:
    return np.asarray(probability / probability.sum())
