"""From a plan to the network that runs: links with their stores, classical network, routing, control."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from qkdsim import rng
from qkdsim.errors import Problem, shown
from qkdsim.keystore import KeyStore
from qkdsim.network import Agenda, Incident, KeyNetwork, KeyRequest, NetworkLink, NetworkSettings
from qkdsim.network.classical import ClassicalNetwork
from qkdsim.scenario.classical_settings import classical_links
from qkdsim.scenario.model import Scenario
from qkdsim.scenario.plan import Plan
from qkdsim.scenario.stores import LinkSettings
from qkdsim.topology import Topology


def network_settings(scenario: Scenario, topology: Topology) -> NetworkSettings:
    """Relay, routing and control as a scenario states them."""
    store, routing = scenario.store, scenario.routing
    names = [node.id for node in topology.node]
    return NetworkSettings(
        hop_tag_bits=round(store.hop_tag_bits),
        hop_delay_s=float(store.hop_delay_s),
        relay_reserve_bits=round(store.relay_reserve_bits),
        policy=routing.policy,
        control=routing.control,
        controller=names.index(routing.controller) if routing.controller in names else None,
        update_interval_s=routing.update_interval,
        flooding_delay_s=float(routing.flooding_delay_s),
        max_attempts=routing.max_attempts,
        patience_s=routing.patience,
        key_lifetime_s=store.key_lifetime,
    )


def routing_problems(source: str, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    """What does not fit between the routing of a scenario and its topology and stores."""
    routing = scenario.routing
    names = [node.id for node in topology.node]
    if routing.controller is not None and routing.controller not in names:
        yield Problem(source, "routing.controller", shown(routing.controller), "the id of a node of the topology")
    if routing.control != "central":
        for index, fault in enumerate(scenario.fault):
            if fault.kind == "controller-lost":
                expected = "routing.control = 'central' with a controller that can be lost"
                yield Problem(source, f"fault[{index}].kind", shown(fault.kind), expected)
    marks = [scenario.store.of(one).watermarks.high_bits for one in (LinkSettings(id=""), *scenario.link)]
    if routing.policy == "key-aware" and not any(marks):
        expected = "above 0 for policy 'key-aware': stores below it count as short of key"
        yield Problem(source, "store.high_watermark_bits", "0", expected)


def key_network(
    plan: Plan,
    on_settled: Callable[[Sequence[KeyRequest]], None],
    on_incident: Callable[[Incident], None],
) -> KeyNetwork:
    """The network of a plan at time 0, its outages announced."""
    scenario, topology = plan.scenario.scenario, plan.topology.topology
    index = {node.id: number for number, node in enumerate(topology.node)}
    links = [
        NetworkLink(
            link.qkd.id,
            (index[link.ends[0]], index[link.ends[1]]),
            link.qkd.length_km,
            KeyStore(initial_bits=link.store.initial_bits, capacity_bits=link.store.capacity_bits),
            loss_db=link.qkd.loss_db or 0.0,
            watermarks=link.store.watermarks,
        )
        for link in plan.links
    ]
    channels = classical_links(topology, scenario.classical)
    network = KeyNetwork(
        Agenda(),
        [(node.id, node.may_relay) for node in topology.node],
        links,
        plan.network,
        classical=ClassicalNetwork(len(index), channels, scenario.classical.settings()),
        draws=rng.stream(plan.seed, "messages"),
        on_settled=on_settled,
        on_incident=on_incident,
    )
    network.announce(plan.outages)
    return network
