"""The key that carries messages of a stored object, asked of the network piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from qkdsim.apps.stored_object import StoredObject
from qkdsim.network import KeyNetwork, KeyRequest, RequestQueue, Turn
from qkdsim.securecloud import Message


@dataclass(slots=True, eq=False)
class _Parcel:
    """A message whose key is being gathered: the sizes of the pieces that are still to come, the next one last."""

    message: Message
    pieces: list[int]
    tries: int = 0


class KeyFetch:
    """Gathers the key of messages: all at the same time, the pieces of each one after another.

    A piece that gets no key is asked for again, a stated number of times; then its message is given up.
    """

    def __init__(
        self, stored: StoredObject, network: KeyNetwork, taken: Callable[[KeyRequest, Message, bool], None]
    ) -> None:
        """`taken(request, message, is_served)` hears of every request that was served or lost on the way."""
        self._stored = stored
        self._network = network
        self._taken = taken
        self._queues: dict[tuple[str, str, int], RequestQueue] = {}
        self._parcels: dict[tuple[str, str], _Parcel] = {}
        self._failed: dict[Message, str] = {}
        self._done: Callable[[dict[Message, str]], None] = _nobody

    def start(self, messages: Sequence[Message], done: Callable[[dict[Message, str]], None]) -> None:
        """Gather the key of these; `done` hears, once, of the messages that got none, each with the reason."""
        self._done, self._failed = done, {}
        for message in messages:
            pieces = _pieces(message.bits + message.tag_bits, self._stored.request_bits)
            self._parcels[message.sender, message.receiver] = _Parcel(message, pieces)
        for parcel in list(self._parcels.values()):
            self._ask_soon(parcel, 0.0)
        if not messages:
            self._network.agenda.at(self._network.agenda.now_s, Turn.REQUEST, self._all_settled)

    def _ask_soon(self, parcel: _Parcel, after_s: float) -> None:
        """By the agenda: a request must not be made while another is being settled."""
        agenda = self._network.agenda
        agenda.at(agenda.now_s + after_s, Turn.REQUEST, self._ask, parcel)

    def _ask(self, parcel: _Parcel) -> None:
        message, bits = parcel.message, parcel.pieces[-1]
        key = (message.sender, message.receiver, bits)
        if key not in self._queues:
            queue = self._network.open_queue(
                self._stored.id, self._stored.service, message.sender, message.receiver, bits
            )
            queue.on_outcome = partial(self._heard, message.sender, message.receiver)
            self._queues[key] = queue
        self._network.request(self._queues[key])

    def _heard(self, sender: str, receiver: str, request: KeyRequest) -> None:
        parcel = self._parcels[sender, receiver]
        if request.outcome == "served":
            self._taken(request, parcel.message, True)
            parcel.pieces.pop()
            parcel.tries = 0
            if parcel.pieces:
                self._ask_soon(parcel, 0.0)
                return
        else:
            self._taken(request, parcel.message, False)
            parcel.tries += 1
            if parcel.tries <= self._stored.retries:
                self._ask_soon(parcel, self._stored.retry_after_s)
                return
            self._failed[parcel.message] = request.cause
        del self._parcels[sender, receiver]
        if not self._parcels:
            agenda = self._network.agenda
            agenda.at(agenda.now_s, Turn.REQUEST, self._all_settled)

    def _all_settled(self, _: object) -> None:
        self._done(self._failed)


def _pieces(bits: int, most_bits: int) -> list[int]:
    """As few pieces as can be, as equal as can be."""
    count = -(-bits // most_bits)
    size, longer = divmod(bits, count)
    return [size] * (count - longer) + [size + 1] * longer


def _nobody(_: dict[Message, str]) -> None:
    """Nothing has been asked for."""
