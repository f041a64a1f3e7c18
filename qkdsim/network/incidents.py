"""Events that cost key, or that left the two ends of a store with different contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Incident:
    """One row of the table of incidents: link and node by index (None where none is concerned), request by index.

    `store-mismatch`: a message was given up after one end had taken key out; both ends drop what they no longer share.
    `relay-failed`: a node or link failed while a key was on its way; the key set aside for it is destroyed.
    `key-lost`: a node was lost with the key in its stores.
    """

    time_s: float
    kind: Literal["store-mismatch", "relay-failed", "key-lost"]
    link: int | None
    node: int | None
    request: int | None
    bits: int
