"""Real key bits on the flows of the laboratory's network: what stores give, hops encrypt and both ends receive.

The network accounts for key in numbers of bits, oldest first. So each request's place in every store on its way is
known, and with it which bits were its key, its pads and the pads of its tags. A key manager that misbehaves looks
elsewhere: it gives a stretch out twice, encrypts with the pad before, or has a bit that the other end has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.devices.key_behaviour import KeyManagerTruth
from qkdsim.evaluation.specimen.key_bench import Keys
from qkdsim.evaluation.specimen.key_traffic import KEY_BITS, KeyTraffic
from qkdsim.evaluation.specimen.laboratory_network import TAG_BITS
from qkdsim.network import KeyRequest

KEY_BYTES, TAG_BYTES = KEY_BITS // 8, TAG_BITS // 8
DUMP_BYTES = 1 << 14  # of what each store still holds, in a dump of its memory

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DeliveredBits:
    """Keys of the requests for one way that were served, in order of arrival, shape (keys, bytes).

    first, second  at the two ends
    sent           the relay messages of the last hop: key under the pad
    tag_pads       of these messages, shape (keys, TAG_BYTES)
    memory         what a dump of all stores holds afterwards
    given_again    keys that left no store, since they had left it before
    """

    first: Keys = field(repr=False)
    second: Keys = field(repr=False)
    sent: Keys = field(repr=False)
    tag_pads: Keys = field(repr=False)
    memory: bytes = field(repr=False)
    given_again: int


def delivered_bits(truth: KeyManagerTruth, traffic: KeyTraffic, generator: np.random.Generator) -> DeliveredBits:
    """Give every link its bits, and every served request its own."""
    served = [one for one in traffic.whole if one.outcome == "served"]
    links, places, ends = places_of(traffic.settled, served)
    starts = np.concatenate([[0], np.cumsum(ends + DUMP_BYTES)])
    store = generator.integers(0, 256, int(starts[-1]), dtype=np.uint8)
    places = places + starts[links]
    given_again = _set_back(places[:, 0], links[:, 0], generator.random(len(served)) < truth.repeated_share)
    _set_back(places[:, -1], links[:, -1], generator.random(len(served)) < truth.pad_reuse_share)
    first = _read(store, places[:, 0], KEY_BYTES)
    pads = _read(store, places[:, -1], KEY_BYTES)
    sent = first ^ pads
    received = pads.copy()
    received[generator.random(len(served)) < truth.unequal_share, 0] ^= 1  # the far end of the store differs in a bit
    kept = first[generator.random(len(served)) < truth.kept_share]
    held = [store[start + end : start + end + DUMP_BYTES] for start, end in zip(starts[:-1], ends, strict=True)]
    memory = b"".join([*(one.tobytes() for one in held), kept.tobytes()])
    tag_pads = _read(store, places[:, -1] + KEY_BYTES, TAG_BYTES)
    return DeliveredBits(first, sent ^ received, sent, tag_pads, memory, given_again)


def places_of(settled: Sequence[KeyRequest], served: Sequence[KeyRequest]) -> tuple[Places, Places, Places]:
    """Links of first and last hop of the served requests, where in their stores the bits begin; what each link gave.

    In bytes; shapes (served, 2), (served, 2), (links,). Key is set aside in the order in which routes were found, on
    all hops at once.
    """
    taken = sorted((one for one in settled if one.routes), key=lambda one: (one.served_s, one.index))
    hops = [
        (one.index, link, KEY_BYTES + (TAG_BYTES if route.hops > 1 else 0))
        for one in taken
        for route in one.routes
        for link in route.links
    ]
    index, link, size = np.array(hops, dtype=np.int64).reshape(-1, 3).T
    order = np.argsort(link, kind="stable")
    ends = np.cumsum(size[order])
    count = int(link.max(initial=-1)) + 1
    per_link = np.bincount(link, weights=size, minlength=count).astype(np.int64)
    begin = np.empty_like(size)
    begin[order] = ends - size[order] - (np.cumsum(per_link) - per_link)[link[order]]
    wanted = np.array([one.index for one in served], dtype=np.int64)
    by_request = np.argsort(index, kind="stable")
    low = np.searchsorted(index[by_request], wanted, side="left")
    high = np.searchsorted(index[by_request], wanted, side="right") - 1
    rows = np.stack([by_request[low], by_request[high]], axis=1) if len(wanted) else np.empty((0, 2), dtype=np.int64)
    return link[rows], begin[rows], per_link


def _set_back(places: Places, links: Places, late: NDArray[np.bool_]) -> int:
    """A store that forgets to move on gives the stretch of the request before on the same link; how often."""
    before: dict[int, int] = {}
    again = 0
    for number in range(len(places)) if late.any() else ():
        link = int(links[number])
        if late[number] and link in before:
            places[number] = before[link]
            again += 1
        before[link] = int(places[number])
    return again


def _read(store: Keys, places: Places, size: int) -> Keys:
    found: Keys = store[places[:, None] + np.arange(size)]
    return found
