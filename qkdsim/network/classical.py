"""The classical network: which way a message takes from node to node, and how long it is on that way.

Bandwidth delays a message, but messages do not wait for each other: control and relay traffic is small beside what such
links carry.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_Step: TypeAlias = tuple[int, "ClassicalLink"]  # a node, and the link that leads there
MOST_PAIRS = 100_000  # whose paths are remembered
UNREACHED = (math.inf, 0)


@dataclass(frozen=True, slots=True)
class ClassicalLink:
    """A classical link between two nodes, by index; `bandwidth_bps` may be infinite."""

    id: str
    ends: tuple[int, int]
    delay_s: float
    bandwidth_bps: float = math.inf


@dataclass(frozen=True, slots=True)
class ClassicalSettings:
    """What all classical links and nodes have in common.

    jitter_s              mean of an exponential extra delay on each link crossed
    loss_probability      of a message or its acknowledgement, on each link crossed
    retransmit_timeout_s  after which a lost message is sent anew over the same link
    max_retransmissions   on one link; after these the message is given up
    forwarding_delay_s    in each node that passes the message on
    message_bits          size of a control message
    """

    jitter_s: float = 0.0
    loss_probability: float = 0.0
    retransmit_timeout_s: float = 0.2
    max_retransmissions: int = 5
    forwarding_delay_s: float = 0.0
    message_bits: float = 4096.0

    @property
    def is_certain(self) -> bool:
        """Whether every message takes its fixed time and arrives."""
        return self.jitter_s == 0.0 and self.loss_probability == 0.0


@dataclass(frozen=True, slots=True)
class ClassicalPath:
    """The way between two nodes: propagation and forwarding, links crossed, bandwidth of the slowest."""

    delay_s: float
    crossings: int
    bandwidth_bps: float

    def message_s(self, bits: float) -> float:
        """The time that a message of so many bits needs when nothing happens to it.

        Its packets follow each other, so that it waits for its length once, on the slowest link.
        """
        return self.delay_s + bits / self.bandwidth_bps


@dataclass(frozen=True, slots=True)
class _Way:
    path: ClassicalPath
    links: tuple[str, ...]
    nodes: tuple[int, ...]


class ClassicalNetwork:
    """Paths of least delay over the links and nodes that are up; of equals the one with fewer links.

    The path of a pair of nodes is searched when it is first asked for. While nothing on it is down, the path of the
    whole network stays the best; so a change costs a search only for pairs whose path it breaks.
    """

    def __init__(self, node_count: int, links: Sequence[ClassicalLink], settings: ClassicalSettings) -> None:
        """All nodes and links are up."""
        self.settings = settings
        self.version = 0
        self.node_count = node_count
        self._links = {link.id: link for link in links}
        self._steps: list[list[_Step]] = [[] for _ in range(node_count)]
        for link in links:
            first, second = link.ends
            self._steps[first].append((second, link))
            self._steps[second].append((first, link))
        self._links_down: set[str] = set()
        self._nodes_down: set[int] = set()
        self._whole: dict[tuple[int, int], _Way | None] = {}
        self._now: dict[tuple[int, int], ClassicalPath | None] = {}

    def set_link(self, link_id: str, *, up: bool) -> None:
        """Let a link fail or come back. Raises KeyError for a link that there is not."""
        self._links[link_id]
        if (link_id in self._links_down) == up:
            self._links_down ^= {link_id}
            self._changed()

    def set_node(self, node: int, *, up: bool) -> None:
        """Let a node fail or come back. Raises IndexError for a node that there is not."""
        self._steps[node]
        if (node in self._nodes_down) == up:
            self._nodes_down ^= {node}
            self._changed()

    def path(self, a: int, b: int) -> ClassicalPath | None:
        """The way between two nodes, the same in both directions; None if they are cut off from each other."""
        pair = (a, b) if a <= b else (b, a)
        if pair not in self._now:
            self._now[pair] = self._path(pair)
        return self._now[pair]

    def _changed(self) -> None:
        self._now.clear()
        self.version += 1

    def _path(self, pair: tuple[int, int]) -> ClassicalPath | None:
        if not self._nodes_down.isdisjoint(pair):
            return None
        if pair not in self._whole:
            if len(self._whole) >= MOST_PAIRS:
                self._whole.clear()
            self._whole[pair] = self._search(*pair, links_down=(), nodes_down=())
        way = self._whole[pair]
        if way is not None and not (self._links_down.isdisjoint(way.links) and self._nodes_down.isdisjoint(way.nodes)):
            way = self._search(*pair, links_down=self._links_down, nodes_down=self._nodes_down)
        return None if way is None else way.path

    def _search(
        self, source: int, target: int, *, links_down: Collection[str], nodes_down: Collection[int]
    ) -> _Way | None:
        """Dijkstra's search, as far as the target."""
        came_by: dict[int, _Step] = {}
        known = {source: (0.0, 0)}
        heap = [(0.0, 0, source)]
        while heap:
            delay_s, crossings, node = heapq.heappop(heap)
            if node == target:
                return self._way(source, target, delay_s, came_by)
            if known[node] != (delay_s, crossings):
                continue
            passed_on_s = delay_s if node == source else delay_s + self.settings.forwarding_delay_s
            for neighbour, link in self._steps[node]:
                if neighbour in nodes_down or link.id in links_down:
                    continue
                reached = (passed_on_s + link.delay_s, crossings + 1)
                if reached < known.get(neighbour, UNREACHED):
                    known[neighbour] = reached
                    came_by[neighbour] = (node, link)
                    heapq.heappush(heap, (*reached, neighbour))
        return None

    @staticmethod
    def _way(source: int, target: int, delay_s: float, came_by: Mapping[int, _Step]) -> _Way:
        nodes, links = [target], []
        while nodes[-1] != source:
            node, link = came_by[nodes[-1]]
            nodes.append(node)
            links.append(link)
        bandwidth_bps = min((link.bandwidth_bps for link in links), default=math.inf)
        path = ClassicalPath(delay_s, len(links), bandwidth_bps)
        return _Way(path, tuple(link.id for link in links), tuple(nodes))
