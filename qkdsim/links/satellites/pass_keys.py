"""The light of a pass, and the key of one pass or several, at each fidelity, with an authentication pool per pair.

Light is gathered pass by pass: every pass draws from a stream of its own, named by the two ends and its time. A block
is closed over what was gathered of one pass, or of several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from qkdsim import rng
from qkdsim.detections import Expected, Tallied, Tally
from qkdsim.links.block import KeyBlocks
from qkdsim.links.distil import AuthenticationPool
from qkdsim.links.satellites.optical_link import OpticalLink
from qkdsim.links.satellites.radio import processing_traffic_bits, sifting_traffic_bits
from qkdsim.links.satellites.slices import PassSlices
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, Counts, theory_of

if TYPE_CHECKING:
    from qkdsim.links.raw_blocks import RawBlock
    from qkdsim.postprocessing.chain import KeyChain


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one pass brought, before any key is made of it.

    sifted_bits, errors   detections that count for key, and wrong ones among them
    detections            all of them, whatever the bases
    sifting_traffic_bits  messages that sifting took
    """

    sifted_bits: float
    errors: float
    detections: float
    sifting_traffic_bits: float
    counts: Counts | None = field(default=None, repr=False)
    raw: RawBlock | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Distilled:
    """A block, its tags paid and its pool refilled, and the bits of its messages after sifting."""

    block: KeyBlocks
    traffic_bits: float


class PassKeys(Protocol):
    """Makes the blocks of passes in order of time."""

    def gather(self, link: OpticalLink, slices: PassSlices, moment_s: float) -> Gathered:
        """The light of a pass; `moment_s` names it."""

    def distil(
        self, link: OpticalLink, gathered: Sequence[Gathered], moment_s: float, start_s: float, end_s: float
    ) -> Distilled:
        """The block of what was gathered; `moment_s` is that of the last pass."""

    def spend(self, link: OpticalLink, bits: int) -> bool:
        """Take bits for a tag from the pool of a satellite and a station; False where it does not hold them."""


class CountedPasses:
    """Keys from counts: means, or draws."""

    def __init__(self, seed: int, *, is_drawn: bool) -> None:
        """`is_drawn`: tallied, otherwise expected."""
        self._seed, self._is_drawn = seed, is_drawn
        self._pools: dict[str, AuthenticationPool] = {}

    def gather(self, link: OpticalLink, slices: PassSlices, moment_s: float) -> Gathered:
        """The counts of a pass."""
        tally: Tally = Expected()
        if self._is_drawn:
            tally = Tallied(rng.stream(self._seed, "pass", link.name, round(moment_s)))
        return gathered_counts(link, link.counts(slices, tally))

    def distil(
        self, link: OpticalLink, gathered: Sequence[Gathered], moment_s: float, start_s: float, end_s: float
    ) -> Distilled:
        """The counts of all passes added up, and their key."""
        total, *others = [one.counts for one in gathered if one.counts is not None]
        for counts in others:
            total = total + counts
        block = self._pool(link).charge(link.block_of(total, start_s, end_s))
        leak, secret = float(block.leak_ec_bits[0]), float(block.secret_bits[0])
        traffic_bits = processing_traffic_bits(float(block.sifted_bits[0]), leak, secret, link.post_processing)
        return Distilled(block, traffic_bits)

    def spend(self, link: OpticalLink, bits: int) -> bool:
        """Take bits for a tag from the pool of a satellite and a station; False where it does not hold them."""
        pool = self._pool(link)
        if pool.held_bits < bits:
            return False
        pool.held_bits -= bits
        return True

    def _pool(self, link: OpticalLink) -> AuthenticationPool:
        if link.name not in self._pools:
            self._pools[link.name] = AuthenticationPool.of(link.post_processing)
        return self._pools[link.name]


def gathered_counts(link: OpticalLink, counts: Counts) -> Gathered:
    """What the counts of one pass come to."""
    both = theory_of(link.sending).both_bases
    bases = (KEY_BASIS, TEST_BASIS) if both else (KEY_BASIS,)
    sifted = float(sum(counts.detected(basis).sum() for basis in bases))
    errors = float(sum(counts.errors(basis).sum() for basis in bases))
    detections = float(counts.bits.sum())
    traffic_bits = sifting_traffic_bits(
        detections, detections - sifted, float(counts.pulses.sum()), counts.sent.shape[-4]
    )
    return Gathered(sifted, errors, detections, traffic_bits, counts=counts)


class SampledPasses:
    """Keys from single clicks and bits that both ends process."""

    def __init__(self, seed: int) -> None:
        """Start without any chain: each is made for the first pass that needs it."""
        self._seed = seed
        self._chains: dict[str, KeyChain] = {}

    def gather(self, link: OpticalLink, slices: PassSlices, moment_s: float) -> Gathered:
        """The clicks of a pass, from rested detectors."""
        from qkdsim.detections.sampled import ClickSampler
        from qkdsim.links.raw_blocks import joined

        generator = rng.stream(self._seed, "pass", link.name, round(moment_s), "clicks")
        sampler, stretches = None, []
        for point, pulses in link.stretches(slices):
            sampler = sampler or ClickSampler(point.memory)
            end_slot = sampler.slot + pulses
            while sampler.slot < end_slot:
                stretches.append(sampler.stretch(point.light, end_slot, generator))
        raw = joined(stretches, float(slices.start_s[0]), float(slices.end_s[-1]))
        return _gathered_clicks(raw, self._chain(link))

    def distil(
        self, link: OpticalLink, gathered: Sequence[Gathered], moment_s: float, start_s: float, end_s: float
    ) -> Distilled:
        """The clicks of all passes, one after the other, and the key that both ends make of them."""
        from qkdsim.links.sampled import account, two_records

        raw = _in_a_row([one.raw for one in gathered if one.raw is not None], start_s, end_s)
        chain, moment = self._chain(link), round(moment_s)
        coins = rng.stream(self._seed, "pass", link.name, moment, "bob")
        alice, bob = two_records(raw, coins, chain.processing.discard_doubles)
        ledger = chain.distil(alice, bob, rng.stream(self._seed, "pass", link.name, moment, "alice")).ledger
        sifting_bits = sum(one.sifting_traffic_bits for one in gathered)
        traffic_bits = max(float(ledger.bits_to_alice + ledger.bits_to_bob) - sifting_bits, 0.0)
        return Distilled(account(raw, ledger, end_s), traffic_bits)

    def spend(self, link: OpticalLink, bits: int) -> bool:
        """Take bits for a tag from the pool of a satellite and a station; False where it does not hold them."""
        chain = self._chains.get(link.name)
        return chain is not None and chain.spend(bits)

    def _chain(self, link: OpticalLink) -> KeyChain:
        from qkdsim.links.sampled import key_processing, link_chain
        from qkdsim.postprocessing.wire import ServiceChannel

        if link.name not in self._chains:
            post = link.post_processing
            processing = key_processing(link.sending, post, link.any_point())
            channel = ServiceChannel(rate_bps=float(post.service_channel_rate_bps))
            self._chains[link.name] = link_chain(self._seed, link.name, processing, channel)
        return self._chains[link.name]


def _in_a_row(raws: Sequence[RawBlock], start_s: float, end_s: float) -> RawBlock:
    """The clicks of some passes as one block: the pulses of a pass are numbered on from those of the one before."""
    from qkdsim.detections.clicks import Clicks
    from qkdsim.links.raw_blocks import RawBlock

    first_slots = np.cumsum([0, *(raw.pulses for raw in raws[:-1])])
    clicks = Clicks(
        np.concatenate([raw.clicks.slot + first for raw, first in zip(raws, first_slots.tolist(), strict=True)]),
        np.concatenate([raw.clicks.setting for raw in raws]),
        np.concatenate([raw.clicks.pattern for raw in raws]),
    )
    return RawBlock(start_s, end_s, clicks, np.sum([raw.sent for raw in raws], axis=0))


def _gathered_clicks(raw: RawBlock, chain: KeyChain) -> Gathered:
    """What the clicks of one pass come to; half of the double clicks that get a bit at random are wrong."""
    from qkdsim.links.sampled import counted_clicks
    from qkdsim.protocols.clicktable import BOTH, ONLY_0, ONLY_1

    processing, shape = chain.processing, (*raw.sent.shape, BOTH + 1)
    cells = np.bincount(raw.clicks.cell, minlength=int(np.prod(shape))).reshape(shape).astype(float)
    if processing.discard_doubles:
        cells[..., BOTH] = 0.0
    counted = counted_clicks(processing, shape[0])
    wrong = np.zeros(shape)
    wrong[:, :, 0, :, ONLY_1] = wrong[:, :, 1, :, ONLY_0] = 1.0
    wrong[..., BOTH] = 0.5
    key = np.where(counted, cells, 0.0)
    sifted, detections = float(key.sum()), float(cells.sum())
    traffic_bits = sifting_traffic_bits(detections, detections - sifted, float(raw.pulses), shape[0])
    return Gathered(sifted, float((key * wrong).sum()), detections, traffic_bits, raw=raw)


def pass_keys(fidelity: str, seed: int) -> PassKeys:
    """Expected, tallied or sampled keys of passes."""
    return SampledPasses(seed) if fidelity == "sampled" else CountedPasses(seed, is_drawn=fidelity == "tallied")
