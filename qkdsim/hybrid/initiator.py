"""What happens to an initiator, state by state: checks and cryptography, and which event of the table it was."""

from __future__ import annotations

from qkdsim.errors import shown
from qkdsim.hybrid.memory import (
    AwaitingDone,
    AwaitingResponse,
    Established,
    Settle,
    Start,
    Verdict,
    bad,
)
from qkdsim.hybrid.messages import HANDSHAKE_BYTES, MOST_ITEMS, NONCE_BYTES, Done, Finish, Hello, Message, Response
from qkdsim.hybrid.policies import Decision
from qkdsim.hybrid.refusals import refusal
from qkdsim.hybrid.session import Session
from qkdsim.hybrid.setup import Setup
from qkdsim.hybrid.transcripts import choice_of, outcome_of


def start(setup: Setup, happening: Start) -> Verdict:
    """Offer everything that the policy would mix, if that is enough.

    Raises ValueError for more than 16 keys, or one key_ID twice.
    """
    keys = {key.key_id: key for key in happening.keys}
    if len(keys) < len(happening.keys) or len(keys) > MOST_ITEMS:
        raise ValueError(f"up to {MOST_ITEMS} keys, with a key_ID each")
    offered = keys if "qkd" in setup.policy.mixes else {}
    kems = setup.kems
    decision = setup.decide(kems, bool(offered))
    if decision.refusal:
        return bad(decision.refusal, Settle((), tuple(keys)))
    pairs = {kem: setup.cryptography.generate(kem, happening.random) for kem in kems}
    hello = Hello(
        happening.random(HANDSHAKE_BYTES),
        setup.suite.name,
        setup.policy.name,
        setup.initiator,
        setup.responder,
        setup.previous_id,
        happening.random(NONCE_BYTES),
        tuple(offered),
        kems,
        tuple(pair.public_key for pair in pairs.values()),
    )
    return Verdict("start", AwaitingResponse(hello, pairs, keys))


def response(setup: Setup, memory: AwaitingResponse, message: Response, now_s: float) -> Verdict:
    """Check the choice, derive the key, and check proofs and confirmation before anything of it is used."""
    hello, crypto = memory.sent, setup.cryptography
    decision = _choice(setup, hello, message)
    if decision.refusal:
        return no_more(setup, memory, decision.refusal, message)
    offer = crypto.transcript(hello)
    transcript = offer + crypto.transcript(choice_of(message))
    unproven = crypto.unproven(setup.prover, "responder", transcript, message.proofs)
    if unproven:
        return no_more(setup, memory, unproven, message)
    try:
        secrets = _secrets(setup, memory, message)
    except ValueError as error:
        return no_more(setup, memory, str(error), message)
    keys = crypto.derive(setup.suite, hello, message, secrets, transcript)
    if not crypto.confirmed(crypto.confirm(keys, "responder", transcript, message.proofs), message.confirmation):
        reason = "the responder's confirmation does not match: the ends hold different keys"
        return no_more(setup, memory, reason, message)
    transcript = heard = offer + crypto.transcript(message)
    proofs = crypto.prove(setup.prover, "initiator", transcript)
    finish = Finish(hello.handshake, proofs, crypto.confirm(keys, "initiator", transcript, proofs))
    transcript += crypto.transcript(finish)
    said, traffic = crypto.traffic(keys, transcript)
    session = Session(hello.handshake, outcome_of(setup, message.key_ids, decision), said, now_s, traffic)
    expected = crypto.confirm(keys, "done", transcript, ())
    unused = tuple(key_id for key_id in memory.keys if key_id not in message.key_ids)
    return Verdict("response", AwaitingDone(finish, message, session, expected, heard), Settle(message.key_ids, unused))


def done(setup: Setup, memory: AwaitingDone, message: Done) -> Verdict:
    """The responder has the session, so this end has it too."""
    if not setup.cryptography.confirmed(memory.expected, message.confirmation):
        return bad("the responder's last confirmation does not match")
    return Verdict("done", Established(memory.session))


def no_more(setup: Setup, memory: AwaitingResponse, reason: str, answered: Message | None = None) -> Verdict:
    """The handshake ends, and the responder is told."""
    offer = memory.sent
    told = refusal(setup, offer.handshake, setup.cryptography.transcript(offer), reason)
    return bad(reason, _all_spent(memory), told, answered)


def unheard(memory: object) -> Settle:
    """Where no response was accepted: the responder may have used any key that was offered."""
    return _all_spent(memory) if isinstance(memory, AwaitingResponse) else Settle((), ())


def _choice(setup: Setup, hello: Hello, message: Response) -> Decision:
    """What the policy says of the responder's choice; refused too if it chose what was not offered."""
    refused = ""
    if message.kems != hello.kems and message.kems != tuple(kem for kem in hello.kems if kem in message.kems):
        refused = f"the responder chose KEMs that were not offered: {shown(', '.join(message.kems))}"
    elif len(message.ciphertexts) != len(message.kems):
        refused = f"{len(message.ciphertexts)} ciphertexts for {len(message.kems)} KEMs"
    elif len(message.key_ids) > 1 or not set(message.key_ids) <= set(hello.key_ids):
        refused = f"the responder chose a key_ID that was not offered: {shown(', '.join(message.key_ids))}"
    if refused:
        return Decision(setup.policy.name, (), (), refused)
    return setup.decide(message.kems, bool(message.key_ids))


def _secrets(setup: Setup, memory: AwaitingResponse, message: Response) -> dict[str, bytes]:
    secrets = {
        kem: setup.cryptography.decapsulate(kem, memory.pairs[kem], ciphertext)
        for kem, ciphertext in zip(message.kems, message.ciphertexts, strict=True)
    }
    if message.key_ids:
        secrets["qkd"] = memory.keys[message.key_ids[0]].value
    return secrets


def _all_spent(memory: AwaitingResponse) -> Settle:
    """Keys whose key_ID was sent are spent; those that the policy kept back are not."""
    sent = memory.sent.key_ids
    return Settle(sent, tuple(key_id for key_id in memory.keys if key_id not in sent))
