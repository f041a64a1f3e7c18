"""What all nodes of a network agree on: how key is relayed, routed and controlled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qkdsim.network.costs import RoutePolicy

Control = Literal["ideal", "central", "link-state"]
# the shipped policies; a function from the state of all links to their costs is one, too
PolicyName = Literal["fewest-hops", "least-loss", "widest", "key-aware"]


@dataclass(frozen=True, slots=True)
class Watermarks:
    """Levels of a store at which the cost of its link is worked out anew; `high_bits` counts as full."""

    low_bits: int = 0
    high_bits: int = 0


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Relay, routing and control.

    `relay_reserve_bits` stays in every store for requests between the link's own two ends. `control` says who knows
    the state of links: `ideal` everybody at once; `central` a controller, which looks at all stores every
    `update_interval_s` and is asked before each relay; `link-state` every node, from announcements that cross one link
    in `flooding_delay_s` and follow each other on one link at `update_interval_s` at the earliest.
    A request whose route turns out to lack key tries another, `max_attempts` in all. Key in a store grows too old after
    `key_lifetime_s`.
    """

    hop_tag_bits: int
    hop_delay_s: float
    relay_reserve_bits: int = 0
    policy: PolicyName | RoutePolicy = "fewest-hops"
    control: Control = "ideal"
    controller: int | None = None
    update_interval_s: float = 60.0
    flooding_delay_s: float = 0.0
    max_attempts: int = 3
    patience_s: float = 60.0
    key_lifetime_s: float | None = None
