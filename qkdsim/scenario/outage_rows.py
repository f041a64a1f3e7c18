"""Outages of nodes, controller and classical links as rows of the table of faults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qkdsim.network.outage import Outage

NO_CLASSICAL_PATH = "no-classical-path"  # of a QKD link whose ends cut classical links have parted
_KINDS = {"node": "node-lost", "controller": "controller-lost", "classical-link": "classical-cut"}


def outage_rows(outages: Iterable[Outage]) -> list[dict[str, Any]]:
    """One row per outage, in the order given; what was gone works again as soon as it is back."""
    return [
        {
            "kind": _KINDS[one.kind],
            "on": one.kind,
            "target": one.target,
            "start_s": one.start_s,
            "end_s": one.end_s,
            "live_again_s": one.end_s,
        }
        for one in outages
    ]
