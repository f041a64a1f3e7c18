"""What a continuous-variable device makes of its records: the unit of shot noise, the channel, and how much key."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.devices import DeviceProfile
from qkdsim.devices.attack_surface import KeyRule
from qkdsim.evaluation.cv_design import CvDesign
from qkdsim.evaluation.specimen.cv_quadratures import QuadratureAttack, QuadratureMoments
from qkdsim.postprocessing.ledger import ABORTED, KEY, NO_KEY
from qkdsim.protocols.gaussian import GaussianChannel, block_secret_bits, secret_bits_per_symbol

FloatArray = NDArray[np.float64]
MONITOR_TOLERANCE = 0.01  # relative power of the local oscillator beyond which its monitor stops the device


@dataclass(frozen=True, slots=True)
class CvBlocks:
    """What a device announces and keeps of its blocks, arrays over blocks.

    shot_noise     variance of the record that it takes for one unit
    channel        transmittance and excess noise as it estimates them; what is negative stays so
    cut_share      of values at the ends of the range
    released_bits  key handed out; outcome is a place in `OUTCOMES` of the ledger
    """

    shot_noise: FloatArray
    channel: GaussianChannel
    cut_share: FloatArray
    released_bits: FloatArray
    outcome: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CvProcessing:
    """The device's own computation: declared values and rule, with the true habits of calibration and checks.

    true  the device as it is: of it only when it calibrates and what it checks
    """

    design: CvDesign
    true: DeviceProfile
    rule: KeyRule

    def blocks(self, data: QuadratureMoments, covered: QuadratureMoments, attack: QuadratureAttack) -> CvBlocks:
        """The announcements on blocks of records, with records of blocked light taken between them."""
        unit = self._shot_noise(covered, attack)
        channel = estimated_channel(self.design, data, unit)
        released = self._key(channel)
        cv = self.true.cv
        refused = data.cut_share > (1.0 if cv.range_abort_share is None else float(cv.range_abort_share))
        if self.rule.uses_own_estimate:
            refused |= channel.excess_noise_snu > self.design.excess_noise_abort_snu
        if cv.local_oscillator_monitored and not attack.is_delayed:
            refused |= abs(attack.oscillator_response - 1.0) > MONITOR_TOLERANCE
        released = np.where(refused, 0.0, released)
        outcome = np.where(refused, ABORTED, np.where(released > 0.0, KEY, NO_KEY))
        return CvBlocks(unit, channel, data.cut_share, released, outcome.astype(np.int64))

    def _shot_noise(self, covered: QuadratureMoments, attack: QuadratureAttack) -> FloatArray:
        dark = self.design.receiver.electronic_noise_snu
        if self.true.cv.shot_noise_calibration == "in-line":
            return np.asarray(covered.variance_y - dark)
        follows = self.true.cv.shot_noise_calibration == "power" and not attack.is_delayed
        return np.full(len(covered.variance_y), attack.oscillator_response if follows else 1.0)

    def _key(self, channel: GaussianChannel) -> FloatArray:
        design = self.design
        block = design.block
        if not self.rule.uses_own_estimate:
            planned = design.planned_bits(design.nominal_loss_db)
            return np.full(len(channel.transmittance), planned)
        if not self.rule.counts_finite_size:
            kept = GaussianChannel(channel.transmittance, np.maximum(channel.excess_noise_snu, 0.0))
            share = secret_bits_per_symbol(design.receiver, kept, block.reconciliation_efficiency)
            return np.asarray(np.floor(block.key_symbols * share))
        return block_secret_bits(design.receiver, channel, block)


def estimated_channel(design: CvDesign, data: QuadratureMoments, unit: FloatArray) -> GaussianChannel:
    """Transmittance and excess noise from averages over records, in that unit of shot noise."""
    receiver = design.receiver
    slope = data.product / receiver.modulation_variance_snu / np.sqrt(unit)
    signal = np.maximum(slope**2, 1e-15)
    dark = receiver.electronic_noise_snu / unit
    beyond = data.variance_y / unit - 1.0 - dark - signal * receiver.modulation_variance_snu
    return GaussianChannel(np.minimum(signal / receiver.gain, 1.0), np.asarray(beyond / signal))


def symbols_of_sample(design: CvDesign) -> tuple[float, float]:
    """Values of one block that carry the signal, and those of blocked light."""
    each = design.receiver.quadratures
    return math.floor(each * design.block.key_symbols), math.floor(each * design.block.calibration_symbols)
