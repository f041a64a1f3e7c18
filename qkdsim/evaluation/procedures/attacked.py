"""What the attacks share: where they are tried, for how long, and how released bits are judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile
from qkdsim.errors import InputError
from qkdsim.evaluation.applicability import is_continuous
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Series
from qkdsim.evaluation.intervals import clopper_pearson, zero_event_trials
from qkdsim.evaluation.procedures.observed import bench_of, detector_of, processing_of, source_of
from qkdsim.evaluation.specimen.observations import OperationRecord
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, point_on
from qkdsim.links.reference_fibre import span_of
from qkdsim.protocols import Attack, InterceptResend, Security, Theory, binary_entropy, theory_of
from qkdsim.protocols.keylength import DecoySettings

FloatArray = NDArray[np.float64]
USUAL_LOSS_DB = 10.0
SPARE_TIME = 1.1  # light and efficiency may each be 5 % below what is declared
BLOCKS_EACH = 100  # of a point of a curve
TRIALS = zero_event_trials(0.01)  # no key in so many blocks bounds its probability by 1 %


@dataclass(frozen=True, slots=True)
class Design:
    """A device as declared, at the loss at which it is attacked: what an eavesdropper knows beforehand.

    honest  its operating point by declared values, without an eavesdropper
    """

    profile: DeviceProfile
    loss_db: float
    honest: OperatingPoint

    @classmethod
    def of(cls, device: Device) -> Design:
        """10 dB, or half of the greatest loss that the device claims where that is less.

        Raises InputError for a device that is no pair of modules, or whose clicks follow the linear model, which knows
        no photon numbers.
        """
        require_pair(device.profile)
        most = device.profile.performance.max_loss_db
        loss_db = USUAL_LOSS_DB if most is None else min(USUAL_LOSS_DB, float(most) / 2.0)
        profile = device.profile
        return cls(profile, loss_db, point_on(profile, profile, span_of(profile, None, loss_db)))

    @property
    def span(self) -> FibreSpan:
        """The reference fibre with that loss."""
        return span_of(self.profile, None, self.loss_db)

    def attacked(self, attack: Attack) -> OperatingPoint:
        """The operating point by declared values with an eavesdropper."""
        return point_on(self.profile, self.profile, self.span, attack=attack)

    @property
    def block_bits(self) -> float:
        """Declared size of a block."""
        return float(np.ceil(processing_of(self.profile).block_size_bits))

    @property
    def theory(self) -> Theory:
        """The declared theory."""
        return theory_of(self.profile)

    @property
    def security(self) -> Security:
        """The declared security parameters."""
        return Security.of(processing_of(self.profile))

    @property
    def settings(self) -> DecoySettings:
        """Declared intensities."""
        return decoy_settings(self.honest, self.security)

    def duration_s(self, blocks: int) -> float:
        """Time for so many blocks, and for some more, since the true device may be dimmer than the declared one.

        No block is longer than its limit.
        """
        rate_hz = float(source_of(self.profile).pulse_rate_hz)
        each_s = self.block_bits / (self.honest.tally.key_probability * rate_hz)
        return (SPARE_TIME * blocks + 0.5) * min(each_s, float(processing_of(self.profile).block_time_limit_s))


def require_pair(profile: DeviceProfile) -> None:
    """Raise InputError unless both modules and their key processing are there, with clicks that can be attacked."""
    processing_of(profile)
    if is_continuous(profile):
        return
    source_of(profile)
    if detector_of(profile).click_model == "linear":
        raise InputError.of("detector", "click_model", "linear", "exact, for attacks act on photon numbers")


def operated(
    device: Device, design: Design, attack: Attack | None, blocks: int, generator: np.random.Generator
) -> OperationRecord:
    """The log of a running device under an attack, or none."""
    return bench_of(device).operation(design.loss_db, design.duration_s(blocks), generator, attack=attack, is_warm=True)


def intercepted(
    device: Device, design: Design, fraction: float, blocks: int, generator: np.random.Generator
) -> OperationRecord:
    """The same while a share of the pulses is intercepted and sent on."""
    return operated(device, design, InterceptResend(fraction) if fraction > 0.0 else None, blocks, generator)


def qber(record: OperationRecord) -> float:
    """Errors of all sifted bits of a log."""
    return float(record.errors.sum() / max(record.sifted_bits.sum(), 1.0))


def stated_threshold(device: Device) -> float:
    """The error rate above which the device says that it refuses a block."""
    return float(processing_of(device.profile).qber_abort)


def excess_bits(
    device: Device, design: Design, record: OperationRecord, attack: Attack | None = None, known_share: float = 0.0
) -> FloatArray:
    """Bits that each block released beyond the secure length computed from the truth, shape of the record's blocks.

    Of n sifted bits that length is n share - n h(e): the secret share by the true photon numbers and phase errors, less
    what the eavesdropper's notes tell of single photons (of more she knows all, of none nothing), less the least that
    reconciliation discloses. No proof gives more from these photons and errors, so that an excess is never found where
    there is none.
    """
    share = bench_of(device).audit.secret_share(design.span, attack, known_share)
    sifted = np.maximum(record.sifted_bits, 1.0)
    disclosed = binary_entropy(np.minimum(record.errors / sifted, 0.5))
    secure = np.maximum(sifted * (share - disclosed), 0.0)
    return np.asarray(np.maximum(record.released_bits - secure, 0.0))


def power_series(
    name: str, x_label: str, points: list[tuple[float, int, int]], y_label: str = "probability that a block is refused"
) -> Series:
    """Noticed attacks over strength: (strength, noticed, tried), with exact 95 % intervals, where it was tried."""
    points = [one for one in points if one[2] > 0]
    ends = [clopper_pearson(noticed, tried) for _, noticed, tried in points]
    return Series(
        name,
        x_label,
        tuple(strength for strength, _, _ in points),
        y_label,
        tuple(noticed / tried for _, noticed, tried in points),
        tuple(low for low, _ in ends),
        tuple(high for _, high in ends),
    )


def theory_series(name: str, x_label: str, strengths: list[float], power: Callable[[float], float]) -> Series:
    """The theory beside it."""
    return Series(
        name, x_label, tuple(strengths), "probability that a block is refused", tuple(power(one) for one in strengths)
    )
