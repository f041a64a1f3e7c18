"""What the report page says beside the tables: joined here from plan, topology and profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qkdsim.links.satellites import SatelliteLink
from qkdsim.plots import MapNode, sky_facts
from qkdsim.plots.quantities import bits_text, rate_text
from qkdsim.report import ProfileFacts, ReportFacts
from qkdsim.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qkdsim.apps import KeyDemand
    from qkdsim.devices import NamedProfile
    from qkdsim.links import QkdLink
    from qkdsim.scenario import Plan
    from qkdsim.topology import Topology

NOT_MODELLED = (
    "Single clicks and bits, unless a link is sampled: tallies of whole blocks are drawn, key bytes are not computed.",
    "Messages of key processing, unless a link is sampled: they take the profile's latency, not time on a network.",
    "Attacks but intercept-resend (faults of kind eavesdropper); a disturbance stands for what else raises the noise.",
    "Queues of messages on the classical network: they take their time, but do not wait for each other.",
    "Passive basis choice: it is treated as an active choice with the same probabilities.",
    "Systems that are not BB84: they deliver their declared rate evenly, and nothing while disturbed.",
    "Four-wave mixing, and light of classical channels reflected back in the fibre.",
)


def report_facts(plan: Plan) -> ReportFacts:
    """The words and positions for the report of a plan."""
    scenario, topology = plan.scenario.scenario, plan.topology.topology
    return ReportFacts(
        title=scenario.title,
        description=scenario.description,
        scenario=plan.scenario.name,
        duration_s=plan.duration_s,
        start=scenario.start,
        fidelity=plan.fidelity,
        seed=plan.seed,
        nodes=map_nodes(topology),
        topology=f"{topology.name}: {topology.title}",
        topology_source=topology.source,
        published=topology.published,
        approximate=topology.approximate,
        assumptions=tuple(_assumptions(plan)),
        not_modelled=NOT_MODELLED,
        profiles=tuple(_profiles(plan)),
        demand_words=tuple((demand.id, _demand_words(demand)) for demand in plan.demands),
        sky=None if plan.space is None else sky_facts(plan.space),
    )


def map_nodes(topology: Topology) -> tuple[MapNode, ...]:
    """The nodes of a topology as the map draws them."""
    return tuple(
        MapNode(node.id, node.name, node.latitude_deg, node.longitude_deg, node.kind) for node in topology.node
    )


def _assumptions(plan: Plan) -> Iterator[str]:
    from qkdsim.scenario.free_space_air import assumed_air

    yield from plan.scenario.scenario.assumption
    for link in plan.topology.topology.link:
        if link.note:
            yield f"{link.id}: {link.note}."
        if link.loss_db is None and link.kind == "fibre":
            yield f"{link.id}: loss from its length at {float(link.attenuation_db_per_km):g} dB/km, connectors added."
        if link.kind == "free-space":
            yield assumed_air(link)
    seen: set[str] = set()
    for planned in plan.links:
        if planned.qkd.profile_name not in seen and planned.qkd.assumed:
            seen.add(planned.qkd.profile_name)
            yield f"{planned.qkd.profile_name}: {', '.join(planned.qkd.assumed)}."
        if not planned.qkd.in_validity(planned.disruptions):
            yield f"{planned.qkd.id}: dead time or afterpulses are outside the range for which counts are corrected."


def _modules(qkd: QkdLink | SatelliteLink) -> tuple[NamedProfile, ...]:
    return qkd.modules if isinstance(qkd, SatelliteLink) else (qkd.transmitter, qkd.receiver)


def _profiles(plan: Plan) -> Iterator[ProfileFacts]:
    named = {one.name: one.profile for link in plan.links for one in _modules(link.qkd)}
    for name, profile in sorted(named.items()):
        identity = profile.identity
        yield ProfileFacts(name, identity.summary, identity.source, identity.fictional)


def _demand_words(demand: KeyDemand) -> str:
    from qkdsim.apps import Batches, Constant, Diurnal, OnOff

    rate_bps = demand.bits * demand.requests_per_s
    if isinstance(demand.pattern, Constant) and len(demand.pairs) == 1:
        return f"{bits_text(demand.bits)} every {format_duration(demand.intervals_s[0])} ({rate_text(rate_bps)})"
    words = f"{bits_text(demand.bits)} keys, {demand.requests_per_s:.4g} per second on average"
    match demand.pattern:
        case Constant():
            words += ", evenly"
        case Diurnal():
            words += " of the day"
        case OnOff(on_s, off_s):
            words += f", in bursts of {format_duration(on_s)} after pauses of {format_duration(off_s)}"
        case Batches(size):
            words += f", {size:,} at a time"
    return f"{words}, by {len(demand.pairs):,} pairs" if len(demand.pairs) > 1 else words
