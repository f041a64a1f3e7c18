"""Settled requests and their hops as columns of result tables."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from qkdsim.network import KeyRequest
from qkdsim.network.request import RequestQueue
from qkdsim.network.route import Route
from qkdsim.results.frames import Coded, Values

# read in one pass: requests lie scattered in memory, and each further pass would fetch all of them once more
_READ = attrgetter(
    *("index", "queue", "arrival_s", "outcome", "cause", "delay_s", "attempts", "routes", "consumed_bits", "epsilon")
)


def request_columns(settled: Sequence[KeyRequest]) -> dict[str, Values]:
    """Columns of the table `requests`, for at least one request."""
    index, queue, arrival_s, outcome, cause, delay_s, attempts, taken, consumed_bits, epsilon = zip(
        *map(_READ, settled), strict=True
    )
    served = [one == "served" for one in outcome]
    queues: dict[RequestQueue, int] = {}
    routes: dict[tuple[Route, ...], int] = {}
    asked_in = np.array([queues.setdefault(one, len(queues)) for one in queue])
    went = np.array(
        [routes.setdefault(one if done else (), len(routes)) for one, done in zip(taken, served, strict=True)]
    )
    return {
        "index": index,
        "demand": Coded([one.demand for one in queues], asked_in),
        "class": Coded([one.service.name for one in queues], asked_in),
        "priority": np.array([one.service.priority for one in queues])[asked_in],
        "from": Coded([one.ends[0] for one in queues], asked_in),
        "to": Coded([one.ends[1] for one in queues], asked_in),
        "arrival_s": arrival_s,
        "bits": np.array([one.bits for one in queues])[asked_in],
        "outcome": outcome,
        "cause": cause,
        "delay_s": delay_s,
        "attempts": attempts,
        "paths": np.array([len(ways) for ways in routes])[went],
        "hops": np.array([sum(way.hops for way in ways) for ways in routes])[went],
        "path": Coded(["|".join(way.path for way in ways) for ways in routes], went),
        "consumed_bits": consumed_bits,
        "epsilon": np.where(served, epsilon, np.nan),
    }


def relay_columns(sent: Sequence[KeyRequest], links: Sequence[str], tag_bits: int) -> dict[str, Values]:
    """Columns of the table `relays`: one row per hop of each path of a request that took more than one link.

    Lost requests used key, too. There are no columns if no key was relayed.
    """
    relayed = [
        (request.index, number, request.served_s, request.queue.bits, route)
        for request in sent
        if request.hops > 1
        for number, route in enumerate(request.routes)
    ]
    if not relayed:
        return {}
    hops = np.array([route.hops for *_, route in relayed])
    starts = np.repeat(np.cumsum(hops) - hops, hops)
    crossed = np.concatenate([route.link_array for *_, route in relayed])
    start_s = np.concatenate([route.hop_start_s for *_, route in relayed])
    return {
        "request": np.repeat([index for index, *_ in relayed], hops),
        "path": np.repeat([number for _, number, *_ in relayed], hops),
        "hop": np.arange(len(crossed)) - starts,
        "link": Coded(links, crossed),
        "time_s": np.repeat([served_s for _, _, served_s, *_ in relayed], hops) + start_s,
        "key_bits": np.repeat([bits for _, _, _, bits, _ in relayed], hops),
        "tag_bits": np.repeat(np.where(hops > 1, tag_bits, 0), hops),
    }
