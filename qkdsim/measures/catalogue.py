"""The measures of a run, by name: what each is, and the clause of ITU-T Y.3807 (02/2022) that names its parameter.

Only the clause titles of Y.3807 are public; definitions here are this project's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its unit (empty for a ratio or count), clause (empty where Y.3807 has none), and meaning.

    `trials` names the measure that counts the trials of a ratio between 0 and 1; it is empty for all others.
    """

    unit: str
    clause: str
    meaning: str
    trials: str = ""


_RATIO = "requests"

SERVICE: Mapping[str, Measure] = MappingProxyType(
    {
        "requests": Measure("", "", "requests for key"),
        "served": Measure("", "", "requests whose key reached both ends"),
        "blocked": Measure("", "", "requests refused, or without key in time"),
        "lost": Measure("", "", "requests whose key was lost on its way"),
        "served_ratio": Measure("", "", "served over requests", _RATIO),
        "blocking_ratio": Measure("", "", "blocked over requests", _RATIO),
        "loss_ratio": Measure("", "8.5", "blocked and lost over requests", _RATIO),
        "error_ratio": Measure("", "8.4", "keys that the two ends did not share, over these and served ones", "served"),
        "requested_bits": Measure("bit", "", "key asked for"),
        "delivered_bits": Measure("bit", "", "key delivered to both ends"),
        "offered_bps": Measure("bit/s", "", "key asked for, over the duration of the run"),
        "throughput_bps": Measure("bit/s", "8.1", "key delivered, over the duration of the run"),
        "delay_mean_s": Measure("s", "8.2", "mean response delay of served requests"),
        "delay_p50_s": Measure("s", "8.2", "median response delay"),
        "delay_p95_s": Measure("s", "8.2", "95th percentile of the response delay"),
        "delay_p99_s": Measure("s", "8.2", "99th percentile of the response delay"),
        "delay_max_s": Measure("s", "8.2", "greatest response delay"),
        "delay_variation_s": Measure("s", "8.3", "99th less 50th percentile of the response delay"),
        "delay_range_s": Measure("s", "8.3", "99.9th percentile less least response delay"),
        "availability": Measure("", "8.6", "share of the time asked in which requests are served", _RATIO),
        "outages": Measure("", "8.6", "times that requests ceased to be served"),
        "starvation_s": Measure("s", "", "longest time asked without a served request"),
        "restoration_mean_s": Measure("s", "8.6.1", "mean time from the start of a fault until service is back"),
        "restoration_max_s": Measure("s", "8.6.1", "longest time from the start of a fault until service is back"),
        "unrestored": Measure("", "8.6.1", "faults after which service of a pair did not come back"),
        "consumed_bits": Measure("bit", "", "key taken from stores: for keys, shares and tags on all hops"),
        "consumed_per_delivered": Measure("", "", "key taken from stores over key delivered"),
        "mean_hops": Measure("", "", "links on a path of a served request"),
        "mean_paths": Measure("", "", "paths of a served request"),
    }
)

NODE: Mapping[str, Measure] = MappingProxyType(
    {
        "requests": Measure("", "", "requests of which the node is an end"),
        "served": Measure("", "", "served requests of which the node is an end"),
        "delivered_bits": Measure("bit", "", "key delivered to the node as an end"),
        "relayed": Measure("", "", "served requests whose key, or a share of it, the node passed on"),
        "relayed_bits": Measure("bit", "", "key and shares of served requests that the node passed on"),
        "relay_load_bps": Measure("bit/s", "", "the same over the duration of the run"),
        "tag_bits": Measure("bit", "", "key spent on tags of relay hops into and out of the node"),
    }
)


def measure(scope: str, name: str) -> Measure:
    """A measure of `all`, a `class`, a `pair` or a `node`."""
    return (NODE if scope == "node" else SERVICE)[name]
