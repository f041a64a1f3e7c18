"""What the report page needs beside the result tables, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qkdsim.plots import MapNode, SkyFacts


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A device profile that the run used: its name, what it is, where its values come from."""

    name: str
    summary: str
    source: str
    fictional: bool = False


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The plan of a run, in the words of its scenario and topology.

    published, approximate   what of the network is from the literature, and what is a guess
    assumptions              what was assumed: scenario, links and profiles
    not_modelled             what the simulation leaves out
    demand_words             per demand id, what it asks for, such as `one-time pad, 128 kbit/s`
    sky                      of a run with satellites: night, clouds, ground tracks, one pass
    """

    title: str
    duration_s: float
    nodes: tuple[MapNode, ...]
    description: str = ""
    scenario: str = ""
    start: datetime | None = None
    fidelity: str = ""
    seed: int | None = None
    topology: str = ""
    topology_source: str = ""
    published: str = ""
    approximate: str = ""
    assumptions: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()
    profiles: tuple[ProfileFacts, ...] = ()
    demand_words: tuple[tuple[str, str], ...] = ()
    sky: SkyFacts | None = None
