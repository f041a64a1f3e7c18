"""A continuous-variable system as its profile declares it: receiver, block rule, and the key that it plans for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qkdsim import units
from qkdsim.devices import DeviceProfile
from qkdsim.errors import InputError
from qkdsim.protocols.gaussian import GaussianBlock, GaussianChannel, GaussianReceiver, block_secret_bits

NOMINAL_LOSS_DB = 10.0
NEEDED = (
    "symbol_rate_hz",
    "detection",
    "modulation_variance_snu",
    "efficiency",
    "electronic_noise_snu",
    "excess_noise_snu",
    "reconciliation_efficiency",
    "block_symbols",
    "calibration_share",
)


@dataclass(frozen=True, slots=True)
class CvDesign:
    """What the key of a continuous-variable device follows from."""

    receiver: GaussianReceiver
    block: GaussianBlock
    excess_noise_snu: float
    excess_noise_abort_snu: float
    block_s: float
    nominal_loss_db: float

    @classmethod
    def of(cls, profile: DeviceProfile) -> CvDesign:
        """By declared values.

        Raises InputError naming the first key that is missing.
        """
        cv, post = profile.cv, profile.post_processing
        for name in NEEDED:
            if getattr(cv, name) is None:
                raise InputError.of("cv", name, None, "a value, to compute the key of a continuous-variable system")
        if post is None or post.epsilon_secrecy is None:
            raise InputError.of("post_processing", "epsilon_secrecy", None, "a value")
        symbols, calibrating = float(cv.block_symbols or 0.0), float(cv.calibration_share or 0.0)
        most_db = profile.performance.max_loss_db
        return cls(
            GaussianReceiver(
                float(cv.modulation_variance_snu or 0.0),
                float(cv.efficiency or 0.0),
                float(cv.electronic_noise_snu or 0.0),
                cv.detection or "heterodyne",
            ),
            GaussianBlock(
                symbols * (1.0 - calibrating),
                symbols * calibrating,
                float(cv.reconciliation_efficiency or 0.0),
                float(post.epsilon_secrecy),
            ),
            float(cv.excess_noise_snu or 0.0),
            float("inf") if cv.excess_noise_abort_snu is None else float(cv.excess_noise_abort_snu),
            symbols / float(cv.symbol_rate_hz or 1.0),
            NOMINAL_LOSS_DB if most_db is None else min(NOMINAL_LOSS_DB, float(most_db) / 2.0),
        )

    def channel(self, loss_db: float) -> GaussianChannel:
        """An undisturbed channel of that loss."""
        return GaussianChannel(np.array(units.transmittance(loss_db)), np.array(self.excess_noise_snu))

    def planned_bits(self, loss_db: float) -> float:
        """Key of a block whose estimates are just what is declared."""
        return float(block_secret_bits(self.receiver, self.channel(loss_db), self.block))

    def rate_bps(self, loss_db: float) -> float:
        """Secret key rate that the declared values give."""
        return self.planned_bits(loss_db) / self.block_s


def is_complete(profile: DeviceProfile) -> bool:
    """Whether a profile is a continuous-variable system with all that its key follows from."""
    post = profile.post_processing
    has_all = all(getattr(profile.cv, name) is not None for name in NEEDED)
    return profile.protocol.name == "cv-gaussian" and has_all and post is not None and post.epsilon_secrecy is not None
