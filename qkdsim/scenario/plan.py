"""A scenario that has been checked and is ready to run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

from qkdsim.apps import KeyDemand, StoredObject
from qkdsim.links import Disruption, QkdLink
from qkdsim.links.satellites import SatelliteLink, SatelliteService
from qkdsim.network import NetworkSettings
from qkdsim.network.outage import Outage
from qkdsim.scenario.model import NamedScenario
from qkdsim.scenario.stores import LinkStore
from qkdsim.topology import NamedTopology, Published
from qkdsim.version import __version__

if TYPE_CHECKING:
    from qkdsim.sessions import SessionPlan


@dataclass(frozen=True, slots=True)
class PlannedLink:
    """A link with its store and with what happens to it, in order of start."""

    qkd: QkdLink | SatelliteLink
    ends: tuple[str, str]
    published: Published | None
    store: LinkStore
    disruptions: tuple[Disruption, ...]

    def live_again_s(self, disruption: Disruption) -> float:
        """When the link is ready after a disruption: relock after a cut, cold start after a loss of power."""
        recovery_s = disruption.recovery_s(cold_start_s=self.qkd.cold_start_s, relock_s=self.qkd.relock_s)
        return disruption.end_s + recovery_s


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run depends on; links and demands in file order, profiles and tables as (name, hash of the file)."""

    scenario: NamedScenario
    topology: NamedTopology
    links: tuple[PlannedLink, ...]
    demands: tuple[KeyDemand, ...]
    profiles: tuple[tuple[str, str], ...]
    seed: int
    duration_s: float
    fidelity: Literal["expected", "tallied", "sampled", "declared"]
    grid_s: float
    network: NetworkSettings
    space: SatelliteService | None = None
    outages: tuple[Outage, ...] = ()
    sessions: tuple[SessionPlan, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()  # CSV files of demands, weather and air; files of stored objects
    objects: tuple[StoredObject, ...] = ()


def package_version(package: str) -> str:
    """Version of an installed package, or `unknown` (a checkout that is not installed)."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def run_name(plan: Plan) -> str:
    """Name of a run: the scenario's, and ten digits of a hash over everything that determines its results."""
    parts = [
        __version__,
        plan.scenario.sha256,
        plan.topology.sha256,
        *(f"{name}={sha256}" for name, sha256 in (*plan.profiles, *plan.tables)),
        str(plan.seed),
        plan.fidelity,
        repr(plan.duration_s),
    ]
    return f"{plan.scenario.name}-{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:10]}"
