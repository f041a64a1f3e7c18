"""What happens on a network: one TOML file per experiment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictInt, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from qkdsim import library, units
from qkdsim.devices.quantity import ErrorProbability, NonNegative, Positive, Quantity
from qkdsim.space import SpaceSettings

Fidelity = Literal["expected", "tallied", "sampled", "declared"]


def _seconds(value: object) -> float:
    try:
        if isinstance(value, str):
            return units.parse_duration_s(value)
    except ValueError:
        pass
    raise PydanticCustomError("duration", "a duration such as '24h', '1h30min', '20min' or '90s'")


Duration = Annotated[
    float, BeforeValidator(_seconds), WithJsonSchema({"type": "string", "examples": ["24h", "1h30min", "90s"]})
]


class StoreSettings(library.FileModel):
    """The key store of every link. A tag of `hop_tag_bits` authenticates each hop of a relay."""

    capacity_bits: Positive | None = None  # unlimited when left out
    initial_key_bits: NonNegative = Quantity(0.0)
    hop_tag_bits: NonNegative = Quantity(128.0)
    hop_delay_s: NonNegative = Quantity(0.001)  # processing in each relay node, beside the light's travel time


class LinkSettings(library.FileModel):
    """What this scenario changes on one link."""

    id: str
    profile: str | None = None
    fidelity: Fidelity | None = None
    initial_key_bits: NonNegative | None = None
    capacity_bits: Positive | None = None


class Demand(library.FileModel):
    """Who asks for key, how, and how long it may wait.

    `one-time-pad`: a constant stream of `rate_bps`, fetched every `interval`; `rekeying`: one key of `key_bits`
    every `interval` (AES-256); `requests`: single keys of `key_bits`, Poisson with a mean of `requests_per_s`.
    """

    id: str = ""
    kind: Literal["one-time-pad", "rekeying", "requests"] = "one-time-pad"
    from_: str = Field(alias="from")
    to: str
    rate_bps: Positive | None = None
    interval: Duration | None = None
    key_bits: Positive = Quantity(256.0)
    requests_per_s: Positive | None = None
    latency_budget: Duration = 1.0
    start: Duration = 0.0
    stop: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_id(cls, data: Any) -> Any:
        if isinstance(data, dict) and "id" not in data and {"from", "to"} <= data.keys():
            data = {**data, "id": f"{data.get('kind', 'one-time-pad')}-{data['from']}-{data['to']}"}
        return data

    @model_validator(mode="after")
    def _kind_has_its_numbers(self) -> Demand:
        needed = {"one-time-pad": "rate_bps", "rekeying": "interval", "requests": "requests_per_s"}[self.kind]
        if getattr(self, needed) is None:
            raise ValueError(f"{needed}: required for kind {self.kind!r}")
        if self.from_ == self.to:
            raise ValueError(f"to: got {self.to!r}, expected another node than `from`")
        return self


class Fault(library.FileModel):
    """Something that goes wrong at `at` for `for`.

    `cut`: no light; `off`: the modules of a link, or all at a node, lose power (cold start afterwards);
    `disturbance`: noise photons at the receiver's input and, or, a worse alignment.
    """

    kind: Literal["cut", "disturbance", "off"]
    at: Duration
    for_: Duration = Field(alias="for")
    link: str | None = None
    node: str | None = None
    noise_photon_rate_hz: NonNegative = Quantity(0.0)
    misalignment_error: ErrorProbability = Quantity(0.0)

    @model_validator(mode="after")
    def _has_a_target(self) -> Fault:
        if (self.link is None) == (self.node is None):
            raise ValueError("expected exactly one of link and node")
        if self.kind == "disturbance" and self.noise_photon_rate_hz <= 0.0 and self.misalignment_error <= 0.0:
            raise ValueError("a disturbance needs noise_photon_rate_hz or misalignment_error above 0")
        return self


class Scenario(library.FileModel):
    """One experiment on one topology."""

    title: str
    description: str = ""
    topology: str
    start: datetime | None = None
    duration: Duration
    seed: StrictInt = Field(default=1, ge=0)
    fidelity: Fidelity = "tallied"
    default_profile: str | None = None  # for links whose topology names no device
    grid: Duration | None = None  # spacing of the store-level table; a 1440th of the duration when left out
    store: StoreSettings = StoreSettings()
    space: SpaceSettings = SpaceSettings()
    link: tuple[LinkSettings, ...] = ()
    demand: tuple[Demand, ...] = ()
    fault: tuple[Fault, ...] = ()
    assumption: tuple[str, ...] = ()  # shown in the report under "assumed"

    @model_validator(mode="after")
    def _unique_and_positive(self) -> Scenario:
        if self.duration <= 0:
            raise ValueError("duration: got 0, expected > 0")
        if self.grid is not None and self.grid <= 0:
            raise ValueError("grid: got 0, expected > 0")
        for kind, ids in (("demand", [d.id for d in self.demand]), ("link", [one.id for one in self.link])):
            for index, name in enumerate(ids):
                if name in ids[:index]:
                    raise ValueError(f"{kind}[{index}].id: got {name!r} twice, expected unique ids")
        return self


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
