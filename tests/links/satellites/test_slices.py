"""A pass cut into slices: all of its light, near its loss, wherever the levels fall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.links.satellites.slices import NOISE_STEP, sliced
from qkdsim.units import transmittances

SECONDS = 400
EDGES_S = np.arange(SECONDS + 1, dtype=np.float64)
MIDDLE_S = EDGES_S[:-1] + 0.5


@given(st.floats(20.0, 60.0), st.floats(0.1, 15.0), st.sampled_from([0.05, 0.1, 0.5]), st.floats(0.0, 6.0))
def test_slices_stay_near_loss_and_noise(least_db: float, swing_db: float, step_db: float, decades: float) -> None:
    loss_db = least_db + swing_db * (2.0 * MIDDLE_S / SECONDS - 1.0) ** 2
    noise_hz = 10.0 ** (decades * MIDDLE_S / SECONDS)
    found = sliced(EDGES_S, loss_db, noise_hz, step_db)
    assert found.lit_s == SECONDS
    np.testing.assert_array_equal(found.start_s[1:], found.end_s[:-1])
    row = np.searchsorted(found.start_s, MIDDLE_S) - 1
    assert np.abs(found.loss_db[row] - loss_db).max() <= step_db / 2 + 1e-9
    assert np.abs(np.log(found.noise_photon_rate_hz[row] / noise_hz)).max() <= np.log(NOISE_STEP) / 2 + 1e-9


@pytest.mark.parametrize("step_db", [0.05, 0.1, 0.2])
def test_slices_neither_add_nor_take_light(step_db: float) -> None:
    """The middle of a level stands for it: at 0.1 dB a pass of 10 dB keeps its mean transmittance within 0.15 %."""
    loss_db = 30.0 + 10.0 * (2.0 * MIDDLE_S / SECONDS - 1.0) ** 2
    found = sliced(EDGES_S, loss_db, np.ones(SECONDS), step_db)
    light = float(transmittances(found.loss_db) @ (found.end_s - found.start_s))
    assert light == pytest.approx(float(transmittances(loss_db).sum()), rel=0.015 * step_db)
