"""Routes, and the relay of a key along one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qkdsim import units
from qkdsim.errors import RunError
from qkdsim.keystore import KeyStore, epsilon_of


@dataclass(frozen=True, slots=True)
class NetworkLink:
    """A link as the network sees it: two nodes (by index), a length and a key store."""

    id: str
    ends: tuple[int, int]
    length_km: float | None
    store: KeyStore


@dataclass(frozen=True, slots=True)
class Route:
    """A path through the network.

    `path` names its nodes as `a>b>c`; `hop_start_s` is when the key leaves on each hop and `delay_s` when it
    is at the far end, both counted from the moment the request is served.
    """

    path: str
    links: tuple[int, ...]
    link_ids: tuple[str, ...]
    stores: tuple[KeyStore, ...]
    hop_start_s: tuple[float, ...]
    delay_s: float

    @property
    def hops(self) -> int:
        """Number of links."""
        return len(self.links)

    def holds(self, direct_bits: int, relay_bits: int) -> bool:
        """Whether every store on the route holds what it must give."""
        if len(self.stores) == 1:
            return self.stores[0].held_bits >= direct_bits
        for store in self.stores:  # noqa: SIM110 - three times faster than all() on the hottest path of a long chain
            if store.held_bits < relay_bits:
                return False
        return True

    def relay_key(self, bits: int, tag_bits: int) -> float:
        """Carry one key over the route and return its epsilon, summed over the blocks used on every hop.

        One hop: the link's own key is the key. More: the key of the first hop is the key; each further hop
        uses up as many bits as a one-time pad, and each hop `tag_bits` for a Wegman-Carter tag, since a
        one-time pad alone can be altered without notice.

        Raises RunError if a store holds too little; `holds` tells beforehand.
        """
        if len(self.stores) == 1:
            segments = self.stores[0].withdraw(bits, "delivered")
            if segments is None:
                raise RunError(f"{self.path}: the store of {self.link_ids[0]} holds too little key")
            return segments[0].epsilon if len(segments) == 1 else epsilon_of(segments)
        if not self.holds(bits, bits + tag_bits):
            raise RunError(f"{self.path}: a store on the way holds too little key")
        epsilon = self.stores[0].withdraw_hop(bits, tag_bits, "delivered") or 0.0
        for store in self.stores[1:]:
            epsilon += store.withdraw_hop(bits, tag_bits, "relayed") or 0.0
        return epsilon


def plan_route(
    nodes: Sequence[str],
    links: Sequence[NetworkLink],
    source: int,
    taken: tuple[int, ...],
    hop_delay_s: float,
) -> Route:
    """The route that leaves `source` over the links `taken`: each hop costs the light's travel and
    `hop_delay_s`.
    """
    node, clock_s = source, 0.0
    names, starts = [nodes[source]], []
    for index in taken:
        link = links[index]
        node = link.ends[1] if link.ends[0] == node else link.ends[0]
        names.append(nodes[node])
        starts.append(clock_s)
        clock_s += units.fibre_delay_s(link.length_km or 0.0) + hop_delay_s
    hops = [links[index] for index in taken]
    stores = tuple(link.store for link in hops)
    return Route(">".join(names), taken, tuple(link.id for link in hops), stores, tuple(starts), clock_s)
