"""Compiled route searches: cheapest, widest, node-disjoint.

**Labels.** One record per node (`search.NODE`) holds its arcs, whether it may relay, and what a search knows of it: its
best way on to the target. Labels count only if `stamp` is the number of the search, or one more once the node has been
closed (its arcs have been followed), so nothing is cleared between searches.

**Heap.** Records (key, order), least first; `order` breaks ties and ends in the 20 bits of the node.

**Indices** are unsigned where it matters: the compiler then leaves out the test for negative ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel

Records = NDArray[Any]  # structured
Ints = NDArray[np.int32]
Bits = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NODE_BITS = 20
NODE_MASK = (1 << NODE_BITS) - 1
GREATEST = np.finfo(np.float64).max
MOST_BITS = float(1 << 62)
AROUND = 32  # nodes around the source that a search for width looks at first
ROUNDING = 1.0 + 1e-12  # keys of one route, added up at different nodes, differ by less


@kernel
def hops_from(nodes: Records, arcs: Ints, start: int, row: Ints) -> None:
    """Fewest hops from `start` to every node that may relay, into `row`; -1 for the other nodes."""
    row[:] = -1
    row[start] = 0
    queue = np.empty(len(row), np.int32)
    queue[0] = start
    done, size = 0, 1
    while done < size:
        u = queue[done]
        done += 1
        for arc in range(nodes[u].first, nodes[u].end):
            v = arcs[arc, 0]
            if row[v] < 0 and nodes[v].relay:
                row[v] = row[u] + 1
                queue[size] = v
                size += 1


@kernel
def push(heap: Records, size: int, key: float, order: int) -> int:
    """Put an entry on the heap; the new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent].key < key or (heap[parent].key == key and heap[parent].order <= order):
            break
        heap[i].key = heap[parent].key
        heap[i].order = heap[parent].order
        i = parent
    heap[i].key = key
    heap[i].order = order
    return size + 1


@kernel
def drop_first(heap: Records, size: int) -> int:
    """Take the least entry off the heap; the new size."""
    size -= 1
    key, order = heap[size].key, heap[size].order
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        right = child + 1
        if right < size and (
            heap[right].key < heap[child].key
            or (heap[right].key == heap[child].key and heap[right].order < heap[child].order)
        ):
            child = right
        if key < heap[child].key or (key == heap[child].key and order <= heap[child].order):
            break
        heap[i].key = heap[child].key
        heap[i].order = heap[child].order
        i = child
    heap[i].key = key
    heap[i].order = order
    return size


@kernel
def cheapest(  # noqa: PLR0912, PLR0915 - one loop, and a call in it would cost as much as a step
    nodes: Records,
    arcs: Ints,
    heap: Records,
    found: Ints,
    hops_left: Ints,
    costs: Floats,
    held_bits: Bits,
    usable: Bools,
    floor: float,
    source: int,
    target: int,
    direct_bits: int,
    relay_bits: int,
    search: int,
) -> int:
    """Write the links of the cheapest route into `found` and return their number, or a barrier and what it returns.

    A* from the target to the source (`hops_left` are hops from there), so that each node learns its best way on. Of
    ways that cost the same in as many hops it takes the first in file order, and so the whole route is the first. What
    is still to pay is at least the cheapest of the source's links and `floor` for each hop before it. All entries up to
    the cost of the best route are followed, since any may belong to another route as cheap.
    """
    closed = search + 1
    last = GREATEST
    for arc in range(nodes[source].first, nodes[source].end):
        v, link = arcs[arc, 0], arcs[arc, 1]
        need = direct_bits if v == target else relay_bits
        if (v == target or hops_left[v] == 1) and held_bits[link] >= need and usable[link]:
            last = min(last, costs[link])
    if source != target and last == GREATEST:  # no way out of the source
        nodes[source].stamp = closed
        return barrier(
            nodes, arcs, found, hops_left, held_bits, usable, source, target, direct_bits, relay_bits, closed
        )
    nodes[target].cost = 0.0
    nodes[target].hops = 0
    nodes[target].stamp = search
    bound = GREATEST
    size = push(heap, 0, 0.0, target)
    while size > 0 and heap[0].key <= bound:
        u = np.uint32(heap[0].order & NODE_MASK)
        size = drop_first(heap, size)
        if nodes[u].stamp == closed:
            continue
        nodes[u].stamp = closed
        hops, cost_here = nodes[u].hops + 1, nodes[u].cost
        for arc in range(np.uint32(nodes[u].first), np.uint32(nodes[u].end)):
            v, link = np.uint32(arcs[arc, 0]), np.uint32(arcs[arc, 1])
            left = hops_left[v]
            if left < 0:
                continue
            cost = cost_here + costs[link]
            key = cost + last + floor * (left - 1) if left > 0 else cost
            if not key <= bound:
                continue
            tied = False
            if nodes[v].stamp >= search and cost >= nodes[v].cost:
                if cost > nodes[v].cost or hops > nodes[v].hops:
                    continue
                if hops == nodes[v].hops:
                    if u > nodes[v].next_node or (u == nodes[v].next_node and link > nodes[v].next_link):
                        continue
                    tied = True
            if nodes[v].stamp == closed and not tied:  # better by rounding only
                continue
            need = direct_bits if left == 0 and u == target else relay_bits
            if held_bits[link] < need or not usable[link]:
                continue
            nodes[v].next_node = u
            nodes[v].next_link = link
            if tied:
                continue
            nodes[v].cost = cost
            nodes[v].hops = hops
            nodes[v].stamp = search
            if left == 0:
                bound = cost * ROUNDING
            else:
                size = push(heap, size, key, ((hops + left) << 40) | (hops << NODE_BITS) | v)
    if nodes[source].stamp != search and source != target:
        return barrier(
            nodes, arcs, found, hops_left, held_bits, usable, target, source, direct_bits, relay_bits, closed
        )
    count = 0
    u = np.uint32(source)
    while u != target:
        found[count] = nodes[u].next_link
        u = np.uint32(nodes[u].next_node)
        count += 1
    return count


@kernel
def barrier(
    nodes: Records,
    arcs: Ints,
    found: Ints,
    hops: Ints,
    held_bits: Bits,
    usable: Bools,
    near: int,
    far: int,
    direct_bits: int,
    relay_bits: int,
    closed: int,
) -> int:
    """Gather the links that lead out of the closed nodes, around the end `near`, and cannot be used; -1 - their number.

    First those short of key, then, counted in the last place of `found`, all others.
    """
    short, others, end = 0, 0, len(found) - 1
    for u in range(len(nodes)):
        if nodes[u].stamp != closed:
            continue
        for arc in range(nodes[u].first, nodes[u].end):
            v, link = arcs[arc, 0], arcs[arc, 1]
            if nodes[v].stamp == closed or not (v == far or hops[v] >= 0):
                continue
            need = direct_bits if u == near and v == far else relay_bits
            if usable[link] and held_bits[link] < need:
                found[short] = link
                short += 1
            else:
                others += 1
                found[end - others] = link
    for i in range(others):
        found[short + i] = found[end - 1 - i]
    found[end] = others
    return -1 - short - others


@kernel
def spread(
    nodes: Records,
    arcs: Ints,
    heap: Records,
    hops: Ints,
    held_bits: Bits,
    usable: Bools,
    near: int,
    far: int,
    most: float,
    direct_bits: int,
    relay_bits: int,
    search: int,
    steps: int,
) -> float:
    """The width of the widest way between two ends, but at most `most`; 0 if there is none.

    Nodes are closed from the widest on. After `steps` of them, if that is not negative, the answer is a bound: no way
    is wider. Keys are negative widths; of nodes as wide those with fewer `hops` come first.
    """
    closed = search + 1
    nodes[far].stamp = search
    nodes[far].cost = 0.0
    nodes[near].stamp = search
    nodes[near].cost = -most
    size = push(heap, 0, -most, near)
    while size > 0 and heap[0].key < nodes[far].cost:
        if steps == 0:
            return -float(heap[0].key)
        steps -= 1
        u = np.uint32(heap[0].order & NODE_MASK)
        size = drop_first(heap, size)
        if nodes[u].stamp == closed:
            continue
        nodes[u].stamp = closed
        here = nodes[u].cost
        for arc in range(np.uint32(nodes[u].first), np.uint32(nodes[u].end)):
            v, link = np.uint32(arcs[arc, 0]), np.uint32(arcs[arc, 1])
            if nodes[v].stamp == closed or (hops[v] < 0 and v != far):
                continue
            key = max(here, -float(held_bits[link]))
            if key >= nodes[far].cost or (nodes[v].stamp == search and key >= nodes[v].cost):
                continue
            need = direct_bits if v == far and u == near else relay_bits
            if held_bits[link] < need or not usable[link]:
                continue
            nodes[v].cost = key
            nodes[v].stamp = search
            if v != far:
                size = push(heap, size, key, (int(hops[v]) << NODE_BITS) | int(v))
    return -float(nodes[far].cost)


@kernel
def widest(
    nodes: Records,
    arcs: Ints,
    heap: Records,
    found: Ints,
    hops_left: Ints,
    ones: Floats,
    held_bits: Bits,
    usable: Bools,
    source: int,
    target: int,
    direct_bits: int,
    relay_bits: int,
    search: int,
) -> int:
    """As `cheapest`, for the route with most key on its poorest link, and of those one with fewest hops.

    The width is found first, then the shortest route over links that are as wide. A look around the source tells how
    wide a route can be at most; most ways from the target are then equally wide, and can be followed straight.
    """
    width = spread(
        nodes,
        arcs,
        heap,
        hops_left,
        held_bits,
        usable,
        source,
        target,
        MOST_BITS,
        direct_bits,
        relay_bits,
        search,
        AROUND,
    )
    if width > 0.0:
        search += 2
        width = spread(
            nodes, arcs, heap, hops_left, held_bits, usable, target, source, width, direct_bits, relay_bits, search, -1
        )
    wide_bits = int(width)
    return cheapest(
        nodes,
        arcs,
        heap,
        found,
        hops_left,
        ones,
        held_bits,
        usable,
        1.0,
        source,
        target,
        max(direct_bits, wide_bits),
        max(relay_bits, wide_bits),
        search + 2,
    )


@kernel
def disjoint(  # noqa: PLR0912, PLR0915 - the rounds share their arrays
    nodes: Records,
    arcs: Ints,
    heap: Records,
    hops_left: Ints,
    costs: Floats,
    held_bits: Bits,
    usable: Bools,
    floor: float,
    source: int,
    target: int,
    relay_bits: int,
    count: int,
) -> Ints:
    """The links of up to `count` node-disjoint paths of least total cost, each path from target to source and then -1.

    Successive shortest paths in the residual network of a flow with at most one unit through a node (`hops_left` are
    hops to the target). A node is split: state 2 u is where flow enters it, 2 u + 1 where flow leaves. While no path
    goes through it the two are one, the latter. `potential` keeps all residual costs positive: at first the least that
    is left to pay, later corrected by the distances found.
    """
    states = 2 * len(nodes)
    potential, distance = np.empty(states), np.empty(states)
    by, via = np.empty(states, np.int32), np.empty(states, np.int32)
    closed = np.empty(states, np.bool_)
    came_node, came_link = np.full(len(nodes), -1, np.int32), np.full(len(nodes), -1, np.int32)  # -1: on no path
    taken = np.zeros(len(costs), np.bool_)
    for u in range(len(nodes)):
        potential[2 * u] = potential[2 * u + 1] = floor * max(0, hops_left[u])
    goal = 2 * target + 1
    for _ in range(count):
        distance[:] = np.inf
        closed[:] = False
        distance[2 * source + 1] = 0.0
        size = push(heap, 0, 0.0, 2 * source + 1)
        while size > 0 and not closed[goal]:
            x = heap[0].order
            size = drop_first(heap, size)
            if closed[x]:
                continue
            closed[x] = True
            u = x >> 1
            if x & 1 == 0:  # back along the path that enters here
                if came_node[u] != source:
                    y = 2 * came_node[u] + 1
                    cost = -costs[came_link[u]]
                    size = relax(heap, size, distance, potential, by, via, x, y, cost, came_link[u])
                continue
            if came_node[u] >= 0:  # back through the node
                size = relax(heap, size, distance, potential, by, via, x, x - 1, 0.0, -1)
            for arc in range(nodes[u].first, nodes[u].end):
                v, link = arcs[arc, 0], arcs[arc, 1]
                if v == source or hops_left[v] < 0 or taken[link] or held_bits[link] < relay_bits or not usable[link]:
                    continue
                y = 2 * v if came_node[v] >= 0 else 2 * v + 1
                size = relax(heap, size, distance, potential, by, via, x, y, costs[link], link)
        if not closed[goal]:
            break
        for u in range(len(nodes)):
            if came_node[u] < 0:
                distance[2 * u] = distance[2 * u + 1]
        for x in range(states):
            if distance[x] < distance[goal]:
                potential[x] += distance[goal] - distance[x]
        y = goal
        while y != 2 * source + 1:
            x, link = by[y], via[y]
            if link < 0:  # went back through the node: no path enters it any more
                came_node[x >> 1] = came_link[x >> 1] = -1
            elif x & 1 == 0:  # went back over the link
                taken[link] = False
            else:
                taken[link] = True
                if y != goal:
                    came_node[y >> 1], came_link[y >> 1] = x >> 1, link
            y = x
    return paths_back(nodes, arcs, taken, came_node, came_link, source, target)


@kernel
def relax(
    heap: Records,
    size: int,
    distance: Floats,
    potential: Floats,
    by: Ints,
    via: Ints,
    x: int,
    y: int,
    cost: float,
    link: int,
) -> int:
    """See whether state y is nearer through x; the new size of the heap. Infinite costs lead nowhere."""
    reached = distance[x] + max(0.0, cost + potential[y] - potential[x])
    if reached < distance[y]:
        distance[y] = reached
        by[y] = x
        via[y] = link
        size = push(heap, size, reached, y)
    return size


@kernel
def paths_back(
    nodes: Records, arcs: Ints, taken: Bools, came_node: Ints, came_link: Ints, source: int, target: int
) -> Ints:
    """The paths that the flow makes up, each from target to source and then -1."""
    found = np.empty(2 * len(taken), np.int32)
    size = 0
    for arc in range(nodes[target].first, nodes[target].end):
        u, link = arcs[arc, 0], arcs[arc, 1]
        if not taken[link]:
            continue
        found[size] = link
        size += 1
        while u != source:
            found[size] = came_link[u]
            u = came_node[u]
            size += 1
        found[size] = -1
        size += 1
    return found[:size]
