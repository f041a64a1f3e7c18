"""What a run comes to: the table of links, the table of faults, and the headline figures."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qkdsim.apps import KeyDemand, RunningDemand, StoredObject
from qkdsim.keystore import KeyStore
from qkdsim.links.satellites import SatelliteLink
from qkdsim.network.messages import MessageCounts
from qkdsim.results.folder import RUN_MANIFEST_FORMAT
from qkdsim.scenario.outage_rows import NO_CLASSICAL_PATH, outage_rows
from qkdsim.scenario.plan import Plan, PlannedLink, package_version
from qkdsim.scenario.record import LinkTotals
from qkdsim.scenario.space_faults import space_fault_rows
from qkdsim.version import __version__

if TYPE_CHECKING:
    from qkdsim.sessions import SessionPlan

RUN_FORMAT = "run/1"
_PACKAGES = ("numpy", "scipy", "simpy", "networkx", "pydantic", "polars")
_TABLE_ONLY = {  # columns of the table of links that the headline figures leave out
    *("from", "to", "protocol", "authentication_bits", "stored_bits", "destroyed_bits", "expired_bits"),
    *("delivered_bits", "relayed_bits", "relay_tag_bits"),
    *("published_secret_key_rate_bps", "published_qber"),
}


def link_rows(plan: Plan, totals: Sequence[LinkTotals], stores: Sequence[KeyStore]) -> list[dict[str, Any]]:
    """One row per link, in file order; None where a figure does not exist."""
    rows = zip(plan.links, totals, stores, strict=True)
    return [_link_row(link, total, store, plan.duration_s) for link, total, store in rows]


def _link_row(link: PlannedLink, total: LinkTotals, store: KeyStore, duration_s: float) -> dict[str, Any]:
    qkd, published = link.qkd, link.published
    rate = None if published is None else published.secret_key_rate_bps
    qber = None if published is None else published.qber
    return {
        "id": qkd.id,
        "from": link.ends[0],
        "to": link.ends[1],
        "profile": qkd.profile_name,
        "protocol": qkd.protocol,
        "fidelity": qkd.fidelity,
        "length_km": None if qkd.length_km is None else float(qkd.length_km),
        "loss_db": None if qkd.loss_db is None else float(qkd.loss_db),
        "qber": _or_none(total.qber),
        "sifted_bits": _or_none(total.sifted_bits),
        "secret_bits": total.secret_bits,
        "authentication_bits": total.authentication_bits,
        "stored_bits": store.deposited_bits - link.store.initial_bits,
        "destroyed_bits": store.destroyed_bits,
        "expired_bits": store.expired_bits,
        "delivered_bits": store.delivered_bits,
        "relayed_bits": store.relayed_bits,
        "relay_tag_bits": store.authentication_bits,
        "secret_key_rate_bps": total.secret_bits / duration_s,
        "blocks": total.blocks,
        "aborted_blocks": total.aborted_blocks,
        "keyless_blocks": total.keyless_blocks,
        "stopped_s": _or_none(total.stopped_s),
        "epsilon": _or_none(total.epsilon),
        "bounds": qkd.bounds,
        "covered_by_proof": qkd.coverage.covered,
        "in_validity": qkd.in_validity(link.disruptions),
        "coverage": str(qkd.coverage),
        "published_secret_key_rate_bps": None if rate is None else float(rate),
        "published_qber": None if qber is None else float(qber),
    }


def fault_rows(plan: Plan, totals: Sequence[LinkTotals]) -> list[dict[str, Any]]:
    """One row per link that a fault hits, in order of start; a link that has stopped for good is never live again."""
    rows = [
        {
            "kind": NO_CLASSICAL_PATH if disruption.kind == "classical-cut" else disruption.kind,
            "on": "link",
            "target": link.qkd.id,
            "start_s": disruption.start_s,
            "end_s": disruption.end_s,
            "live_again_s": None if total.stopped_s <= (live_s := link.live_again_s(disruption)) else live_s,
        }
        for link, total in zip(plan.links, totals, strict=True)
        for disruption in link.disruptions
    ]
    rows += outage_rows(plan.outages) + space_fault_rows(plan.space)
    return sorted(rows, key=lambda row: float(str(row["start_s"])))


def node_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row per node, in file order."""
    return [
        {
            "id": node.id,
            "label": node.name,
            "kind": node.kind,
            "latitude_deg": None if node.latitude_deg is None else float(node.latitude_deg),
            "longitude_deg": None if node.longitude_deg is None else float(node.longitude_deg),
        }
        for node in plan.topology.topology.node
    ]


def pass_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row per pass of a satellite over a ground station, by time of rise."""
    return [] if plan.space is None else [asdict(one) for one in plan.space.passes]


def announcement_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row per announcement of a satellite, link by link and by time."""
    return [
        {
            "link": link.qkd.id,
            "index": index,
            "time_s": one.time_s,
            "satellite": one.satellite,
            "bits": one.bits,
            "on_board_s": one.on_board_s,
            "epsilon": one.epsilon,
        }
        for link in plan.links
        if isinstance(link.qkd, SatelliteLink)
        for index, one in enumerate(link.qkd.announcements)
    ]


def message_rows(counts: MessageCounts) -> list[dict[str, Any]]:
    """One row per kind of message."""
    return [
        {
            "kind": kind.name,
            "from_layer": kind.sender,
            "to_layer": kind.receiver,
            "reference_point": kind.reference_point,
            "messages": count,
        }
        for kind, count in counts.by_kind()
    ]


def columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows turned into columns."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def summary(plan: Plan, rows: Sequence[Mapping[str, Any]], demands: Sequence[RunningDemand]) -> dict[str, Any]:
    """The headline figures of a run, per link, demand and service class."""
    return {
        "format": RUN_FORMAT,
        "scenario": plan.scenario.name,
        "seed": plan.seed,
        "fidelity": plan.fidelity,
        "duration_s": plan.duration_s,
        "links": [{key: value for key, value in row.items() if key not in _TABLE_ONLY} for row in rows],
        "demands": [_demand_row(one) for one in demands],
        "classes": _classes([*(one.demand for one in demands), *plan.objects, *plan.sessions]),
    }


def _demand_row(running: RunningDemand) -> dict[str, Any]:
    """One demand; its two ends where it is a single pair."""
    demand = running.demand
    source, target = demand.pairs[0] if len(demand.pairs) == 1 else (None, None)
    return {
        "id": demand.id,
        "class": demand.service.name,
        "from": source,
        "to": target,
        "pairs": len(demand.pairs),
        "requested_bits": running.requested * demand.bits,
        "served_bits": running.served * demand.bits,
        "served_fraction": running.served / running.requested if running.requested else None,
        "blocked": running.blocked,
        "lost": running.lost,
        "mean_delay_s": running.total_delay_s / running.served if running.served else None,
    }


def _classes(demands: Sequence[KeyDemand | StoredObject | SessionPlan]) -> list[dict[str, Any]]:
    """The service classes of a run: what is needed to judge its keys."""
    services = {demand.service.name: demand.service for demand in demands}
    return [
        {
            "name": one.name,
            "priority": one.priority,
            "latency_budget_s": one.latency_budget_s,
            "paths": one.paths,
            "threshold": one.threshold,
            "sharing": "single" if one.sharing == "none" else one.sharing,
        }
        for one in services.values()
    ]


def manifest(plan: Plan, name: str) -> dict[str, Any]:
    """What a run was made from, so that it can be repeated: hashes of the files, seed, versions."""
    return {
        "format": RUN_MANIFEST_FORMAT,
        "run": name,
        "scenario": {"name": plan.scenario.name, "sha256": plan.scenario.sha256},
        "topology": {"name": plan.topology.topology.name, "sha256": plan.topology.sha256},
        "profiles": [{"name": profile, "sha256": sha256} for profile, sha256 in plan.profiles],
        "tables": [{"name": table, "sha256": sha256} for table, sha256 in plan.tables],
        "seed": plan.seed,
        "fidelity": plan.fidelity,
        "duration_s": plan.duration_s,
        "versions": {
            "qkdsim": __version__,
            "python": platform.python_version(),
            **{package: package_version(package) for package in _PACKAGES},
        },
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
