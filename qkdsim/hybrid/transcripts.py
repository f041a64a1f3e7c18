"""What both ends work out alike: the transcript that the first proof covers, and the outcome."""

from __future__ import annotations

from qkdsim.hybrid.messages import Response
from qkdsim.hybrid.policies import Decision
from qkdsim.hybrid.session import Outcome
from qkdsim.hybrid.setup import Setup


def choice_of(response: Response) -> Response:
    """The choice alone, before anything is proved: with the offer, what the keys are derived from."""
    return Response(response.handshake, response.nonce, response.key_ids, response.kems, response.ciphertexts, (), b"")


def outcome_of(setup: Setup, key_ids: tuple[str, ...], decision: Decision) -> Outcome:
    """The outcome, which is the same at both ends."""
    return Outcome(
        setup.suite,
        setup.policy.name,
        setup.initiator,
        setup.responder,
        decision.mixed,
        decision.missing,
        key_ids[0] if key_ids else "",
        setup.prover.methods,
        setup.previous_id,
        setup.cryptography.kind,
    )
