"""Small networks made by hand: key blocks of chosen length at chosen times, no light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qkdsim.keystore import KeyStore
from qkdsim.links.block import KeyBlocks
from qkdsim.network import (
    Agenda,
    Deposits,
    Incident,
    KeyNetwork,
    KeyRequest,
    NetworkLink,
    NetworkSettings,
    RequestQueue,
    Turn,
    Watermarks,
)
from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings
from qkdsim.network.service import ServiceClass
from qkdsim.units import fibre_delay_s

TAG_BITS = 128
HOP_DELAY_S = 0.001
NO_WATERMARKS = Watermarks()
CERTAIN = ClassicalSettings()


def hand_made_blocks(available_s: Sequence[float], stored_bits: Sequence[int], epsilon: float = 1e-10) -> KeyBlocks:
    """Blocks that bring `stored_bits` at `available_s` (and nothing else of interest)."""
    times = np.asarray(available_s, float)
    bits = np.asarray(stored_bits, np.int64)
    zeros, none = np.zeros(len(times)), np.zeros(len(times), np.int64)
    return KeyBlocks(
        start_s=times - 1.0,
        end_s=times,
        available_s=times,
        pulses=zeros,
        sifted_bits=4.0 * bits,
        qber=np.full(len(times), 0.02),
        phase_error_rate=np.full(len(times), 0.03),
        leak_ec_bits=zeros,
        secret_bits=bits,
        authentication_bits=none,
        pool_refill_bits=none,
        epsilon=np.full(len(times), epsilon),
        outcome=np.where(bits > 0, 0, 2),
    )


@dataclass
class HandMadeNetwork:
    """A network, its clock, and every request that was settled."""

    agenda: Agenda
    network: KeyNetwork
    settled: list[KeyRequest]
    incidents: list[Incident]

    def store(self, link: str) -> KeyStore:
        return next(one.store for one in self.network.links if one.id == link)

    def feed(self, link: str, *batches: KeyBlocks) -> Deposits:
        index = [one.id for one in self.network.links].index(link)
        return Deposits(self.network, index, iter(batches))

    def queue(self, source: str, target: str, bits: int = 256, budget_s: float = 10.0, **service: Any) -> RequestQueue:
        """A queue of its own class; its demand is called by its two ends unless `name` is given."""
        name = service.pop("name", source + target)
        return self.network.open_queue(
            name, ServiceClass(name, latency_budget_s=budget_s, **service), source, target, bits
        )

    def ask(self, queue: RequestQueue, *times_s: float) -> None:
        for at_s in times_s:
            self.agenda.at(at_s, Turn.REQUEST, lambda _: self.network.request(queue))

    def run(self, until_s: float) -> list[KeyRequest]:
        self.agenda.run_to(until_s)
        self.network.close()
        return self.settled


def new_network(
    nodes: str,
    links: dict[str, int],
    *,
    users: str = "",
    length_km: float = 0.0,
    tag_bits: int = TAG_BITS,
    hop_delay_s: float = HOP_DELAY_S,
    watermarks: Watermarks = NO_WATERMARKS,
    classical: ClassicalSettings = CERTAIN,
    losses_db: dict[str, float] | None = None,
    stores: Mapping[str, KeyStore] | None = None,
    agenda: Agenda | None = None,
    **settings: Any,
) -> HandMadeNetwork:
    """One-letter nodes; links named by their ends (`ab`, `ab2`), each with its initial key."""
    settled: list[KeyRequest] = []
    incidents: list[Incident] = []
    agenda = agenda or Agenda()
    made = [
        NetworkLink(
            name,
            (nodes.index(name[0]), nodes.index(name[1])),
            length_km,
            KeyStore(initial_bits=initial) if stores is None else stores[name],
            loss_db=(losses_db or {}).get(name, 0.0),
            watermarks=watermarks,
        )
        for name, initial in links.items()
    ]
    channels = [ClassicalLink(link.id, link.ends, fibre_delay_s(length_km)) for link in made]
    network = KeyNetwork(
        agenda,
        [(node, node not in users) for node in nodes],
        made,
        NetworkSettings(hop_tag_bits=tag_bits, hop_delay_s=hop_delay_s, **settings),
        classical=ClassicalNetwork(len(nodes), channels, classical),
        draws=np.random.default_rng(5),
        on_settled=settled.extend,
        on_incident=incidents.append,
    )
    return HandMadeNetwork(agenda, network, settled, incidents)
