"""A part of the network that is gone for a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Outage:
    """A node, the controller or a classical link between two moments in which it does not work.

    `target` is the id of the node or classical link, empty for the controller. A node that is gone neither asks for
    key nor relays nor passes messages on, and its links are dark. `key_lost`: the key in its stores is gone, too.
    """

    kind: Literal["node", "controller", "classical-link"]
    target: str
    start_s: float
    end_s: float
    key_lost: bool = False
