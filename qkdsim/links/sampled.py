"""Links whose every click and every bit is drawn and processed: from raw blocks to keys that both ends computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim import rng
from qkdsim.channels import Span
from qkdsim.devices import DeviceProfile, PostProcessing
from qkdsim.links.accumulate import BlockRule
from qkdsim.links.block import KeyBlocks
from qkdsim.links.operating_point import OperatingPoint, decoy_settings
from qkdsim.links.raw_blocks import RawBlock, raw_blocks
from qkdsim.links.timeline import Slice
from qkdsim.postprocessing.chain import KeyChain, initial_secret_bits
from qkdsim.postprocessing.ledger import BlockLedger
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.postprocessing.records import Detections, Emissions, detections, emissions
from qkdsim.postprocessing.session import DistilledBlock, Session
from qkdsim.postprocessing.wire import Message, ServiceChannel
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, Security, theory_of
from qkdsim.protocols.clicktable import BOTH, ONLY_0


@dataclass(frozen=True, slots=True)
class SampledBlock:
    """A block with all that happened to it: clicks, what each end recorded of them, how it was processed, the keys."""

    raw: RawBlock
    alice: Emissions = field(repr=False)
    bob: Detections = field(repr=False)
    processing: KeyProcessing = field(repr=False)
    distilled: DistilledBlock


def sampled_blocks(
    link_id: str,
    transmitter: DeviceProfile,
    post: PostProcessing,
    span: Span,
    slices: Sequence[Slice],
    point_of: Callable[[Slice], OperatingPoint],
    seed: int,
    *,
    on_message: Callable[[int, Message], None] | None = None,
) -> Iterator[SampledBlock]:
    """Blocks in time order until the authentication pools run dry; `on_message` gets the block's number, too.

    Draws are keyed by seed, link, slice and block: what happens later does not change earlier blocks.
    """
    processing = key_processing(transmitter, post, point_of(slices[0]))
    rule = BlockRule(float(math.ceil(post.block_size_bits)), float(post.block_time_limit_s))
    number = 0

    def heard(message: Message) -> None:
        if on_message is not None:
            on_message(number, message)

    session = Session(processing, _service_channel(span, post), on_message=heard if on_message else None)
    chain = KeyChain(session, initial_secret(seed, link_id, initial_secret_bits(session)))
    counted = counted_clicks(processing, len(processing.settings.probability))
    raw = raw_blocks(slices, rule, point_of, counted, lambda part: rng.stream(seed, "link", link_id, "clicks", part))
    for number, block in enumerate(raw):
        coins = rng.stream(seed, "link", link_id, "bob", number)
        alice, bob = two_records(block, coins, processing.discard_doubles)
        random = rng.stream(seed, "link", link_id, "alice", number)
        yield SampledBlock(block, alice, bob, processing, chain.distil(alice, bob, random))
        if chain.is_dry:
            return


def two_records(block: RawBlock, coins: np.random.Generator, discard_doubles: bool) -> tuple[Emissions, Detections]:
    """What each end recorded of a block; `coins` are Bob's, for double clicks."""
    return emissions(block.clicks, block.sent), detections(block.clicks, coins, discard_doubles=discard_doubles)


def link_chain(seed: int, link_id: str, processing: KeyProcessing, channel: ServiceChannel) -> KeyChain:
    """The key processing of a link, with the secret that its ends start from."""
    session = Session(processing, channel)
    return KeyChain(session, initial_secret(seed, link_id, initial_secret_bits(session)))


def initial_secret(seed: int, link_id: str, length_bits: int) -> Bits:
    """The first bits of the secret that both ends of a link share before its first block, shape (length_bits,)."""
    return rng.stream(seed, "link", link_id, "initial secret").integers(0, 2, size=length_bits, dtype=np.uint8)


def key_processing(transmitter: DeviceProfile, post: PostProcessing, point: OperatingPoint) -> KeyProcessing:
    """What the two modules agreed on, from their profiles."""
    security = Security.of(post)
    return KeyProcessing(
        theory=theory_of(transmitter),
        settings=decoy_settings(point, security),
        security=security,
        qber_abort=float(post.qber_abort),
        discard_doubles=post.double_click_policy == "discard",
        reconciliation=RECONCILIATIONS[post.error_correction],
        measured_basis_probability=point.setup.measured_basis_probability,
        tag_bits=math.ceil(post.authentication_tag_bits),
        pool_bits=int(post.authentication_pool_bits),
    )


def counted_clicks(processing: KeyProcessing, intensities: int) -> NDArray[np.bool_]:
    """Which clicks count towards the size of a block, bool (K, 2, 2, 2, 4): bits of bases that give key."""
    counted = np.zeros((intensities, 2, 2, 2, 4), dtype=bool)
    last = BOTH if processing.discard_doubles else BOTH + 1
    for basis in (KEY_BASIS, TEST_BASIS) if processing.theory.both_bases else (KEY_BASIS,):
        counted[:, basis, :, basis, ONLY_0:last] = True
    return counted


def _service_channel(span: Span, post: PostProcessing) -> ServiceChannel:
    """The classical channel runs beside the quantum one."""
    return ServiceChannel(span.delay_s, float(post.service_channel_rate_bps))


def key_blocks(blocks: Iterator[SampledBlock], latency_s: float) -> Iterator[KeyBlocks]:
    """The accounts of blocks, one at a time.

    Blocks overlap in time: while the messages of one wait for the light or for the modules, those of the next use the
    channel. But its bits per second are shared by all, in the order of blocks. Key is there when its messages and the
    modules' latency are over, and never before that of earlier blocks.
    """
    channel_free_s = available_s = 0.0
    for block in blocks:
        ledger = block.distilled.ledger
        channel_free_s = max(channel_free_s, block.raw.end_s) + ledger.transmission_s
        delay_s = ledger.service_channel_s - ledger.transmission_s
        available_s = max(available_s, channel_free_s + delay_s + latency_s)
        yield account(block.raw, ledger, available_s)


def account(raw: RawBlock, ledger: BlockLedger, available_s: float) -> KeyBlocks:
    """The account of one block."""
    return KeyBlocks(
        start_s=np.array([raw.start_s]),
        end_s=np.array([raw.end_s]),
        available_s=np.array([available_s]),
        pulses=np.array([float(raw.pulses)]),
        sifted_bits=np.array([float(ledger.sifted_bits)]),
        qber=_array(ledger.qber),
        phase_error_rate=_array(ledger.phase_error_rate),
        leak_ec_bits=np.array([float(ledger.leak_ec_bits)]),
        secret_bits=np.array([ledger.secret_bits]),
        authentication_bits=np.array([ledger.authentication_bits]),
        pool_refill_bits=np.array([ledger.pool_refill_bits]),
        epsilon=np.array([ledger.epsilon]),
        outcome=np.array([ledger.outcome]),
    )


def _array(value: float | None) -> NDArray[np.float64]:
    return np.array([math.nan if value is None else value])
