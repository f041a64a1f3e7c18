"""What happens to a responder, state by state: checks and cryptography, and which event of the table it was."""

from __future__ import annotations

from qkdsim.errors import shown
from qkdsim.hybrid.memory import AwaitingFinish, AwaitingKey, Established, KeyAnswer, Verdict, bad
from qkdsim.hybrid.messages import NONCE_BYTES, Done, Finish, Hello, Message, Response
from qkdsim.hybrid.refusals import refusal
from qkdsim.hybrid.session import Session
from qkdsim.hybrid.setup import Setup
from qkdsim.hybrid.transcripts import outcome_of


def hello(setup: Setup, message: Hello) -> Verdict:
    """Is this the offer of the peer, under the agreed suite and policy, and could it be enough?"""
    reason = _other_terms(setup, message) or _impossible_offer(setup, message)
    if not reason:
        reason = setup.decide(_common(setup, message), bool(message.key_ids)).refusal
    return no_answer(setup, message, reason, message) if reason else Verdict("hello", AwaitingKey(message))


def key(setup: Setup, memory: AwaitingKey, happening: KeyAnswer) -> Verdict:
    """With the QKD key or without it: choose, derive the key, prove and confirm.

    Raises ValueError for a key that was not asked for.
    """
    offer, found, crypto = memory.hello, happening.key, setup.cryptography
    if found is not None and found.key_id not in offer.key_ids:
        raise ValueError("this key was not asked for")
    kems = _common(setup, offer)
    decision = setup.decide(kems, found is not None)
    if decision.refusal:
        return no_answer(setup, offer, decision.refusal, offer)
    public_keys = dict(zip(offer.kems, offer.public_keys, strict=True))
    try:
        made = {kem: crypto.encapsulate(kem, public_keys[kem]) for kem in kems}
    except ValueError as error:
        return no_answer(setup, offer, str(error), offer)
    key_ids = (found.key_id,) if found else ()
    ciphertexts = tuple(one.ciphertext for one in made.values())
    chosen = Response(offer.handshake, happening.random(NONCE_BYTES), key_ids, kems, ciphertexts, (), b"")
    said = crypto.transcript(offer)
    transcript = said + crypto.transcript(chosen)
    secrets = {kem: one.shared_secret for kem, one in made.items()} | ({"qkd": found.value} if found else {})
    keys = crypto.derive(setup.suite, offer, chosen, secrets, transcript)
    proofs = crypto.prove(setup.prover, "responder", transcript)
    confirmation = crypto.confirm(keys, "responder", transcript, proofs)
    response = Response(offer.handshake, chosen.nonce, key_ids, kems, ciphertexts, proofs, confirmation)
    said += crypto.transcript(response)
    return Verdict("key", AwaitingFinish(response, offer, keys, said, outcome_of(setup, key_ids, decision)))


def finish(setup: Setup, memory: AwaitingFinish, message: Finish, now_s: float) -> Verdict:
    """The initiator has proved who it is and that it holds the same key."""
    keys, transcript, crypto = memory.keys, memory.said, setup.cryptography
    unproven = crypto.unproven(setup.prover, "initiator", transcript, message.proofs)
    if unproven:
        return no_session(setup, memory, unproven, message)
    if not crypto.confirmed(crypto.confirm(keys, "initiator", transcript, message.proofs), message.confirmation):
        reason = "the initiator's confirmation does not match: the ends hold different keys"
        return no_session(setup, memory, reason, message)
    transcript += crypto.transcript(message)
    said, traffic = crypto.traffic(keys, transcript)
    session = Session(message.handshake, memory.outcome, said, now_s, traffic)
    confirmation = crypto.confirm(keys, "done", transcript, ())
    return Verdict("finish", Established(session, Done(message.handshake, confirmation), message))


def no_answer(setup: Setup, offer: Hello, reason: str, answered: Message | None = None) -> Verdict:
    """The offer gets no response, and the initiator is told."""
    told = refusal(setup, offer.handshake, setup.cryptography.transcript(offer), reason)
    return bad(reason, None, told, answered)


def no_session(setup: Setup, memory: AwaitingFinish, reason: str, answered: Message | None = None) -> Verdict:
    """The response leads to no session, and the initiator is told."""
    return bad(reason, None, refusal(setup, memory.sent.handshake, memory.said, reason), answered)


def _other_terms(setup: Setup, message: Hello) -> str:
    """Empty if the offer names what the two ends agreed on out of band, or one line on the first difference."""
    if message.previous != setup.previous_id:
        return "the offer continues another session than the one at hand"
    given = (message.suite, message.policy, message.initiator, message.responder)
    agreed = (setup.suite.name, setup.policy.name, setup.initiator, setup.responder)
    if given == agreed:
        return ""
    rows = zip(("suite", "policy", "initiator", "responder"), given, agreed, strict=True)
    return next(f"the offer names {what} {shown(one)}, agreed is {other}" for what, one, other in rows if one != other)


def _impossible_offer(setup: Setup, message: Hello) -> str:
    """Empty if the offer is one that the suite and the policy allow, or one line on what is wrong with it."""
    if message.kems != setup.kems:  # the peer may have more or fewer of the suite
        allowed = [one.name for one in setup.suite.inputs if one.kind != "qkd" and one.kind in setup.policy.mixes]
        if message.kems != tuple(kem for kem in allowed if kem in message.kems):
            return f"the offered KEMs are not those of suite {setup.suite.name}: {shown(', '.join(message.kems))}"
    if len(message.public_keys) != len(message.kems):
        return f"{len(message.public_keys)} public keys for {len(message.kems)} KEMs"
    if len(set(message.key_ids)) < len(message.key_ids):
        return "a key_ID is offered twice"
    if message.key_ids and "qkd" not in setup.policy.mixes:
        return f"a QKD key is offered, policy {setup.policy.name} mixes none"
    return ""


def _common(setup: Setup, message: Hello) -> tuple[str, ...]:
    """The offered KEMs that are here too."""
    return message.kems if message.kems == setup.kems else tuple(kem for kem in message.kems if kem in setup.kems)
