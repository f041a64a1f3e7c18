"""What the figures need to know beside the tables, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


_DARK = frozenset({"cut", "off", "node-lost", "no-classical-path"})  # others make a link noisy or slow


@dataclass(frozen=True, slots=True)
class MapNode:
    """A node and where it stands; without coordinates the map is drawn schematically."""

    id: str
    label: str
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    kind: str = "trusted"


@dataclass(frozen=True, slots=True)
class MapLink:
    """A link on the map; a rate of None means that it is not known (drawn grey)."""

    id: str
    ends: tuple[str, str]
    secret_key_rate_bps: float | None = None
    length_km: float | None = None
    by_satellite: bool = False


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """A fault on the time axis; between `end_s` and `live_again_s` what it hit starts up.

    `on` is what it hits (`link`, `node`, `satellite`, `controller` or `classical-link`), and `target` which of these.
    """

    kind: str
    target: str
    start_s: float
    end_s: float
    live_again_s: float
    on: str = "link"

    @property
    def name(self) -> str:
        """Kind and target: `cut: a--b`; the controller has no name."""
        return f"{self.kind}: {self.target}" if self.target else self.kind

    @property
    def is_of_node(self) -> bool:
        """Whether it is what a link suffers as part of a lost node, which is a fault of its own."""
        return self.on == "link" and self.kind == "node-lost"

    @property
    def darkens_link(self) -> bool:
        """Whether a link makes no key while it lasts."""
        return self.on == "link" and self.kind in _DARK


def map_links(links: pl.DataFrame) -> tuple[MapLink, ...]:
    """The links of a run, from its `links` table."""
    columns = links.select("id", "from", "to", "secret_key_rate_bps", "length_km").iter_rows()
    # every fibre has a length, and a pair of stations under satellites has none
    return tuple(MapLink(name, (a, b), rate, length, length is None) for name, a, b, rate, length in columns)


def fault_spans(faults: pl.DataFrame) -> tuple[FaultSpan, ...]:
    """The faults of a run, from its `faults` table; one that never ends lasts to infinity."""
    columns = ("kind", "target", "start_s", "end_s", "live_again_s", "on")
    rows = faults.select(columns).sort("start_s", "on", "target").iter_rows()
    return tuple(
        FaultSpan(kind, target, start, end, float("inf") if live is None else live, on)
        for kind, target, start, end, live, on in rows
    )
