"""Routes: a path through the network with the stores on it and the time that a relay takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qkdsim.keystore import KeyStore
from qkdsim.network.classical import ClassicalNetwork
from qkdsim.network.link_states import NetworkLink

_MOST_ROUTES = 20_000  # remembered at a time; a route is worked out again when it is forgotten


@dataclass(frozen=True, slots=True)
class Route:
    """A path through the network.

    `path` names its nodes as `a>b>c`, `nodes` are their indices; `hop_start_s` is when the key leaves on each hop and
    `delay_s` when it is at the far end, both counted from the start of the relay and without jitter; `crossings` are
    the classical links that its messages cross.
    """

    path: str
    nodes: tuple[int, ...]
    links: tuple[int, ...]
    stores: tuple[KeyStore, ...]
    hop_start_s: tuple[float, ...]
    delay_s: float
    crossings: int

    @property
    def hops(self) -> int:
        """Number of links."""
        return len(self.links)

    def short_of(self, direct_bits: int, relay_bits: int) -> int | None:
        """The first link on the route whose store lacks key; None when all hold what they must give."""
        if len(self.stores) == 1:
            return None if self.stores[0].held_bits >= direct_bits else self.links[0]
        for link, store in zip(self.links, self.stores, strict=True):
            if store.held_bits < relay_bits:
                return link
        return None


class RouteBook:
    """Works out routes, and remembers them as long as the classical network stays as it is."""

    def __init__(
        self, names: Sequence[str], links: Sequence[NetworkLink], classical: ClassicalNetwork, hop_delay_s: float
    ) -> None:
        """Take the nodes' names; `hop_delay_s` is the processing of one hop."""
        self._names = names
        self._links = links
        self._classical = classical
        self._hop_delay_s = hop_delay_s
        self._version = classical.version
        self._routes: dict[tuple[int, int, tuple[int, ...]], Route] = {}

    def route(self, source: int, taken: tuple[int, ...], message_bits: int) -> Route:
        """The route that leaves `source` over the links `taken` with messages of `message_bits`."""
        if self._version != self._classical.version or len(self._routes) >= _MOST_ROUTES:
            self._routes.clear()
            self._version = self._classical.version
        key = (source, message_bits, taken)
        route = self._routes.get(key)
        if route is None:
            route = self._planned(source, taken, message_bits)
            self._routes[key] = route
        return route

    def _planned(self, source: int, taken: tuple[int, ...], message_bits: int) -> Route:
        nodes, starts, clock_s, crossings = [source], [], 0.0, 0
        for index in taken:
            first, second = self._links[index].ends
            node = second if first == nodes[-1] else first
            starts.append(clock_s)
            channel = self._classical.path(nodes[-1], node)
            if channel is not None:  # cut off since the route was found: the outcome will say so
                clock_s += channel.message_s(message_bits)
                crossings += channel.crossings
            clock_s += self._hop_delay_s
            nodes.append(node)
        return Route(
            path=">".join(self._names[node] for node in nodes),
            nodes=tuple(nodes),
            links=taken,
            stores=tuple(self._links[index].store for index in taken),
            hop_start_s=tuple(starts),
            delay_s=clock_s,
            crossings=crossings,
        )
