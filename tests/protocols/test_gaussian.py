"""Key of Gaussian-modulated coherent states: against entropies of covariance matrices, and laws of the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.protocols import plob_bound_bits_per_use
from qkdsim.protocols.gaussian import (
    Detection,
    GaussianBlock,
    GaussianChannel,
    GaussianReceiver,
    block_secret_bits,
    holevo_bits,
    mutual_information_bits,
    secret_bits_per_symbol,
    worst_channel,
)

Z = np.diag([1.0, -1.0])
I2 = np.eye(2)


def entropy_bits(covariance: np.ndarray) -> float:
    """Of a Gaussian state, from the symplectic eigenvalues of its covariance matrix."""
    modes = len(covariance) // 2
    form = np.kron(np.eye(modes), np.array([[0.0, 1.0], [-1.0, 0.0]]))
    eigenvalues = np.sort(np.abs(np.linalg.eigvals(1j * form @ covariance)))[::2]
    found = 0.0
    for value in eigenvalues:
        n = max((value - 1.0) / 2.0, 0.0)
        found += (n + 1.0) * math.log2(n + 1.0) - (n * math.log2(n) if n > 0.0 else 0.0)
    return found


def holevo_by_matrices(receiver: GaussianReceiver, transmittance: float, excess: float) -> float:
    """The definition: purify source and trusted detector, measure Bob's mode, S(AB) - S(AFG|b)."""
    variance = receiver.modulation_variance_snu + 1.0
    root = math.sqrt(variance**2 - 1.0)
    arrived = transmittance * (variance - 1.0 + excess) + 1.0
    joint = np.block([
        [variance * I2, math.sqrt(transmittance) * root * Z],
        [math.sqrt(transmittance) * root * Z, arrived * I2],
    ])  # fmt: skip
    eta = receiver.efficiency
    thermal = 1.0 + receiver.quadratures * receiver.electronic_noise_snu / (1.0 - eta)
    whole = np.zeros((8, 8))  # A, B, F, G
    whole[:4, :4] = joint
    whole[4:6, 4:6] = whole[6:, 6:] = thermal * I2
    whole[4:6, 6:] = whole[6:, 4:6] = math.sqrt(thermal**2 - 1.0) * Z
    splitter = np.eye(8)
    splitter[2:4, 2:4] = splitter[4:6, 4:6] = math.sqrt(eta) * I2
    splitter[2:4, 4:6], splitter[4:6, 2:4] = math.sqrt(1.0 - eta) * I2, -math.sqrt(1.0 - eta) * I2
    mixed = splitter @ whole @ splitter.T
    rest = [0, 1, 4, 5, 6, 7]
    kept, cross, bob = mixed[np.ix_(rest, rest)], mixed[np.ix_(rest, [2, 3])], mixed[2:4, 2:4]
    inverse = np.diag([1.0 / bob[0, 0], 0.0]) if receiver.detection == "homodyne" else np.linalg.inv(bob + I2)
    return entropy_bits(joint) - entropy_bits(kept - cross @ inverse @ cross.T)


def channel(transmittance: float, excess: float) -> GaussianChannel:
    return GaussianChannel(np.array(transmittance), np.array(excess))


@settings(max_examples=60, deadline=None)
@given(
    modulation=st.floats(0.5, 40.0),
    efficiency=st.floats(0.3, 0.95),
    electronic=st.floats(0.001, 0.5),
    transmittance=st.floats(0.01, 0.95),
    excess=st.floats(0.001, 0.2),
    detection=st.sampled_from(["homodyne", "heterodyne"]),
)
def test_holevo_bound_is_that_of_the_covariance_matrices(
    modulation: float, efficiency: float, electronic: float, transmittance: float, excess: float, detection: Detection
) -> None:
    receiver = GaussianReceiver(modulation, efficiency, electronic, detection)
    wanted = holevo_by_matrices(receiver, transmittance, excess)
    assert float(holevo_bits(receiver, channel(transmittance, excess))) == pytest.approx(wanted, rel=1e-5, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    modulation=st.floats(0.5, 1e3),
    efficiency=st.floats(0.3, 1.0),
    electronic=st.floats(0.0, 0.5),
    transmittance=st.floats(0.01, 0.95),
    excess=st.floats(0.0, 0.2),
    detection=st.sampled_from(["homodyne", "heterodyne"]),
)
def test_no_key_beyond_the_capacity_of_the_lossy_channel(
    modulation: float, efficiency: float, electronic: float, transmittance: float, excess: float, detection: Detection
) -> None:
    receiver = GaussianReceiver(modulation, efficiency, electronic, detection)
    key = float(secret_bits_per_symbol(receiver, channel(transmittance, excess), 1.0))
    assert key <= plob_bound_bits_per_use(transmittance) + 1e-9
    assert float(secret_bits_per_symbol(receiver, channel(transmittance, excess + 0.05), 1.0)) <= key + 1e-12


@pytest.mark.parametrize("transmittance", [0.01, 0.1, 0.5, 0.9])
def test_strong_modulation_on_a_noiseless_channel_gives_half_of_the_capacity(transmittance: float) -> None:
    """F. Grosshans, Phys. Rev. Lett. 94, 020504 (2005): log2(1/(1-T))/2 with homodyne detection."""
    receiver = GaussianReceiver(1e6, 1.0, 0.0, "homodyne")
    key = float(secret_bits_per_symbol(receiver, channel(transmittance, 0.0), 1.0))
    assert key == pytest.approx(-0.5 * math.log2(1.0 - transmittance), rel=1e-3)


def test_intercepting_every_symbol_leaves_no_key_at_any_loss() -> None:
    """Two units of excess noise break entanglement."""
    loss = np.linspace(0.0, 30.0, 61)
    lossy = GaussianChannel(10.0 ** (-loss / 10.0), np.full(61, 2.0))
    for detection in ("homodyne", "heterodyne"):
        receiver = GaussianReceiver(20.0, 0.7, 0.05, detection)  # type: ignore[arg-type]  # both names are Detections
        assert (secret_bits_per_symbol(receiver, lossy, 1.0) == 0.0).all()


def test_mutual_information_is_that_of_the_simulated_values() -> None:
    receiver, there = GaussianReceiver(4.0, 0.7, 0.06), channel(0.3, 0.02)
    generator = np.random.default_rng(5)
    values = 400_000
    alice = generator.normal(0.0, 2.0, values)
    noise = 1.0 + 0.06 + 0.35 * 0.3 * 0.02
    bob = math.sqrt(0.35 * 0.3) * alice + generator.normal(0.0, math.sqrt(noise), values)
    squared = float(np.corrcoef(alice, bob)[0, 1]) ** 2
    error = 2.0 * math.sqrt(squared) * (1.0 - squared) / math.sqrt(values)  # of the squared correlation
    wanted = float(mutual_information_bits(receiver, there))
    assert -math.log2(1.0 - squared) == pytest.approx(wanted, abs=4.0 * error / (1.0 - squared) / math.log(2.0))


def test_finite_blocks_give_less_key_and_reach_the_asymptote() -> None:
    receiver, there = GaussianReceiver(4.0, 0.7, 0.06), channel(0.1, 0.005)
    shares = []
    for symbols in (1e6, 1e9, 1e10, 1e11, 1e14, 1e18):
        block = GaussianBlock(0.7 * symbols, 0.3 * symbols, 0.95, 1e-10)
        worst = worst_channel(receiver, there, block)
        assert worst.transmittance < 0.1
        assert worst.excess_noise_snu > 0.005
        shares.append(float(block_secret_bits(receiver, there, block)) / block.key_symbols)
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == pytest.approx(float(secret_bits_per_symbol(receiver, there, 0.95)), rel=1e-3)


def test_coherent_attacks_cost_a_tiny_epsilon() -> None:
    """A. Leverrier (2017), Eq. 5: K^4/50 times the epsilon of collective attacks."""
    receiver, block = GaussianReceiver(4.0, 0.7, 0.06), GaussianBlock(7e10, 3e10, 0.95, 1e-10)
    photons = block.photons(receiver)
    assert photons == pytest.approx(7e11)
    assert math.exp(block.collective_epsilon_log(receiver)) * photons**4 / 50.0 == pytest.approx(1e-10)
    deviations = block.deviations(receiver)
    assert 15.0 < deviations < 17.0
    # two-sided tail of a third of that epsilon
    assert math.erfc(deviations / math.sqrt(2.0)) == pytest.approx(
        math.exp(block.collective_epsilon_log(receiver)) / 3.0
    )
    tiny = GaussianBlock(7e10, 3e10, 0.95, 1e-300)
    assert deviations < tiny.deviations(receiver) < 50.0
    assert tiny.toll_bits(receiver) > block.toll_bits(receiver)
