"""Requests at rated load on the laboratory's network: the flows from which delays, losses and key bits follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qkdsim.apps import Constant, KeyDemand, Poisson, start_demand
from qkdsim.devices.key_behaviour import KeyManagerTruth
from qkdsim.evaluation.specimen.laboratory_network import ENDS, KeySource, network_of, pace_of, supply_links
from qkdsim.keystore import KeyStore
from qkdsim.network import KeyRequest
from qkdsim.network.service import ServiceClass

KEY_BITS = 256
RATED_SHARE = 0.5  # of the key rate of a link
BUDGET_S = 60.0  # a request waits no longer
_WARM_BLOCKS = 4  # that every store has seen before the first request
_SPARE = 1.05  # a Poisson number is less than its mean by more than this one time in 10^9 only


@dataclass(frozen=True, slots=True)
class KeyTraffic:
    """What became of requests, in order of arrival.

    whole     asked for a key over one way, Poisson arrivals at the rated load
    split     asked for a key over all disjoint paths, evenly among them
    settled   all of them, those included that came after as many as were wanted
    stores    those of all links afterwards
    """

    whole: tuple[KeyRequest, ...]
    split: tuple[KeyRequest, ...]
    settled: tuple[KeyRequest, ...]
    stores: tuple[KeyStore, ...]


def key_traffic(
    truth: KeyManagerTruth, source: KeySource, whole: int, split: int, generator: np.random.Generator
) -> KeyTraffic:
    """Run the network until so many keys have been asked for.

    Raises ValueError if the links give no key.
    """
    rate_bps, block_s = pace_of(source, generator)
    interval_s = KEY_BITS / (RATED_SHARE * rate_bps)
    start_s = _WARM_BLOCKS * block_s
    length_s = _SPARE * whole * interval_s
    settled: list[KeyRequest] = []
    network = network_of(truth, generator, on_settled=settled.extend)
    supply_links(network, source, start_s + length_s + BUDGET_S, generator)
    for name, service, pattern, every_s in (
        ("whole", ServiceClass("whole", latency_budget_s=BUDGET_S), Poisson(), interval_s),
        ("split", split_class(truth), Constant(), length_s / (split + 0.5)),
    ):
        demand = KeyDemand(name, service, KEY_BITS, (ENDS,), (every_s,), start_s, start_s + length_s, pattern)
        start_demand(demand, network, int(generator.integers(1 << 62)))
    network.agenda.run_to(start_s + length_s + 2.0 * BUDGET_S)
    network.close()
    stores = tuple(one.store for one in network.links)
    return KeyTraffic(_of("whole", settled)[:whole], _of("split", settled)[:split], tuple(settled), stores)


def split_class(truth: KeyManagerTruth) -> ServiceClass:
    """How the network treats keys that are split."""
    threshold = truth.threshold if truth.sharing == "shamir" else None
    return ServiceClass(
        "split",
        latency_budget_s=BUDGET_S,
        paths=truth.paths,
        threshold=truth.paths if threshold is None else threshold,
        sharing="none" if truth.paths == 1 else "shamir" if truth.sharing == "shamir" else "xor",
    )


def _of(name: str, settled: Sequence[KeyRequest]) -> tuple[KeyRequest, ...]:
    return tuple(one for one in settled if one.queue.demand == name)
