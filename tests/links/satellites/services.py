"""Services of the small network of `service_files`, changed here and there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from links.satellites.service_files import write
from qkdsim.links.satellites import SatelliteService, SpaceFault
from qkdsim.links.timeline import Disruption
from qkdsim.scenario.space_plan import space_service
from qkdsim.space import SpaceSettings
from qkdsim.topology import load_named_topology

START, DAY_S = datetime(2026, 4, 1, tzinfo=UTC), 86_400.0
UPLINKS = (
    ('transmitter = "tx.toml"', 'receiver = "rx.toml"'),
    ('node = "north"\nreceiver = "rx.toml"', 'node = "north"\ntransmitter = "tx.toml"'),
    ('node = "south"\nreceiver = "rx.toml"', 'node = "south"\ntransmitter = "tx.toml"'),
)


def service(
    folder: Path,
    days: float,
    *,
    fidelity: str = "expected",
    net: Sequence[tuple[str, str]] = (),
    faults: Sequence[SpaceFault] = (),
    files: dict[str, tuple[str, str]] | None = None,
    **settings: Any,
) -> SatelliteService:
    """A service under a clear sky. `net` replaces all that is found in the topology, `files` once in a file."""
    write(folder, **(files or {}))
    path = folder / "net.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in net:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    chosen = SpaceSettings(**({"weather": "clear"} | settings))
    return space_service(load_named_topology(str(path)), chosen, START, days * DAY_S, 1, fidelity, faults=faults)


def fault(on: str, kind: Any, start_s: float, end_s: float, **more: Any) -> SpaceFault:
    """Something that goes wrong at a station or a satellite."""
    return SpaceFault(on, Disruption(kind, start_s, end_s, **more))


def secret_bits(found: SatelliteService) -> int:
    """Key of all passes."""
    return sum(one.secret_bits for one in found.passes)
