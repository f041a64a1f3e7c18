"""The simulated device under test and the laboratory around it."""

from qkdsim.evaluation.specimen.bench import Bench
from qkdsim.evaluation.specimen.observations import Light
from qkdsim.evaluation.specimen.simulated import device_under_test

__all__ = ["Bench", "Light", "device_under_test"]
