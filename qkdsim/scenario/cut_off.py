"""When the two ends of a QKD link cannot talk to each other over the classical network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from qkdsim.network.classical import ClassicalLink
from qkdsim.network.outage import Outage


def cut_off_spans(
    pairs: Sequence[tuple[int, int]], node_ids: Sequence[str], links: Sequence[ClassicalLink], outages: Sequence[Outage]
) -> Iterator[tuple[int, float, float]]:
    """Spans (pair, start, end) in which no way of classical links that are up joins the two nodes of a pair.

    A node that is lost is not cut off: while either of a pair is, there is no span.
    """
    reach = _Reach(pairs, len(node_ids), links)
    row = {("node", name): index for index, name in enumerate(node_ids)}
    row |= {("classical-link", link.id): index for index, link in enumerate(links)}
    known = [one for one in outages if (one.kind, one.target) in row]
    changes = [(time_s, one, step) for one in known for time_s, step in ((one.start_s, 1), (one.end_s, -1))]
    changes.sort(key=itemgetter(0))
    began_s = np.zeros(len(pairs))
    before = reach.cut_off()
    for time_s, group in groupby(changes, key=itemgetter(0)):
        for _, one, step in group:
            (reach.nodes_down if one.kind == "node" else reach.links_down)[row[one.kind, one.target]] += step
        after = reach.cut_off()
        for pair in np.flatnonzero(before & ~after).tolist():
            yield pair, float(began_s[pair]), time_s
        began_s[after & ~before] = time_s
        before = after
    for pair in np.flatnonzero(before).tolist():
        yield pair, float(began_s[pair]), np.inf


class _Reach:
    """Which pairs of nodes are cut off from each other, as links and nodes go down and come back."""

    def __init__(self, pairs: Sequence[tuple[int, int]], node_count: int, links: Sequence[ClassicalLink]) -> None:
        self._first, self._second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        self._from, self._to = np.array([link.ends for link in links], dtype=np.int32).reshape(-1, 2).T
        self._rows = np.argsort(self._from, kind="stable")  # the links as rows of a sparse matrix, made once
        self.nodes_down = np.zeros(node_count, dtype=np.int64)  # how many outages each is in
        self.links_down = np.zeros(len(links), dtype=np.int64)

    def cut_off(self) -> NDArray[np.bool_]:
        """One flag per pair."""
        node_up = self.nodes_down == 0
        up = (self.links_down == 0) & node_up[self._from] & node_up[self._to]
        rows = self._rows[up[self._rows]]
        starts = np.append(0, np.cumsum(np.bincount(self._from[rows], minlength=len(node_up))))
        shape = (len(node_up), len(node_up))
        graph = csr_array((np.ones(len(rows)), self._to[rows], starts.astype(np.int32)), shape=shape)
        _, part = connected_components(graph, directed=False)
        apart = part[self._first] != part[self._second]
        return np.asarray(apart & node_up[self._first] & node_up[self._second])
