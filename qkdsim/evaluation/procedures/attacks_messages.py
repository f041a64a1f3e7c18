"""Attacks on the service channel: forged tags, changed, replayed, reordered and foreign messages, pads used twice.

Key processing is fed with detections that the laboratory made up, so that a block costs milliseconds. Judged by what
passed on the wire and by the keys that came out.
"""

from __future__ import annotations

import numpy as np

from qkdsim.crypto import forgery_bound
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import require_pair
from qkdsim.evaluation.procedures.observed import bench_of, nature
from qkdsim.evaluation.specimen.fed_processing import Feed, clean_feed
from qkdsim.evaluation.specimen.observations import SessionBlock
from qkdsim.evaluation.tampering import WAYS, Change, Conversation, Interference, places
from qkdsim.postprocessing.wire import Message

FEED_DETECTIONS, FEED_ERROR_RATE = 40_000, 0.01
FORGERIES = 50  # tags drawn at random
REPEATS = 20  # blocks of one feed, whose first tags are compared


def forgery(device: Device, seed: int) -> Evidence:
    """PP-12: the bound of the hash for tags and transcripts as they passed; forged tags must be refused besides."""
    bench, feed = bench_of(device).attacker, _feed(device, seed, "PP-12")
    honest = bench.fed_processing(feed, nature(seed, "PP-12", "honest"))
    tag_bits = min(one.size_bits for one in honest.transcript if one.kind == "tag")
    transcript_bits = float(sum(one.size_bits + 128 for one in honest.transcript))
    accepted = 0
    for trial in range(FORGERIES):
        draw = nature(seed, "PP-12", trial)
        place = places(honest.transcript)[int(draw.integers(len(places(honest.transcript))))][1]
        forged = Interference(place, _random_body(draw))
        accepted += _is_accepted(bench.fed_processing(feed, draw, tamper=forged), forged)
    bound = forgery_bound(min(tag_bits, 128), transcript_bits)
    value = max(bound, accepted / FORGERIES)
    return Evidence(
        "PP-12",
        "attack",
        "specimen",
        value,
        (value, value),
        confidence=1.0,
        sample_size=float(FORGERIES),
        seed=seed,
        note="bound of the hash family for the tags and transcripts seen; forged messages accepted count as they are",
        facts=(
            ("tag", float(tag_bits)),
            ("longest transcript", transcript_bits),
            ("forged messages accepted", float(accepted)),
        ),
    )


def tampering(device: Device, seed: int) -> Evidence:
    """PP-14: every kind of message changed in every way, replayed and reordered; whole conversations; impostors."""
    bench, feed = bench_of(device).attacker, _feed(device, seed, "PP-14")
    earlier, honest = Interference(), Interference()
    earlier_block = bench.fed_processing(_feed(device, seed, "PP-14", "earlier"), nature(seed, "PP-14"), tamper=earlier)
    honest_block = bench.fed_processing(feed, nature(seed, "PP-14", "honest"), tamper=honest)
    if not len(honest_block.alice_key):
        return Evidence("PP-14", "attack", "specimen", None, seed=seed, note="clean detections fed in give no key")
    accepted: list[str] = []
    tried = 0
    bodies = [one.body for one in earlier.sent]
    for kind, number in places(honest.sent):
        for way, change in WAYS.items():
            tamper = Interference(number, change, bodies)
            block = bench.fed_processing(feed, nature(seed, "PP-14", "honest"), tamper=tamper)
            if tamper.has_changed:
                tried += 1
                if _is_accepted(block, tamper):
                    accepted.append(f"{kind}, {way}")
    whole = _conversations(device, seed, feed, earlier_block, earlier.sent)
    accepted += [name for name, is_accepted in whole.items() if is_accepted]
    tried += len(whole)
    first = f"; first: {accepted[0]}" if accepted else ""
    return Evidence(
        "PP-14",
        "attack",
        "specimen",
        float(len(accepted)),
        sample_size=float(tried),
        planned_size=float(tried),
        events=len(accepted),
        seed=seed,
        note=f"{tried} manipulations of {len({one.kind for one in honest.sent})} kinds of messages{first}",
        facts=(("kinds of messages", ", ".join(dict.fromkeys(one.kind for one in honest.sent))),),
    )


def reused_pads(device: Device, seed: int) -> Evidence:
    """PP-13: blocks with equal detections begin with the same message; equal tags over it betray a pad used twice."""
    bench, feed = bench_of(device).attacker, _feed(device, seed, "PP-13")
    tags = []
    for repeat in range(REPEATS):
        block = bench.fed_processing(feed, nature(seed, "PP-13", repeat))
        tags.append(next(one.body for one in block.transcript if one.kind == "tag"))
    equal = len(tags) - len(set(tags))
    return Evidence(
        "PP-13",
        "experiment",
        "specimen",
        float(equal),
        sample_size=float(REPEATS),
        planned_size=float(REPEATS),
        events=equal,
        seed=seed,
        note="first tags of blocks with equal detections, compared with each other",
    )


def _random_body(draw: np.random.Generator) -> Change:
    def change(body: bytes, old: bytes, before: bytes) -> bytes:
        return draw.bytes(len(body))

    return change


def _feed(device: Device, seed: int, *names: str) -> Feed:
    require_pair(device.profile)
    settings = bench_of(device).attacker.fed_settings()
    return clean_feed(settings, FEED_DETECTIONS, FEED_ERROR_RATE, nature(seed, *names, "feed"))


def _conversations(
    device: Device, seed: int, feed: Feed, earlier: SessionBlock, sent: list[Message]
) -> dict[str, bool]:
    """Old conversations played to either end, and an impostor at Alice's place who does not know her keys."""
    bench = bench_of(device).attacker
    done = {}
    for receiver in ("alice", "bob"):
        tamper = Conversation(sent, receiver)
        block = bench.fed_processing(feed, nature(seed, "PP-14", "replay", receiver), tamper=tamper)
        done[f"an earlier block played to {receiver}"] = _has_key(block)
    impostor = bench.fed_processing(feed, nature(seed, "PP-14", "impostor"), is_impostor=True)
    done["an impostor without the keys"] = _has_key(impostor)
    return done if _has_key(earlier) else {}


def _is_accepted(block: SessionBlock, tamper: Interference) -> bool:
    """Whether a changed message went through: either end released a key."""
    return tamper.has_changed and _has_key(block)


def _has_key(block: SessionBlock) -> bool:
    return bool(np.size(block.alice_key) or np.size(block.bob_key))


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PP-12", "attack", forgery, needs="link"),
    Procedure("PP-13", "experiment", reused_pads, needs="bench"),
    Procedure("PP-14", "attack", tampering, needs="bench"),
)
