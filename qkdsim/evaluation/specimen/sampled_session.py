"""A session bit by bit: both ends of the key processing, on clicks of the true devices."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from qkdsim import rng
from qkdsim.channels import Span
from qkdsim.devices import PostProcessing
from qkdsim.devices.attack_surface import KeyRule
from qkdsim.evaluation.specimen.fed_processing import randomness_of, wire_of
from qkdsim.evaluation.specimen.hidden import Hidden
from qkdsim.evaluation.specimen.key_rule import as_it_processes
from qkdsim.evaluation.specimen.observations import Bits, SessionBlock
from qkdsim.links.accumulate import BlockRule
from qkdsim.links.distil import Distiller
from qkdsim.links.distillation import FOREVER
from qkdsim.links.operating_point import OperatingPoint, point_on
from qkdsim.links.raw_blocks import RawBlock, raw_blocks
from qkdsim.links.sampled import counted_clicks, initial_secret, key_processing, two_records
from qkdsim.links.timeline import Slice
from qkdsim.postprocessing.chain import KeyChain, initial_secret_bits
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.records import Detections, Emissions
from qkdsim.postprocessing.session import Session
from qkdsim.postprocessing.wire import Message, ServiceChannel, Tamper
from qkdsim.protocols import Counts
from qkdsim.protocols.clicktable import BOTH
from qkdsim.protocols.keylength import KeyLength


@dataclass(frozen=True, slots=True)
class _Forgetful(KeyProcessing):
    """Key processing that takes off a share only of what was told."""

    share: float = 1.0

    def key_length(self, counts: Counts, leak_bits: float) -> KeyLength:
        """As if less had been told."""
        return KeyProcessing.key_length(self, counts, self.share * leak_bits)


def run_session(
    hidden: Hidden,
    span: Span,
    post: PostProcessing,
    point_of: Callable[[Slice], OperatingPoint],
    seed: int,
    blocks: int,
    tamper: Tamper | None,
) -> tuple[SessionBlock, ...]:
    """The blocks of a session, fewer where the authentication key runs out."""
    processing = device_processing(hidden, span, post)
    heard: list[Message] = []
    channel = ServiceChannel(span.delay_s, float(post.service_channel_rate_bps))
    session = Session(
        processing, channel, on_message=heard.append, tamper=tamper, wire=wire_of(hidden.behaviour.messages)
    )
    chain = KeyChain(session, initial_secret(seed, "specimen", initial_secret_bits(session)))
    rule = BlockRule(float(math.ceil(post.block_size_bits)), float(post.block_time_limit_s))
    counted = counted_clicks(processing, len(processing.settings.probability))
    raw = raw_blocks(FOREVER, rule, point_of, counted, lambda part: rng.stream(seed, "session", "clicks", part))
    done: list[SessionBlock] = []
    for number, block in enumerate(islice(raw, blocks)):
        coins = rng.stream(seed, "session", "bob", number)
        alice, bob = two_records(block, coins, processing.discard_doubles)
        bob = _doubles_as_handled(bob, block, hidden.behaviour.double_click_random_share, coins)
        heard.clear()
        own = randomness_of(post, rng.stream(seed, "session", "alice", number))
        distilled = chain.distil(alice, bob, own)
        bob_key = released(distilled.bob_key, hidden.behaviour.unequal_key_share, coins)
        counts = logged(alice, bob, block.sent)
        done.append(
            SessionBlock(
                block.start_s, block.end_s, tuple(heard), distilled.ledger, counts, distilled.alice_key, bob_key
            )
        )
        if chain.is_dry:
            break
    return tuple(done)


def device_processing(hidden: Hidden, span: Span, post: PostProcessing) -> KeyProcessing:
    """What the modules are set to: declared intensities and theory, true choices of key processing."""
    believed = point_on(hidden.declared, hidden.declared, span)
    processing = key_processing(hidden.declared, post, believed)
    distiller = Distiller(processing.theory, processing.settings, processing.security, post)
    processing = as_it_processes(hidden.behaviour.key_rule, processing, distiller, believed)
    share = hidden.behaviour.leak_counted_share
    if share >= 1.0 or hidden.behaviour.key_rule != KeyRule():
        return processing
    values = {field.name: getattr(processing, field.name) for field in fields(processing)}
    return _Forgetful(**values, share=share)


def _doubles_as_handled(
    bob: Detections, block: RawBlock, random_share: float, coins: np.random.Generator
) -> Detections:
    if random_share >= 1.0 or len(bob.slot) != len(block.clicks):
        return bob
    stuck = (block.clicks.pattern == BOTH) & (coins.random(len(bob.slot)) >= random_share)
    return replace(bob, bit=np.where(stuck, np.uint8(0), bob.bit))


def released(key: Bits, unequal_share: float, coins: np.random.Generator) -> Bits:
    """The key of one end as it is handed out; in a share of blocks with one bit wrong."""
    if len(key) == 0 or unequal_share <= 0.0 or coins.random() >= unequal_share:
        return key
    wrong = key.copy()
    wrong[int(coins.integers(len(key)))] ^= 1
    return wrong


def logged(alice: Emissions, bob: Detections, sent: NDArray[np.int64]) -> Counts:
    """Pulses (K, 2, 2, 2) and recorded bits by setting, leading axis 1."""
    at = alice.at(bob.slot)
    shape = (len(alice.sent), 2, 2, 2, 2)
    place = np.ravel_multi_index((at.intensity, at.basis, at.bit, bob.basis, bob.bit), shape)
    bits = np.bincount(place, minlength=math.prod(shape)).reshape(1, *shape).astype(np.float64)
    return Counts(sent[None].astype(np.float64), bits, np.array([float(bob.doubles)]))
