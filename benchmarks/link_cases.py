"""One link in this process: processor seconds, so that other work on the machine counts little."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figure import Figure

if TYPE_CHECKING:
    from qkdsim.links import QkdLink

YEAR_S = 365.25 * 86400.0


def rate(_peer_python: Path | None) -> list[Figure]:
    """Calls of key_rate, as a sweep over lengths makes them."""
    from qkdsim import key_rate, load_profile

    profile = load_profile("generic-ingaas-metro")
    key_rate(profile, length_km=10.0)  # imports and first calls do not count
    start_s, calls = time.process_time(), 0
    while (spent_s := time.process_time() - start_s) < 1.0:
        key_rate(profile, length_km=10.0 + calls % 50)
        calls += 1
    note = "each call also searches the greatest length with key"
    return [Figure("rate", calls / spent_s, "calls/CPU s", note=note)]


def tally(_peer_python: Path | None) -> list[Figure]:
    """Blocks drawn, their key length included."""
    link = _metro_link(25.0, {})
    _count(link, 3600.0)
    blocks, spent_s, _ = _count(link, 50_000.0)
    note = f"{blocks} blocks of 1e7 bits at 25 km, two-decoy finite key length included"
    return [Figure("tally", blocks / spent_s, "blocks/CPU s", note=note)]


def ten_years(_peer_python: Path | None) -> list[Figure]:
    """A link for ten years, one block in about 26 minutes."""
    link = _metro_link(50.0, {"post_processing.block_size_bits": 3.4e9})
    blocks, spent_s, wall_s = _count(link, 10.0 * YEAR_S)
    note = f"{blocks} blocks of 3.4e9 bits at 50 km; {wall_s:.2f} s wall"
    return [Figure("ten-years", spent_s, "CPU s", goal=5.0, note=note)]


def _metro_link(length_km: float, overrides: Mapping[str, Any]) -> QkdLink:
    from qkdsim.channels import FibreSpan
    from qkdsim.devices import load_named_profile
    from qkdsim.links import build_link

    profile = load_named_profile("generic-ingaas-metro", overrides=overrides)
    return build_link("benchmark", profile, profile, FibreSpan(length_km=length_km), "tallied")


def _count(link: QkdLink, duration_s: float) -> tuple[int, float, float]:
    """Blocks, processor seconds and wall seconds of a run of the link."""
    wall_start_s, start_s = time.perf_counter(), time.process_time()
    blocks = sum(len(batch) for batch in link.blocks(duration_s, seed=1))
    return blocks, time.process_time() - start_s, time.perf_counter() - wall_start_s
