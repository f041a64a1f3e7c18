"""Made-up but likely runs: a day of a network like Tokyo's, one link, and a network of many nodes.

Nothing here is simulated physics: rates are given, stores are book-kept second by second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from qkdsim.links import OUTCOMES
from qkdsim.plots import MapNode
from qkdsim.report import ProfileFacts, ReportFacts
from qkdsim.results import MemorySink, RunResult

NO_PROOF = "not covered by proof: dead times of the detectors are independent and not blanked"


@dataclass(frozen=True)
class FakeLink:
    id: str
    ends: tuple[str, str]
    rate_bps: float
    qber: float | None
    block_s: float
    length_km: float = 20.0
    loss_db: float = 5.0
    protocol: str = "bb84-decoy"
    initial_bits: int = 0
    published_bps: float | None = None
    published_qber: float | None = None
    coverage: str = "covered by proof"


@dataclass(frozen=True)
class FakeDemand:
    id: str
    ends: tuple[str, str]
    bits: int
    interval_s: float
    link: str
    path: str = ""


@dataclass(frozen=True)
class FakeFault:
    kind: str
    link: str
    start_s: float
    end_s: float
    live_again_s: float


@dataclass
class FakeRun:
    nodes: list[MapNode]
    links: list[FakeLink]
    demands: list[FakeDemand] = field(default_factory=list)
    faults: list[FakeFault] = field(default_factory=list)
    duration_s: float = 86_400.0
    title: str = "A day on a network"
    seed: int = 7

    def result(self) -> RunResult:
        """The tables of this run, in memory."""
        sink = MemorySink()
        random = np.random.default_rng(self.seed)
        made = {link.id: self._blocks(link, random) for link in self.links}
        for blocks in made.values():
            if len(blocks["start_s"]):
                sink.append("blocks", blocks)
        first = 0
        spent = {link.id: np.zeros(int(self.duration_s) + 1) for link in self.links}
        demands = []
        for demand in self.demands:
            rows = self._requests(demand, made[demand.link], spent[demand.link], first)
            first += len(rows["index"])
            sink.append("requests", rows)
            demands.append(demand_summary(demand, rows))
        for link in self.links:
            sink.append("stores", self._stores(link, made[link.id], spent[link.id]))
        links = [self._link_row(link, made[link.id]) for link in self.links]
        sink.append("links", {name: [row[name] for row in links] for name in links[0]})
        if self.faults:
            names = ("kind", "start_s", "end_s", "live_again_s")
            rows = {name: [getattr(fault, name) for fault in self.faults] for name in names}
            sink.append(
                "faults", {**rows, "on": ["link"] * len(self.faults), "target": [one.link for one in self.faults]}
            )
        summary = {
            "format": "run/1",
            "scenario": "synthetic",
            "seed": self.seed,
            "fidelity": "tallied",
            "duration_s": self.duration_s,
            "links": [{key: row[key] for key in row if key not in {"from", "to"}} for row in links],
            "demands": demands,
            "classes": [class_summary(one) for one in self.demands],
        }
        return sink.result(summary, {"format": "manifest/1", "scenario": {"sha256": "ab" * 32}, "seed": self.seed})

    def _rate_bps(self, link: FakeLink, time_s: np.ndarray) -> np.ndarray:
        rate = np.full(len(time_s), link.rate_bps)
        for fault in self.faults:
            if fault.link == link.id:
                rate[(time_s >= fault.start_s) & (time_s < fault.live_again_s)] = 0.0
        return rate

    def _blocks(self, link: FakeLink, random: np.random.Generator) -> dict[str, Any]:
        start = np.arange(0.0, self.duration_s - link.block_s, link.block_s)
        count = len(start)
        faulty = (self._rate_bps(link, start) == 0) | (self._rate_bps(link, start + link.block_s) == 0)
        noise = random.normal(1.0, 0.02, count)
        secret = np.where(faulty, 0, link.rate_bps * link.block_s * noise).astype(np.int64)
        qber = np.full(count, np.nan) if link.qber is None else link.qber * random.normal(1.0, 0.03, count)
        outcome = OUTCOMES[2 if link.rate_bps == 0 else 1]
        return {
            "link": [link.id] * count,
            "index": np.arange(count),
            "start_s": start,
            "end_s": start + link.block_s,
            "available_s": start + link.block_s + 1.0,
            "pulses": np.full(count, 1e9 * link.block_s),
            "sifted_bits": np.full(count, 3.0 * link.rate_bps * link.block_s),
            "qber": np.where(faulty, 0.12, qber),
            "phase_error_rate": qber * 1.4,
            "leak_ec_bits": np.full(count, 0.4 * link.rate_bps * link.block_s),
            "secret_bits": secret,
            "authentication_bits": np.full(count, 256),
            "pool_refill_bits": np.where(secret > 0, 256, 0),
            "epsilon": np.where(secret > 0, 1e-10, 0.0),
            "outcome": [OUTCOMES[0] if bits > 0 else outcome for bits in secret],
        }

    def _requests(self, demand: FakeDemand, blocks: dict[str, Any], spent: np.ndarray, first: int) -> dict[str, Any]:
        link = next(one for one in self.links if one.id == demand.link)
        arrival = np.arange(0.0, self.duration_s, demand.interval_s)
        income = np.zeros(int(self.duration_s) + 1)
        np.add.at(income, np.minimum(blocks["available_s"], self.duration_s).astype(int), blocks["secret_bits"])
        level, second = float(link.initial_bits), -1
        served = np.zeros(len(arrival), dtype=bool)
        for index, at in enumerate(arrival.astype(int)):
            level += income[second + 1 : at + 1].sum() - spent[second + 1 : at + 1].sum()
            second = at
            if level >= demand.bits:
                served[index], level = True, level - demand.bits
        np.add.at(spent, arrival.astype(int)[served], demand.bits)
        path = demand.path or ">".join(demand.ends)
        return {
            "index": np.arange(first, first + len(arrival)),
            "demand": [demand.id] * len(arrival),
            "class": [demand.id] * len(arrival),
            "priority": np.zeros(len(arrival), dtype=np.int64),
            "from": [demand.ends[0]] * len(arrival),
            "to": [demand.ends[1]] * len(arrival),
            "arrival_s": arrival,
            "bits": np.full(len(arrival), demand.bits),
            "outcome": ["served" if one else "blocked" for one in served],
            "delay_s": np.where(served, 0.002, np.nan),
            "cause": ["" if one else "no key in time" for one in served],
            "attempts": np.ones(len(arrival), dtype=np.int64),
            "paths": np.where(served, 1, 0),
            "hops": np.where(served, path.count(">"), 0),
            "consumed_bits": np.where(served, demand.bits * path.count(">"), 0),
            "path": [path if one else "" for one in served],
            "epsilon": np.where(served, 1e-10, np.nan),
        }

    def _stores(self, link: FakeLink, blocks: dict[str, Any], spent: np.ndarray) -> dict[str, Any]:
        grid = np.linspace(0.0, self.duration_s, 1441)
        made = np.concatenate([[0], np.cumsum(blocks["secret_bits"])])[np.searchsorted(blocks["available_s"], grid)]
        level = link.initial_bits + made - np.cumsum(spent)[grid.astype(int)]
        return {"time_s": grid, "link": [link.id] * len(grid), "stored_bits": np.maximum(level, 0).astype(np.int64)}

    def _link_row(self, link: FakeLink, blocks: dict[str, Any]) -> dict[str, Any]:
        secret = int(blocks["secret_bits"].sum())
        return {
            "id": link.id,
            "from": link.ends[0],
            "to": link.ends[1],
            "profile": "tokyo-2010-like",
            "protocol": link.protocol,
            "fidelity": "tallied" if link.qber is not None else "declared",
            "length_km": link.length_km,
            "loss_db": link.loss_db,
            "qber": link.qber,
            "sifted_bits": float(np.sum(blocks["sifted_bits"])) if link.qber is not None else None,
            "secret_bits": secret,
            "authentication_bits": int(blocks["authentication_bits"].sum()),
            "stored_bits": secret - int(blocks["pool_refill_bits"].sum()),
            "destroyed_bits": 0,
            "expired_bits": 0,
            "delivered_bits": 0,
            "relayed_bits": 0,
            "relay_tag_bits": 0,
            "secret_key_rate_bps": secret / self.duration_s,
            "blocks": len(blocks["start_s"]),
            "aborted_blocks": blocks["outcome"].count(OUTCOMES[1]),
            "keyless_blocks": sum(one != OUTCOMES[0] for one in blocks["outcome"]),
            "stopped_s": None,
            "epsilon": float(blocks["epsilon"].sum()),
            "bounds": "lim-2014, chernoff, gamma",
            "covered_by_proof": link.coverage == "covered by proof",
            "in_validity": True,
            "coverage": link.coverage,
            "published_secret_key_rate_bps": link.published_bps,
            "published_qber": link.published_qber,
        }

    def facts(self, **changes: Any) -> ReportFacts:
        """What the report needs beside the tables."""
        given: dict[str, Any] = {
            "title": self.title,
            "description": "A made-up day, to see whether the page can be read.",
            "scenario": "synthetic",
            "duration_s": self.duration_s,
            "start": datetime(2010, 10, 14, tzinfo=UTC),
            "fidelity": "tallied",
            "seed": self.seed,
            "topology": "synthetic",
            "topology_source": "nobody (2026)",
            "published": "Lengths, losses and rates.",
            "approximate": "Positions are those of the sites.",
            "nodes": tuple(self.nodes),
            "assumptions": (
                "Initial store of 400 Mbit on koganei-2--otemachi-2.",
                "Attenuation 0.2 dB/km where no loss is given.",
            ),
            "not_modelled": ("Errors of classical routers.", "Side channels of the devices."),
            "profiles": (ProfileFacts("tokyo-2010-like", "decoy BB84 at 1 GHz", "nobody (2026)", fictional=True),),
            "demand_words": tuple((one.id, f"{one.bits} bit every {one.interval_s:g} s") for one in self.demands),
        }
        return ReportFacts(**{**given, **changes})


def demand_summary(demand: FakeDemand, rows: dict[str, Any]) -> dict[str, Any]:
    served = np.array(rows["outcome"]) == "served"
    asked, given = int(rows["bits"].sum()), int(rows["bits"][served].sum())
    return {
        "id": demand.id,
        "from": demand.ends[0],
        "to": demand.ends[1],
        "requested_bits": asked,
        "served_bits": given,
        "served_fraction": given / asked,
        "class": demand.id,
        "pairs": 1,
        "blocked": int((~served).sum()),
        "lost": 0,
        "mean_delay_s": 0.002 if served.any() else None,
    }


def class_summary(demand: FakeDemand) -> dict[str, Any]:
    return {
        "name": demand.id,
        "priority": 0,
        "latency_budget_s": 1.0,
        "paths": 1,
        "threshold": 1,
        "sharing": "single",
    }


TOKYO_NODES = [
    MapNode("koganei-1", "Koganei-1", 35.7105, 139.488),
    MapNode("koganei-2", "Koganei-2", 35.7106, 139.4884),
    MapNode("koganei-3", "Koganei-3", 35.711, 139.489),
    MapNode("otemachi-1", "Otemachi-1", 35.686, 139.764),
    MapNode("otemachi-2", "Otemachi-2", 35.6862, 139.7644),
    MapNode("hongo", "Hongo", 35.7128, 139.762),
]


def tokyo(block_s: float = 5.0) -> FakeRun:
    """Six links like those of 2010, a disturbance on the best of them, and a video that needs it."""

    def link(
        one: str, two: str, rate: float, qber: float | None, block: float, km: float, db: float, **more: Any
    ) -> FakeLink:
        return FakeLink(f"{one}--{two}", (one, two), rate, qber, block, km, db, **more)

    links = [
        link(
            "koganei-1",
            "otemachi-1",
            79_200.0,
            0.026,
            2 * block_s,
            45,
            14.5,
            published_bps=81_700,
            published_qber=0.027,
            coverage=NO_PROOF,
        ),
        link(
            "koganei-1",
            "koganei-2",
            2_210.0,
            0.023,
            600,
            90,
            27,
            protocol="dps",
            published_bps=2_100,
            published_qber=0.023,
        ),
        link("otemachi-1", "otemachi-2", 1_420.0, 0.047, 1700, 24, 13, published_bps=2_000, published_qber=0.045),
        link("koganei-3", "koganei-2", 0.0, 0.09, 3600, 1, 1, protocol="bbm92"),
        link(
            "koganei-2",
            "otemachi-2",
            301_000.0,
            0.036,
            block_s,
            45,
            14.5,
            published_bps=304_000,
            published_qber=0.038,
            initial_bits=50_000_000,
            coverage=NO_PROOF,
        ),
        link("otemachi-2", "hongo", 410.0, None, 900, 13, 11, protocol="sarg04", published_bps=410),
    ]
    demands = [
        FakeDemand("video", ("koganei-2", "otemachi-2"), 128_000, 1.0, "koganei-2--otemachi-2"),
        FakeDemand("rekeying-hongo", ("otemachi-2", "hongo"), 256, 60.0, "otemachi-2--hongo"),
        FakeDemand(
            "archive",
            ("koganei-1", "hongo"),
            1_000_000,
            600.0,
            "otemachi-1--otemachi-2",
            "koganei-1>otemachi-1>otemachi-2>hongo",
        ),
    ]
    faults = [
        FakeFault("disturbance", "koganei-2--otemachi-2", 21_600, 25_200, 25_500),
        FakeFault("cut", "koganei-1--otemachi-1", 50_400, 54_000, 54_900),
        FakeFault("off", "otemachi-2--hongo", 79_000, 82_800, 86_000),
    ]
    return FakeRun(TOKYO_NODES, links, demands, faults, title="A day on the Tokyo QKD network <made up> & more")


def one_link() -> FakeRun:
    """Two nodes without coordinates, no demand, no fault."""
    nodes = [MapNode("a", "A"), MapNode("b", "B")]
    return FakeRun(nodes, [FakeLink("a--b", ("a", "b"), 1234.0, 0.02, 60.0)], duration_s=3600.0, title="One link")


def many_nodes(count: int = 35) -> FakeRun:
    """A chain of `count` nodes that winds through a city, with a few chords."""
    random = np.random.default_rng(3)
    turn = np.linspace(0, 5.5, count)
    latitude = 39.9 + 0.08 * np.sin(turn) * (1 + 0.1 * turn) + random.normal(0, 0.006, count)
    longitude = 116.4 + 0.11 * np.cos(turn) * (1 + 0.1 * turn) + random.normal(0, 0.006, count)
    nodes = [MapNode(f"n{i}", f"Node {i}", float(latitude[i]), float(longitude[i])) for i in range(count)]
    pairs = [*((i, i + 1) for i in range(count - 1)), (0, 10), (5, 20), (12, 30)]
    links = [
        FakeLink(f"n{a}--n{b}", (f"n{a}", f"n{b}"), float(10 ** random.uniform(2, 5)) * (a != 7), 0.03, 600.0)
        for a, b in pairs
    ]
    demands = [
        FakeDemand(f"demand-{i}", (f"n{i}", f"n{i + 1}"), 40_000 * (i + 1), 60.0, f"n{i}--n{i + 1}") for i in range(20)
    ]
    faults = [
        FakeFault("cut", f"n{i}--n{i + 1}", 3000.0 * i, 3000.0 * i + 4000, 3000.0 * i + 5000) for i in range(1, 10)
    ]
    return FakeRun(nodes, links, demands, faults, title="Many nodes")


def backbone(count: int = 32) -> FakeRun:
    """A chain over 2,000 km."""
    part = np.linspace(0, 1, count)
    nodes = [
        MapNode(f"relay-{i:02d}", f"Relay {i}", 40 - 9 * float(p), 116.4 + 5 * float(p) + 2 * float(np.sin(3 * p)))
        for i, p in enumerate(part)
    ]
    links = [FakeLink(f"r{i}", (nodes[i].id, nodes[i + 1].id), 20_000.0 + i, 0.02, 600.0) for i in range(count - 1)]
    return FakeRun(nodes, links, title="Backbone")
