"""Routes: paths through the network, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qkdsim.network.classical import ClassicalNetwork, ClassicalPath
from qkdsim.network.link_states import FloatArray, IntArray, NetworkLink

_MOST_ROUTES = 50_000  # remembered at a time; a route is worked out again when it is forgotten


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A path through the network with the time that a relay takes.

    `path` names its nodes as `a>b>c`, `nodes` are their indices; `hops` is the number of links; `hop_start_s` is when
    the key leaves on each hop and `delay_s` when it is at the far end, both counted from the start of the relay and
    without jitter; `crossings` are the classical links that its messages cross.
    """

    path: str
    nodes: tuple[int, ...]
    links: tuple[int, ...]
    link_array: IntArray
    hop_start_s: FloatArray
    delay_s: float
    crossings: int
    hops: int


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
        self._channels: list[ClassicalPath | None] = [None] * len(links)
        self._routes: dict[tuple[int, int, tuple[int, ...]], Route] = {}
        self._look_up()

    def route(self, source: int, taken: tuple[int, ...], message_bits: int) -> Route:
        """The route that leaves `source` over the links `taken` with messages of `message_bits`."""
        if self._version != self._classical.version:
            self._version = self._classical.version
            self._look_up()
        key = (source, message_bits, taken)
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            route = self._routes[key] = self._planned(source, taken, message_bits)
        return route

    def _look_up(self) -> None:
        """How the two ends of every link talk to each other, as the classical network is now."""
        self._routes.clear()
        self._channels = [self._classical.path(*link.ends) for link in self._links]

    def _planned(self, source: int, taken: tuple[int, ...], message_bits: int) -> Route:
        nodes, starts, clock_s, crossings, node = [source], [], 0.0, 0, source
        for index in taken:
            first, second = self._links[index].ends
            node = second if first == node else first
            nodes.append(node)
            starts.append(clock_s)
            channel = self._channels[index]
            if channel is not None:  # cut off since the route was found: the outcome will say so
                clock_s += channel.message_s(message_bits)
                crossings += channel.crossings
            clock_s += self._hop_delay_s
        return Route(
            path=">".join([self._names[node] for node in nodes]),
            nodes=tuple(nodes),
            links=taken,
            link_array=np.array(taken, dtype=np.int64),
            hop_start_s=np.array(starts),
            delay_s=clock_s,
            crossings=crossings,
            hops=len(taken),
        )
