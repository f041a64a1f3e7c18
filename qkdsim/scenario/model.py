"""What happens on a network: one TOML file per experiment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, StrictInt, model_validator

from qkdsim import library
from qkdsim.channels.orbit.times import LATEST
from qkdsim.scenario.classes import ServiceClassEntry
from qkdsim.scenario.classical_settings import ClassicalTable
from qkdsim.scenario.demands import Demand
from qkdsim.scenario.duration import LONGEST_RUN, LONGEST_RUN_S, Duration
from qkdsim.scenario.faults import Fault
from qkdsim.scenario.migration import Migration
from qkdsim.scenario.objects import ObjectEntry
from qkdsim.scenario.routing import Routing
from qkdsim.scenario.sessions import Session
from qkdsim.scenario.start import Start
from qkdsim.scenario.stores import Fidelity, LinkSettings, StoreSettings
from qkdsim.space import SpaceSettings


class Scenario(library.FileModel):
    """One experiment on one topology.

    A run lasts at most 100 years, and has at most 1e9 requests, 1e9 store levels (readings by `grid`, times links),
    1e10 key blocks, 1e8 updates of the control plane, 1e8 handshakes and pads of sessions (1e7 with real cryptography)
    with 1e18 bytes of traffic, and 1e8 requests for keys of objects. Faults, demands, sessions and objects begin before
    the end of `duration`; where a run is made shorter (`--duration`), later ones are left out.
    """

    title: str
    description: str = ""
    topology: str
    start: Start | None = None  # UTC where it names no time zone; needed where the sky matters
    duration: Duration
    seed: StrictInt = Field(default=1, ge=0)
    fidelity: Fidelity = "tallied"
    default_profile: str | None = None  # for links whose topology names no device
    grid: Duration | None = None  # spacing of the store-level table; a 1440th of the duration when left out
    store: StoreSettings = StoreSettings()
    space: SpaceSettings = SpaceSettings()
    routing: Routing = Routing()
    classical: ClassicalTable = ClassicalTable()
    link: tuple[LinkSettings, ...] = ()
    class_: tuple[ServiceClassEntry, ...] = Field(default=(), alias="class")
    demand: tuple[Demand, ...] = ()
    object_: tuple[ObjectEntry, ...] = Field(default=(), alias="object")
    fault: tuple[Fault, ...] = ()
    session: tuple[Session, ...] = ()
    migration: Migration | None = None
    assumption: tuple[str, ...] = ()  # shown in the report under "assumed"

    @model_validator(mode="after")
    def _unique_and_positive(self) -> Scenario:
        if self.duration <= 0:
            raise ValueError("duration: got 0, expected > 0")
        if self.duration > LONGEST_RUN_S:
            raise ValueError(f"duration: got {self.duration:g} s, expected at most {LONGEST_RUN}")
        if self.start is not None and self.duration > (LATEST - self.start).total_seconds():
            raise ValueError("duration: got an end after 2056, expected one in the years 1957 to 2056")
        if self.grid is not None and self.grid <= 0:
            raise ValueError("grid: got 0, expected > 0")
        _check_unique("demand", "id", [one.id for one in self.demand])
        _check_unique("session", "id", [one.id for one in self.session])
        _check_unique("object", "id", [one.id for one in self.object_])
        _check_unique("link", "id", [one.id for one in self.link])
        _check_unique("class", "name", [one.name for one in self.class_])
        return self


def _check_unique(table: str, key: str, names: list[str]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise ValueError(f"{table}[{index}].{key}: got {name!r} twice, expected unique {key}s")
        seen.add(name)


@dataclass(frozen=True, slots=True)
class NamedScenario:
    """A scenario with the name of its file, its path and the hash of its bytes."""

    name: str
    path: Path
    scenario: Scenario
    sha256: str


def load_scenario(name: str) -> Scenario:
    """Load a shipped scenario by name or a user's by path.

    Raises InputError.
    """
    return load_named_scenario(name).scenario


def load_named_scenario(name: str) -> NamedScenario:
    """Load a scenario with its name, path and hash.

    Raises InputError.
    """
    path = library.find("scenario", name)
    source = library.read(path)
    return NamedScenario(path.stem, path, library.parse(Scenario, source, "scenario"), source.sha256)


def named_scenario(scenario: Scenario) -> NamedScenario:
    """A scenario made in Python, with a hash of its content; files it names are looked up from the working folder."""
    sha256 = hashlib.sha256(scenario.model_dump_json().encode()).hexdigest()
    return NamedScenario("scenario", Path("scenario.toml"), scenario, sha256)
