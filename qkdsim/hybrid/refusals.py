"""Refusals: an end that will not go on tells the other why, so that nobody has to wait.

    proof  by each method of the suite, of  role refuses | transcript | reason

The transcript is what the one that refuses has certainly in common with the other: the offer, and for a responder that
has answered it the response, too. So a refusal belongs to one handshake, and to one end of it: a responder to which an
offer was replayed cannot end the handshake that the offer was made for once that was answered. Whatever is not
proved is a stray: nobody ends a handshake by forging a refusal. An end that has a session takes none.

The key of a session before is not asked for: that the two ends do not know the same one may be the reason.
"""

from __future__ import annotations

from qkdsim.hybrid.cryptography import Prover
from qkdsim.hybrid.memory import STRAY, Failed, Settle, Verdict
from qkdsim.hybrid.messages import Refuse, sayable
from qkdsim.hybrid.setup import Setup
from qkdsim.hybrid.table import Role


def refusal(setup: Setup, handshake: bytes, transcript: bytes, reason: str) -> Refuse:
    """What this end says when it will not go on."""
    said = sayable(reason)
    proofs = setup.cryptography.prove(_prover(setup), _label(setup.role), _covered(transcript, said))
    return Refuse(handshake, said, proofs)


def refused(setup: Setup, message: Refuse, transcript: bytes, settle: Settle | None = None) -> Verdict:
    """The other end will not go on, if it proves so."""
    other: Role = "responder" if setup.role == "initiator" else "initiator"
    covered = _covered(transcript, message.reason)
    if setup.cryptography.unproven(_prover(setup), _label(other), covered, message.proofs):
        return STRAY
    return Verdict("refused", Failed(f"the {other} refuses: {message.reason}"), settle)


def _prover(setup: Setup) -> Prover:
    return Prover(setup.suite.authentication, setup.credentials)


def _label(role: Role) -> str:
    return f"{role} refuses"


def _covered(transcript: bytes, reason: str) -> bytes:
    return transcript + reason.encode("ascii")  # the transcript is of messages that each stand after their length
