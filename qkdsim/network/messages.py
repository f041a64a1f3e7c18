"""What key managers, controller and applications say to each other, by kind.

Layers and reference points are those of ITU-T Y.3800 to Y.3804: key managers supply applications over Ak, talk to each
other over Kx, get key from QKD modules over Kq and are controlled over Ck. A message is a row with these fields, not an
object on a wire: its delay is part of the delay of the request it serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Layer = Literal["quantum", "key management", "control", "service"]


@dataclass(frozen=True, slots=True)
class MessageKind:
    """A kind of message: from which layer to which, and over which reference point."""

    name: str
    sender: Layer
    receiver: Layer
    reference_point: str


KEY_BLOCK = MessageKind("key block", "quantum", "key management", "Kq")
KEY_REQUEST = MessageKind("key request", "service", "key management", "Ak")
KEY_SUPPLY = MessageKind("key supply", "key management", "service", "Ak")
KEY_RELAY = MessageKind("key relay", "key management", "key management", "Kx")
RELAY_COMPLETION = MessageKind("key relay completion", "key management", "key management", "Kx")
ROUTE_QUERY = MessageKind("route query", "key management", "control", "Ck")
ROUTE_ANSWER = MessageKind("route answer", "control", "key management", "Ck")
STORE_REPORT = MessageKind("store report", "key management", "control", "Ck")
ANNOUNCEMENT = MessageKind("link-state announcement", "key management", "key management", "Kx")


@dataclass(slots=True)
class MessageCounts:
    """How much has been said so far. An announcement crosses every link once."""

    blocks: int = 0
    requests: int = 0
    served: int = 0
    relayed_hops: int = 0
    relays: int = 0
    route_queries: int = 0
    store_reports: int = 0
    announcements: int = 0

    def by_kind(self) -> list[tuple[MessageKind, int]]:
        """Every kind with the number of its messages; key is supplied to both ends."""
        return [
            (KEY_BLOCK, self.blocks),
            (KEY_REQUEST, self.requests),
            (KEY_SUPPLY, 2 * self.served),
            (KEY_RELAY, self.relayed_hops),
            (RELAY_COMPLETION, self.relays),
            (ROUTE_QUERY, self.route_queries),
            (ROUTE_ANSWER, self.route_queries),
            (STORE_REPORT, self.store_reports),
            (ANNOUNCEMENT, self.announcements),
        ]
