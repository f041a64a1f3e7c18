"""A made-up device for tests of links, its settings near the optimum for its small blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qkdsim import library
from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile, NamedProfile
from qkdsim.links import QkdLink, build_link


def device(**tables: Mapping[str, Any]) -> NamedProfile:
    """One decoy-state device; keyword tables are merged into those of the file."""
    table: dict[str, Any] = {
        "identity": {"vendor": "v", "model": "m", "fictional": True, "summary": "s", "source": "fictional"},
        "protocol": {"name": "bb84-decoy", "key_basis_probability": 0.66},
        "source": {
            "pulse_rate_hz": 4e7,
            "intensity": [
                {"name": "signal", "mean_photon_number": 0.47, "probability": 0.10},
                {"name": "decoy", "mean_photon_number": 0.17, "probability": 0.56},
                {"name": "vacuum", "mean_photon_number": 0.001, "probability": 0.34},
            ],
        },
        "receiver": {"misalignment_error": 0.01, "filter_width_nm": 0.1, "isolation_db": 90.0},
        "detector": {"efficiency": 0.2, "dark_count_probability": 1e-6, "gate_width_ps": 1000.0},
        "post_processing": {
            "block_size_bits": 1e5,
            "block_time_limit_s": 60.0,
            "latency_s": 2.0,
            "epsilon_secrecy": 1e-10,
            "epsilon_correctness": 1e-15,
            "authentication_tag_bits": 100,
            "authentication_tags_per_block": 6,
            "authentication_pool_bits": 6000,
        },
        "security_model": {"tail_bound": "chernoff"},
        "performance": {"cold_start_s": 20.0, "relock_s": 5.0},
    }
    for name, changes in tables.items():
        table[name] = {**table.get(name, {}), **changes}
    return NamedProfile("made-up", library.validated(DeviceProfile, table, "made-up"), "0" * 64)


def link(
    fidelity: str = "tallied", *, loss_db: float = 10.0, link_id: str = "a--b", **tables: Mapping[str, Any]
) -> QkdLink:
    """A link of two such devices over 10 dB: a block about every 2 s."""
    made = device(**tables)
    return build_link(link_id, made, made, FibreSpan(loss_db=loss_db), fidelity)
