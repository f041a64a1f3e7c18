"""qkdsim: a QKD network testbed simulator.

The names below are the public interface; they are imported when first used, so that `import qkdsim` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qkdsim.version import __version__

if TYPE_CHECKING:
    from qkdsim.devices import load_profile
    from qkdsim.evaluation import certify
    from qkdsim.links import key_rate
    from qkdsim.links.distillation import distill, laboratory_link
    from qkdsim.results import RunResult, open_run
    from qkdsim.scenario import load_scenario, simulate
    from qkdsim.topology import load_topology

_HOMES = {
    "RunResult": "qkdsim.results",
    "certify": "qkdsim.evaluation",
    "distill": "qkdsim.links.distillation",
    "key_rate": "qkdsim.links",
    "laboratory_link": "qkdsim.links.distillation",
    "load_profile": "qkdsim.devices",
    "load_scenario": "qkdsim.scenario",
    "load_topology": "qkdsim.topology",
    "open_run": "qkdsim.results",
    "simulate": "qkdsim.scenario",
}

__all__ = [
    "RunResult",
    "__version__",
    "certify",
    "distill",
    "key_rate",
    "laboratory_link",
    "load_profile",
    "load_scenario",
    "load_topology",
    "open_run",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qkdsim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
