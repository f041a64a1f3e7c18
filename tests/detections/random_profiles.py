"""Random valid device profiles and channel losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkdsim import library
from qkdsim.devices import DeviceProfile


def random_profile(generator: np.random.Generator, *, memory: bool = False) -> DeviceProfile:
    """A valid modelled profile; without dead time and afterpulses unless `memory`."""
    count = int(generator.integers(1, 4))
    means = np.sort(generator.uniform(0.001, 1.0, count))[::-1]
    means[1:] *= 0.45  # decoy theory wants the brightest above the sum of the two weakest
    shares = generator.dirichlet(np.full(count, 2.0)) * (1 - 0.02 * count) + 0.02
    detector: dict[str, Any] = {
        "efficiency": generator.uniform(0.05, 0.95),
        "dark_count_probability": 10 ** generator.uniform(-8, -4),
        "gate_width_ps": generator.uniform(100, 900),
        "jitter_fwhm_ps": generator.uniform(0, 200),
        "dead_time_rule": str(generator.choice(["blank-all", "independent", "accept-all-live"])),
    }
    if generator.random() < 0.5:  # two unequal detectors
        detector["unit"] = [{"efficiency": generator.uniform(0.05, 0.95)}, {"dark_count_probability": 3e-6}]
    if memory:
        detector |= {
            "dead_time_s": 10 ** generator.uniform(-8, -6),
            "afterpulse_probability": generator.uniform(0, 0.1),
        }
    table = {
        "identity": {"vendor": "random", "model": "random", "fictional": True, "summary": "test", "source": "test"},
        "protocol": {
            "name": "bb84-decoy",
            "states": int(generator.choice([3, 4])),
            "key_basis_probability": generator.uniform(0.1, 0.95),
            "receiver_key_basis_probability": generator.uniform(0.1, 0.95),
            "key_bases": str(generator.choice(["one", "both"])),
        },
        "source": {
            "pulse_rate_hz": 10 ** generator.uniform(6, 9.3),
            "state_extinction_db": generator.uniform(15, 35),
            "pulse_width_fwhm_ps": generator.uniform(10, 100),
            "spectral_width_sigma_nm": generator.uniform(0.0, 0.05),
            "intensity": [
                {"name": f"i{k}", "mean_photon_number": float(means[k]), "probability": float(shares[k] / shares.sum())}
                for k in range(count)
            ],
        },
        "receiver": {
            "insertion_loss_db": generator.uniform(0, 5),
            "misalignment_error": generator.uniform(0, 0.05),
            "filter_width_nm": 0.1,
        },
        "detector": detector,
        "post_processing": {
            "block_size_bits": 1e6,
            "epsilon_secrecy": 1e-10,
            "double_click_policy": str(generator.choice(["random", "discard"])),
        },
    }
    return library.validated(DeviceProfile, _plain(table), "random profile")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, np.floating) else value
