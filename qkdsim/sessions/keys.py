"""QKD keys for one pair, asked of the network: who asked for which, and what came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from qkdsim.network import KeyNetwork, KeyRequest, RequestQueue, Turn
from qkdsim.network.service import ServiceClass

T = TypeVar("T")


class KeySupply(Generic[T]):
    """Asks for keys of one length; each outcome comes back with what the key was asked for."""

    def __init__(
        self,
        network: KeyNetwork,
        plan: str,
        service: ServiceClass,
        ends: tuple[str, str],
        bits: int,
        came: Callable[[T, KeyRequest], None],
    ) -> None:
        """`came(purpose, request)` is called when a request is settled, at that time, but never within `ask`."""
        self.queue: RequestQueue = network.open_queue(plan, service, *ends, bits)
        self.queue.on_outcome = self._settled
        self._network = network
        self._came = came
        self._asked: dict[int, T] = {}

    def ask(self, purpose: T) -> None:
        """Ask for one key now."""
        self._asked[self._network.messages.requests] = purpose  # the index that the request will have
        self._network.request(self.queue)

    def _settled(self, request: KeyRequest) -> None:
        agenda = self._network.agenda
        agenda.at(agenda.now_s, Turn.REQUEST, self._hand_over, request)

    def _hand_over(self, request: KeyRequest) -> None:
        self._came(self._asked.pop(request.index), request)


def key_id(request: KeyRequest) -> str:
    """The name of the key of a request, the same at both ends; written as a UUID, as ETSI GS QKD 014 has them."""
    digits = f"{request.index:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
