"""The classical network of a run: settings as a scenario file states them, links as the topology has them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydantic import Field, StrictBool, StrictInt

from qkdsim import library, units
from qkdsim.devices.quantity import NonNegative, Positive, ProperProbability, Quantity
from qkdsim.network.classical import ClassicalLink, ClassicalSettings
from qkdsim.topology import Link, Node, Topology
from qkdsim.topology.geography import great_circle_km


class ClassicalTable(library.FileModel):
    """The classical network, over which nodes and controller talk; its links are those of the topology.

    A message is lost on a link with `loss_probability` and sent again over it after `retransmit_timeout_s`, at most
    `max_retransmissions` times. `jitter_s` is the mean of an exponential delay on each link.
    """

    jitter_s: NonNegative = Quantity(0.0)
    loss_probability: ProperProbability = Quantity(0.0)
    retransmit_timeout_s: Positive = Quantity(0.2)
    max_retransmissions: StrictInt = Field(default=5, ge=0, le=1000)
    forwarding_delay_s: NonNegative = Quantity(0.0)  # in each node that passes a message on
    bandwidth_bps: Positive | None = None  # of links that state none; unlimited when left out
    message_bits: NonNegative = Quantity(4096.0)  # of a control message
    shares_fibre: StrictBool = False  # whether a cut fibre takes the classical link beside it

    def settings(self) -> ClassicalSettings:
        """The same for the network."""
        return ClassicalSettings(
            jitter_s=float(self.jitter_s),
            loss_probability=float(self.loss_probability),
            retransmit_timeout_s=float(self.retransmit_timeout_s),
            max_retransmissions=self.max_retransmissions,
            forwarding_delay_s=float(self.forwarding_delay_s),
            message_bits=float(self.message_bits),
        )


def classical_links(topology: Topology, table: ClassicalTable) -> tuple[ClassicalLink, ...]:
    """The classical links of a topology; without own ones, one of the same id beside each QKD link.

    Beside a pair of stations that satellites join runs a fibre along the great circle.
    """
    number = {node.id: index for index, node in enumerate(topology.node)}
    usual_bps = math.inf if table.bandwidth_bps is None else float(table.bandwidth_bps)
    if topology.classical_link:
        return tuple(
            ClassicalLink(
                one.id,
                (number[one.ends[0]], number[one.ends[1]]),
                one.propagation_s,
                usual_bps if one.bandwidth_bps is None else float(one.bandwidth_bps),
            )
            for one in topology.classical_link
        )
    return tuple(
        ClassicalLink(link.id, (number[link.ends[0]], number[link.ends[1]]), delay_s, usual_bps)
        for link, delay_s in _beside(topology)
    )


def _beside(topology: Topology) -> Iterator[tuple[Link, float]]:
    nodes = {node.id: node for node in topology.node}
    for link in topology.link:
        length_km = _straight_km(*(nodes[end] for end in link.ends)) if link.length_km is None else link.length_km
        yield link, units.fibre_delay_s(float(length_km))


def _straight_km(a: Node, b: Node) -> float:
    """Along the great circle; nodes without a place are side by side."""
    if None in (a.latitude_deg, a.longitude_deg, b.latitude_deg, b.longitude_deg):
        return 0.0
    return great_circle_km(*((one.latitude_deg or 0.0, one.longitude_deg or 0.0) for one in (a, b)))
