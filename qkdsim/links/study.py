"""What one modelled profile gives on one span: per pulse, for a finite block or for an endless run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qkdsim.channels import FibreSpan
from qkdsim.detections import Expected
from qkdsim.devices import DeviceProfile, PostProcessing
from qkdsim.links.accumulate import ClosedBlocks
from qkdsim.links.distil import Distiller
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, point_on
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    ClickTable,
    Security,
    matched_gain_and_error,
    theory_of,
)
from qkdsim.protocols.clicktable import FloatArray
from qkdsim.protocols.keylength import InfiniteData, infinite_decoy_rate


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates per pulse sent; `block_bits` and what follows are those of a finite block, None for an endless run."""

    gain: float
    qber: float | None
    single_photon_gain: float
    phase_error_rate: float
    sifted_per_pulse: float
    secret_per_pulse: float
    block_bits: float | None
    block_pulses: float | None
    secret_bits: float | None


@dataclass(frozen=True, slots=True)
class Study:
    """One modelled profile in one mode: finite blocks, or infinite data.

    A block holds `block_bits`; where that is None it closes as the device closes it, by size or by time.
    """

    profile: DeviceProfile
    block_bits: float | None
    asymptotic: bool

    @property
    def post_processing(self) -> PostProcessing:
        """The key processing of the profile; a modelled profile has one."""
        if self.profile.post_processing is None:
            raise ValueError("expected a modelled profile")
        return self.profile.post_processing

    def point(self, span: FibreSpan) -> OperatingPoint:
        """What clicks on a span. With infinite data all pulses are signals: the share of decoys vanishes."""
        profile = self.profile
        if self.asymptotic and profile.source is not None:
            signal = profile.source.intensity[0].model_copy(update={"probability": 1.0})
            profile = profile.model_copy(update={"source": profile.source.model_copy(update={"intensity": (signal,)})})
        return point_on(profile, profile, span)

    def figures(self, span: FibreSpan) -> Figures:
        """Gain, error rates and key per pulse on a span."""
        point = self.point(span)
        return self._infinite(point) if self.asymptotic else self._finite(point)

    def _gains(self, table: ClickTable, point: OperatingPoint) -> tuple[FloatArray, FloatArray]:
        discard = self.post_processing.double_click_policy == "discard"
        bits = table.bit_probability(discard_doubles=discard)
        return matched_gain_and_error(bits, point.setup.symbol_probability)

    def _infinite(self, point: OperatingPoint) -> Figures:
        gain, error = self._gains(point.clicks.table, point)
        gain_1, error_1 = self._gains(point.single_photons, point)
        mu = float(point.setup.mean_photon_number[0])
        single = 1.0 if point.setup.single_photons else mu * math.exp(-mu)

        def data(basis: int) -> InfiniteData:
            other = TEST_BASIS if basis == KEY_BASIS else KEY_BASIS
            return InfiniteData(
                gain=float(gain[0, basis]),
                qber=_ratio(error[0, basis], gain[0, basis]),
                single_photon_gain=single * float(gain_1[0, basis]),
                phase_error_rate=_ratio(error_1[0, other], gain_1[0, other]),
            )

        ec_efficiency = float(self.post_processing.ec_efficiency)
        bases = (KEY_BASIS, TEST_BASIS) if theory_of(self.profile).both_bases else (KEY_BASIS,)
        share = point.setup.sent_basis_probability * point.setup.measured_basis_probability
        key = data(KEY_BASIS)
        return Figures(
            gain=key.gain,
            qber=key.qber,
            single_photon_gain=key.single_photon_gain,
            phase_error_rate=key.phase_error_rate,
            sifted_per_pulse=sum(float(share[basis]) * data(basis).gain for basis in bases),
            secret_per_pulse=sum(
                float(share[basis]) * infinite_decoy_rate(data(basis), ec_efficiency) for basis in bases
            ),
            block_bits=None,
            block_pulses=None,
            secret_bits=None,
        )

    def _finite(self, point: OperatingPoint) -> Figures:
        signal_gain = float(self._gains(point.clicks.table, point)[0][0, KEY_BASIS])
        if point.tally.key_probability <= 0.0:
            return Figures(signal_gain, None, 0.0, 0.5, 0.0, 0.0, 0.0, math.inf, 0.0)
        theory, security = theory_of(self.profile), Security.of(self.post_processing)
        fidelity = Expected()
        size_bits = float(self.block_bits or self.post_processing.block_size_bits)
        pulses = fidelity.pulses_to_fill(point.tally, size_bits, 1)
        if self.block_bits is None:  # the device closes its blocks at a time limit, too
            pulses = np.minimum(pulses, self.post_processing.block_time_limit_s * point.pulse_rate_hz)
        key = fidelity.key_detections(point.tally, pulses, size_bits)
        counts = fidelity.counts(point.tally, pulses, key)
        end_s = pulses / point.pulse_rate_hz
        distiller = Distiller(theory, decoy_settings(point, security), security, self.post_processing)
        length = distiller.key_length(counts)
        block = distiller.blocks(ClosedBlocks(np.zeros(1), end_s, counts), length)
        sent = counts.matched_sent(KEY_BASIS).sum()
        if theory.both_bases:
            sent += counts.matched_sent(TEST_BASIS).sum()
        secret_bits = float(block.secret_bits[0])
        return Figures(
            gain=signal_gain,
            qber=float(block.qber[0]),
            single_photon_gain=float(length.single_photon_bits[0] / sent),
            phase_error_rate=float(block.phase_error_rate[0]),
            sifted_per_pulse=point.tally.key_probability,
            secret_per_pulse=secret_bits / float(pulses[0]),
            block_bits=float(key[0]),
            block_pulses=float(pulses[0]),
            secret_bits=secret_bits,
        )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0.0 else 0.5
