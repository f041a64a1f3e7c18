"""The table of links on the page: one dataclass per row, every cell as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qkdsim.plots import bits_text, rate_text
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.limited import Limited, chosen
from qkdsim.report.words import NONE, count, missing, moment, number, percent, probability
from qkdsim.results import RunResult

SHOWN_LINKS = 40  # rows that a reader may scroll through; the table of the run folder has all
POOL_EMPTY = "authentication pool empty"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link: what was simulated beside what is published."""

    id: str
    profile: str
    protocol: str
    fidelity: str
    length_km: str
    loss_db: str
    qber: str
    published_qber: str
    rate: str
    published_rate: str
    ratio: str
    secret: str
    blocks: str
    aborted: str
    epsilon: str
    bounds: str
    covered: bool
    coverage: str
    stopped: str


def link_rows(result: RunResult, axis: TimeAxis) -> Limited[LinkRow]:
    """One row per link of the run; where they are too many, those that made least key."""
    links = result.table("links").to_dicts()
    shown = chosen(links, SHOWN_LINKS, lambda row: row["secret_key_rate_bps"])
    return Limited(tuple(_link_row(row, axis) for row in shown), len(links) - len(shown))


def _link_row(row: Mapping[str, Any], axis: TimeAxis) -> LinkRow:
    published = row["published_secret_key_rate_bps"]
    return LinkRow(
        id=row["id"],
        profile=row["profile"],
        protocol=row["protocol"],
        fidelity=row["fidelity"],
        length_km=number(row["length_km"]),
        loss_db=number(row["loss_db"]),
        qber=percent(row["qber"]),
        published_qber=percent(row["published_qber"]),
        rate=rate_text(row["secret_key_rate_bps"]),
        published_rate=NONE if missing(published) else rate_text(published),
        ratio=number(row["secret_key_rate_bps"] / published) if published else NONE,
        secret=bits_text(row["secret_bits"]),
        blocks=count(row["blocks"]),
        aborted=count(row["aborted_blocks"]),
        # a declared rate states no epsilon: nothing is added up, which is not the same as certainty
        epsilon=NONE if row["fidelity"] == "declared" and not row["epsilon"] else probability(row["epsilon"]),
        bounds=row["bounds"],
        covered=bool(row["covered_by_proof"]),
        coverage=row["coverage"],
        stopped="" if missing(row["stopped_s"]) else f"stopped at {moment(row['stopped_s'], axis)}: {POOL_EMPTY}",
    )
