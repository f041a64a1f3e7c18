"""95 % intervals of key rate, QBER, efficiency and dark counts cover the truth as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qkdsim import rng
from qkdsim.devices import DeviceProfile, load_profile
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate
from qkdsim.evaluation.procedures.efficiency import efficiencies
from qkdsim.evaluation.procedures.performance import error_rate, key_rate
from qkdsim.evaluation.procedures.receiver import dark_counts
from qkdsim.evaluation.specimen.simulated import SimulatedBench, declared

pytestmark = pytest.mark.slow

REPEATS = 2000
LEAST, MOST = 0.94, 0.97  # the second where expected counts exceed 100
LOSS_DB = 10.0
RECORD_S = 600.0  # about 120 blocks
TRUTH_S = 1.5e6


def steady_specimen() -> DeviceProfile:
    """The generic specimen with a constant alignment: the mean over blocks is then one number."""
    return load_profile("generic-ingaas-metro", overrides={"truth.behaviour.alignment_wander_error": 0.0})


def coverage(estimates: list[Estimate], truth: float) -> float:
    return float(np.mean([one.low <= truth <= one.high for one in estimates]))


def test_key_rate_and_error_rate() -> None:
    bench = SimulatedBench(steady_specimen(), 1)
    long = bench.operation(LOSS_DB, TRUTH_S, rng.stream(1, "coverage", "truth"), is_warm=True)
    true_rate_bps, true_error = key_rate(long).value, error_rate(long).value
    records = [
        bench.operation(LOSS_DB, RECORD_S, rng.stream(seed, "coverage", "record"), is_warm=True)
        for seed in range(REPEATS)
    ]
    assert len(records[0].start_s) > 100
    assert LEAST <= coverage([key_rate(one) for one in records], true_rate_bps) <= MOST
    assert LEAST <= coverage([error_rate(one) for one in records], true_error) <= MOST


def test_efficiency_with_the_error_of_the_calibration_drawn_anew_each_day() -> None:
    profile = steady_specimen()
    found = [
        efficiencies(Device("specimen", declared(profile), SimulatedBench(profile, seed)), seed, "RX-01", 0.95)
        for seed in range(REPEATS)
    ]
    for unit, truth in enumerate((0.1990, 0.2005)):
        # a little less jitter than declared lets a little more light into the gate
        captured = math.erf(150.0 / math.sqrt(2.0) / 42.475) / math.erf(150.0 / math.sqrt(2.0) / 43.307)
        assert LEAST <= coverage([one[unit] for one in found], truth * captured) <= MOST


def test_dark_counts() -> None:
    profile = steady_specimen()
    device = Device("specimen", declared(profile), SimulatedBench(profile, 1))
    found = [dark_counts(device, seed, 0.95) for seed in range(REPEATS)]
    for unit, truth in enumerate((1.7e-6, 1.5e-6)):
        assert LEAST <= coverage([one[unit] for one in found], truth) <= MOST
