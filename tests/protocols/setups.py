"""Hand-made BB84 setups for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from qkdsim.protocols import Bb84Setup


def setup(**changes: Any) -> Bb84Setup:
    """Three intensities over a transmittance of 3e-3, unbiased; `changes` replace fields, as lists."""
    fields: dict[str, Any] = {
        "mean_photon_number": [0.5, 0.1, 0.0],
        "intensity_probability": [0.7, 0.2, 0.1],
        "symbol_probability": [[0.5, 0.5], [0.5, 0.5]],
        "sent_basis_probability": [0.5, 0.5],
        "measured_basis_probability": [0.5, 0.5],
        "transmittance": [3e-3, 3e-3],
        "noise_probability": [1e-6, 1e-6],
        "error_probability": [0.01, 0.01],
    }
    single = changes.pop("single_photons", False)
    arrays = {name: np.array(value, dtype=np.float64) for name, value in (fields | changes).items()}
    return Bb84Setup(**arrays, single_photons=single)


def _pair(low: float, high: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(low, high), min_size=2, max_size=2)


@st.composite
def setups(draw: st.DrawFn) -> Bb84Setup:
    """Any setup that a valid profile can lead to: unequal detectors, three or four states, biased bases."""
    count = draw(st.integers(1, 4))
    weights = np.array(draw(st.lists(st.floats(0.01, 1.0), min_size=count, max_size=count)))
    sent, measured = draw(st.floats(0.01, 0.99)), draw(st.floats(0.01, 0.99))
    return setup(
        mean_photon_number=sorted(draw(st.lists(st.floats(0.0, 2.0), min_size=count, max_size=count)), reverse=True),
        intensity_probability=(weights / weights.sum()).tolist(),
        symbol_probability=[[0.5, 0.5], draw(st.sampled_from([[0.5, 0.5], [1.0, 0.0]]))],
        sent_basis_probability=[sent, 1 - sent],
        measured_basis_probability=[measured, 1 - measured],
        transmittance=draw(_pair(0.0, 1.0)),
        noise_probability=draw(_pair(0.0, 0.2)),
        error_probability=draw(_pair(0.0, 0.5)),
        single_photons=draw(st.booleans()),
    )
