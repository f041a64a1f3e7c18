"""The laboratory of a continuous-variable device: records of quadratures, blocks, long operation, key processing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qkdsim import units
from qkdsim.devices import DeviceProfile
from qkdsim.evaluation.cv_design import CvDesign
from qkdsim.evaluation.specimen.attacked import SimulatedAttacker
from qkdsim.evaluation.specimen.cv_processing import CvBlocks, CvProcessing, symbols_of_sample
from qkdsim.evaluation.specimen.cv_quadratures import NO_ATTACK, QuadratureAttack, QuadratureLaw, QuadratureMoments
from qkdsim.evaluation.specimen.cv_slices import SlicedAttacker, run_sliced
from qkdsim.evaluation.specimen.hidden import CALIBRATION_UNCERTAINTY, Hidden
from qkdsim.evaluation.specimen.link import Channel, log_of
from qkdsim.evaluation.specimen.observations import OperationRecord, Reading, SessionBlock
from qkdsim.evaluation.specimen.simulated import SimulatedBench
from qkdsim.links.block import KeyBlocks
from qkdsim.links.distil import AuthenticationPool
from qkdsim.links.timeline import Disruption, Slice, timeline
from qkdsim.postprocessing.ledger import ABORTED
from qkdsim.protocols import Security
from qkdsim.protocols.gaussian import GaussianChannel, GaussianReceiver, holevo_bits, mutual_information_bits

WAVELENGTH_NM = 1550.0
UNCUT = 1e9  # a range that no value leaves


class SimulatedQuadratures:
    """Implements `QuadratureBench`."""

    def __init__(self, hidden: Hidden) -> None:
        self._hidden = hidden
        self._design = CvDesign.of(hidden.declared)
        self._real = CvDesign.of(hidden.true)
        self._processing = CvProcessing(self._design, hidden.true, hidden.behaviour.key_rule)

    def modulation_variance(self, generator: np.random.Generator) -> Reading:
        """The laboratory's power meter is off by its calibration."""
        true = self._real.receiver.modulation_variance_snu
        shown = true * (1.0 + self._hidden.calibration_error("power meter"))
        return Reading(shown, CALIBRATION_UNCERTAINTY * shown)

    def records(
        self, loss_db: float, values: float, generator: np.random.Generator, attack: QuadratureAttack = NO_ATTACK
    ) -> QuadratureMoments:
        """From the true device."""
        return self._law(units.transmittance(loss_db), attack).sampled(values, 1, generator)

    def covered_records(
        self, values: float, generator: np.random.Generator, attack: QuadratureAttack = NO_ATTACK
    ) -> QuadratureMoments:
        """No light of the signal path, so no displacement either."""
        return self._covered(attack).sampled(values, 1, generator)

    def dark_records(self, values: float, generator: np.random.Generator) -> QuadratureMoments:
        """Electronic noise."""
        dark = self._real.receiver.electronic_noise_snu
        return QuadratureLaw(1.0, 0.0, dark, 0.0, UNCUT).sampled(values, 1, generator)

    def blocks(
        self, loss_db: float, blocks: int, generator: np.random.Generator, attack: QuadratureAttack = NO_ATTACK
    ) -> CvBlocks:
        """Blocks one after the other on a constant channel."""
        signal, calibrating = symbols_of_sample(self._design)
        data = self._law(units.transmittance(loss_db), attack).sampled(signal, blocks, generator)
        covered = self._covered(attack).sampled(calibrating, blocks, generator)
        return self._processing.blocks(data, covered, self._felt(attack))

    def secure_bits(self, loss_db: float, attack: QuadratureAttack = NO_ATTACK) -> float:
        """By the true receiver, whose electronics weigh more where the local oscillator gives less."""
        felt = self._felt(attack)
        own = self._real.receiver
        receiver = GaussianReceiver(
            own.modulation_variance_snu,
            own.efficiency,
            own.electronic_noise_snu / felt.oscillator_response,
            own.detection,
        )
        arriving = min(units.transmittance(loss_db) * felt.power_gain, 1.0)
        channel = GaussianChannel(np.array(arriving), np.array(self._real.excess_noise_snu))
        share = float(mutual_information_bits(receiver, channel) - holevo_bits(receiver, channel))
        return max((1.0 - felt.intercepted) * self._design.block.key_symbols * share, 0.0)

    def _felt(self, attack: QuadratureAttack) -> QuadratureAttack:
        """What reaches the device: a local oscillator that is made at the receiver is out of the attacker's hands."""
        is_local = self._hidden.true.cv.local_oscillator == "local"
        return replace(attack, oscillator_response=1.0, is_delayed=True) if is_local else attack

    def _law(self, transmittance: float, attack: QuadratureAttack) -> QuadratureLaw:
        felt, own = self._felt(attack), self._real
        announced = self._design.receiver.modulation_variance_snu
        signal = own.receiver.gain * transmittance * felt.power_gain
        noise = 1.0 + signal * (own.excess_noise_snu + felt.excess_noise_snu)
        slope = felt.oscillator_response * signal * own.receiver.modulation_variance_snu / announced
        return QuadratureLaw(
            announced,
            float(np.sqrt(slope)),
            felt.oscillator_response * noise + own.receiver.electronic_noise_snu,
            felt.displacement,
            float(self._hidden.true.cv.linear_range_sigma or UNCUT),
        )

    def _covered(self, attack: QuadratureAttack) -> QuadratureLaw:
        noise = self._felt(attack).oscillator_response + self._real.receiver.electronic_noise_snu
        return QuadratureLaw(1.0, 0.0, noise, 0.0, float(self._hidden.true.cv.linear_range_sigma or UNCUT))


class SimulatedCvBench(SimulatedBench):
    """The bench of a continuous-variable device: no photons are counted, all else is as on every bench."""

    def __init__(self, profile: DeviceProfile, seed: int) -> None:
        """`seed` is the day, as on every bench."""
        super().__init__(profile, seed)
        self._quadratures = SimulatedQuadratures(self.hidden)
        self._design = CvDesign.of(self.hidden.declared)

    @property
    def quadratures(self) -> SimulatedQuadratures:
        """Instruments for quadratures."""
        return self._quadratures

    @property
    def attacker(self) -> SimulatedAttacker:
        """Forged messages; attacks on single-photon detectors find none."""
        return SlicedAttacker(self, self._design)

    def fed_blocks(
        self, blocks: int, detections: int, error_rate: float, generator: np.random.Generator
    ) -> tuple[SessionBlock, ...]:
        """Both ends of the key processing on made-up slices of quadratures."""
        return run_sliced(self.hidden, self._design, blocks, detections, error_rate, generator)

    def _operation(
        self,
        channel: Channel,
        duration_s: float,
        generator: np.random.Generator,
        faults: Sequence[Disruption],
        *,
        is_warm: bool,
    ) -> OperationRecord:
        """Blocks of a fixed number of symbols; one that is open when the light goes is given up."""
        if channel.attack is not None:
            raise ValueError("attacks on photons do not concern quadratures")
        performance, post = self.hidden.true.performance, self._post
        loss_db = units.loss_db(channel.span.state(wavelength_nm=WAVELENGTH_NM).transmittance)
        slices = timeline(
            duration_s,
            faults,
            cold_start_s=0.0 if is_warm else float(performance.cold_start_s),
            relock_s=float(performance.relock_s),
        )
        pool, security = AuthenticationPool.of(post), Security.of(post)
        done: list[KeyBlocks] = []
        for piece in slices:
            count = int((piece.end_s - piece.start_s) / self._design.block_s) if piece.state == "lit" else 0
            if count and not pool.is_dry:
                log = self._quadratures.blocks(loss_db + piece.loss_db, count, generator)
                done.append(pool.charge(self._as_key_blocks(log, piece, float(post.latency_s), security)))
        return log_of(done, duration_s)

    def _as_key_blocks(self, log: CvBlocks, piece: Slice, latency_s: float, security: Security) -> KeyBlocks:
        """A slice that somebody disturbs gives none: how its noise looks in quadratures is not modelled."""
        count = len(log.outcome)
        end_s = np.asarray(piece.start_s + self._design.block_s * np.arange(1, count + 1), dtype=np.float64)
        secret = np.where(piece.is_disturbed, 0.0, log.released_bits)
        symbols = np.full(count, self._design.block.key_symbols)
        nothing: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        return KeyBlocks(
            start_s=end_s - self._design.block_s,
            end_s=end_s,
            available_s=end_s + latency_s,
            pulses=symbols,
            sifted_bits=symbols,
            qber=np.full(count, np.nan),
            phase_error_rate=np.full(count, np.nan),
            leak_ec_bits=np.full(count, np.nan),
            secret_bits=secret.astype(np.int64),
            authentication_bits=nothing,
            pool_refill_bits=nothing,
            epsilon=security.block_epsilon(secret, both_bases=False),
            outcome=np.where(piece.is_disturbed, ABORTED, log.outcome).astype(np.int64),
        )
