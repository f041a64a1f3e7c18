"""The tables of the links and nodes that relay most."""

from __future__ import annotations

from dataclasses import dataclass

from qkdsim.plots import RelayLoad, rate_text
from qkdsim.report.limited import Limited, limited
from qkdsim.report.words import NONE, percent
from qkdsim.results import RunResult

SHOWN_LOADS = 15


@dataclass(frozen=True, slots=True)
class LoadRow:
    """A link or node: key relayed per second, and what share that is (of the link's key; of what all nodes passed)."""

    id: str
    relayed: str
    share: str


def link_load_rows(result: RunResult, load: RelayLoad) -> Limited[LoadRow]:
    """The links over which relays sent most key."""
    rates = dict(result.lazy("links").select("id", "secret_key_rate_bps").collect().iter_rows())
    busiest = sorted(load.link_bps.items(), key=lambda one: (-one[1], one[0]))
    return limited(
        busiest,
        SHOWN_LOADS,
        lambda one: LoadRow(one[0], rate_text(one[1]), percent(one[1] / rates[one[0]]) if rates[one[0]] else NONE),
    )


def node_load_rows(load: RelayLoad) -> Limited[LoadRow]:
    """The nodes that passed on most key."""
    total = sum(load.node_bps.values())
    busiest = sorted(load.node_bps.items(), key=lambda one: (-one[1], one[0]))
    return limited(busiest, SHOWN_LOADS, lambda one: LoadRow(one[0], rate_text(one[1]), percent(one[1] / total)))
