"""Messages of handshakes on the classical network: true lengths, true delays, losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from qkdsim.network import KeyNetwork, Turn
from qkdsim.network.message_delays import MessageDelays

T = TypeVar("T")


class Carrier:
    """Brings messages from node to node over the path that is best when they leave.

    A message is lost where there is no path, where a link gives it up after its repetitions, or where the node that it
    is for is down when it comes. What fails on the path while a message is under way no longer stops it.
    """

    def __init__(self, network: KeyNetwork, draws: np.random.Generator) -> None:
        """`draws` are for jitter and losses, as on the network's own messages."""
        self._network = network
        self._delays = MessageDelays(network.classical.settings, draws)

    def send(
        self, source: int, target: int, message_bytes: int, after_s: float, deliver: Callable[[T], None], value: T
    ) -> None:
        """Send a message `after_s` from now, and call `deliver(value)` when it has come, if it comes."""
        network = self._network
        agenda = network.agenda

        def leave(_: object) -> None:
            path = network.classical.path(source, target)
            delay_s = math.inf if path is None else self._delays.one(path, 8.0 * message_bytes)
            if delay_s < math.inf:
                agenda.at(agenda.now_s + delay_s, Turn.OUTCOME, arrive)

        def arrive(_: object) -> None:
            if network.is_up(target):
                deliver(value)

        if after_s > 0.0:
            agenda.at(agenda.now_s + after_s, Turn.OUTCOME, leave)
        else:
            leave(None)
