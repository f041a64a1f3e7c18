"""What a specimen hides: the device as it really is, and the laboratory's own errors of the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qkdsim import rng
from qkdsim.devices import Detector, DeviceProfile, Intensity, Quantity, Source
from qkdsim.devices.truth import Behaviour

LABORATORY_EFFICIENCY = 0.25
LABORATORY_DARK_PROBABILITY = 1e-7
CALIBRATION_UNCERTAINTY = 0.004  # relative; calibrations of single-photon detectors against primary standards reach it
MAX_PULSES = 1 << 60
LABORATORY_SOURCE = Source(
    pulse_rate_hz=Quantity(1e9),
    intensity=(Intensity(name="laser", mean_photon_number=Quantity(1.0), probability=Quantity(1.0)),),
)  # gives the clock of a receiver that is tested on its own


@dataclass(frozen=True, slots=True)
class Hidden:
    """The declared profile, the true one, the misbehaviours, and the seed of the day on which it is measured."""

    declared: DeviceProfile
    true: DeviceProfile
    behaviour: Behaviour
    seed: int

    @property
    def source(self) -> Source:
        """The true source. Raises ValueError where there is none."""
        if self.true.source is None:
            raise ValueError("this device has no source")
        return self.true.source

    @property
    def detector(self) -> Detector:
        """The true detectors. Raises ValueError where there are none."""
        if self.true.detector is None:
            raise ValueError("this device has no detectors")
        return self.true.detector

    @property
    def receiving(self) -> DeviceProfile:
        """The true device as a receiver, clocked by the laboratory where it has no source of its own."""
        return self.true if self.true.source is not None else self.true.model_copy(update={"source": LABORATORY_SOURCE})

    def calibration_error(self, instrument: str) -> float:
        """By how much an instrument's calibration is off on this day, relative: one draw for the whole day."""
        return float(CALIBRATION_UNCERTAINTY * rng.stream(self.seed, "laboratory", instrument).standard_normal())


def drawn(probability: np.ndarray | float, trials: float, generator: np.random.Generator) -> np.ndarray:
    """Numbers of events in so many trials each, float64."""
    share = np.clip(np.asarray(probability, dtype=np.float64), 0.0, 1.0)
    return np.asarray(generator.binomial(int(min(trials, MAX_PULSES)), share), dtype=np.float64)
