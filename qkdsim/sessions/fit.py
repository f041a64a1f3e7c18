"""Whether the two ends of a session that was really agreed on can talk: one sealed message each way."""

from __future__ import annotations

from collections.abc import Callable

from qkdsim.errors import RunError
from qkdsim.hybrid import Pad, Pads, Receiver, Sender, Session, channel, open_sealed, seal
from qkdsim.hybrid.one_time_pad import TAG_BYTES, TAG_KEY_BYTES

_MESSAGE = b"qkdsim: do both ends fit?"
_PAD_BYTES = TAG_KEY_BYTES + TAG_BYTES + len(_MESSAGE)


def check_fit(initiator: Session, responder: Session, key: Callable[[int], bytes]) -> None:
    """Seal and open a message each way; pads, where the cipher takes them, are cut from `key(bytes)`.

    Raises RunError if either end cannot read the other.
    """
    pads = None
    if initiator.outcome.suite.cipher == "one-time-pad":
        pads = Pads(Pad.cut(key(_PAD_BYTES), 1), Pad.cut(key(_PAD_BYTES), 1))
    there, back = channel(initiator, "initiator", pads), channel(responder, "responder", pads)
    if initiator.outcome != responder.outcome or not (_reads(there[0], back[1]) and _reads(back[0], there[1])):
        ends = f"{initiator.outcome.initiator} and {initiator.outcome.responder}"
        raise RunError(f"session of {ends}: the two ends do not hold the same keys")


def _reads(sender: Sender, receiver: Receiver) -> bool:
    return open_sealed(receiver, seal(sender, _MESSAGE).wire).message == _MESSAGE
