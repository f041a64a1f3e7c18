"""The key of a pass at each fidelity, and the authentication pool that each satellite shares with each station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qkdsim import rng
from qkdsim.channels.orbit import Pass
from qkdsim.detections import Expected, Tallied, Tally
from qkdsim.links.block import KeyBlocks
from qkdsim.links.distil import AuthenticationPool
from qkdsim.links.satellites.downlink import Downlink, PassSlices

if TYPE_CHECKING:
    from qkdsim.postprocessing.chain import KeyChain


class PassKeys(Protocol):
    """Makes the blocks of passes in order of time."""

    def block(self, downlink: Downlink, slices: PassSlices, one: Pass) -> KeyBlocks:
        """The block of a pass, its tags paid and its pool refilled."""

    def spend(self, downlink: Downlink, bits: int) -> bool:
        """Take bits for a tag from the pool of a satellite and a station; False where it does not hold them."""


class CountedPasses:
    """Keys from counts: means, or draws named by satellite, station and time of the pass."""

    def __init__(self, seed: int, *, is_drawn: bool) -> None:
        """`is_drawn`: tallied, otherwise expected."""
        self._seed, self._is_drawn = seed, is_drawn
        self._pools: dict[str, AuthenticationPool] = {}

    def block(self, downlink: Downlink, slices: PassSlices, one: Pass) -> KeyBlocks:
        """The block of a pass, its tags paid and its pool refilled."""
        tally: Tally = Expected()
        if self._is_drawn:
            tally = Tallied(rng.stream(self._seed, "pass", downlink.name, round(one.culmination_s)))
        return self._pool(downlink).charge(downlink.block(slices, tally, one.rise_s, one.set_s))

    def spend(self, downlink: Downlink, bits: int) -> bool:
        """Take bits for a tag from the pool of a satellite and a station; False where it does not hold them."""
        pool = self._pool(downlink)
        if pool.held_bits < bits:
            return False
        pool.held_bits -= bits
        return True

    def _pool(self, downlink: Downlink) -> AuthenticationPool:
        if downlink.name not in self._pools:
            self._pools[downlink.name] = AuthenticationPool.of(downlink.post_processing)
        return self._pools[downlink.name]


class SampledPasses:
    """Keys from single clicks and bits that both ends process."""

    def __init__(self, seed: int) -> None:
        """Start without any chain: each is made for the first pass that needs it."""
        self._seed = seed
        self._chains: dict[str, KeyChain] = {}

    def block(self, downlink: Downlink, slices: PassSlices, one: Pass) -> KeyBlocks:
        """The block of a pass, its tags paid and its pool refilled."""
        from qkdsim.detections.sampled import ClickSampler
        from qkdsim.links.raw_blocks import joined
        from qkdsim.links.sampled import account, two_records

        name, moment = downlink.name, round(one.culmination_s)
        clicks = rng.stream(self._seed, "pass", name, moment, "clicks")
        sampler, stretches = ClickSampler(downlink.any_point(slices).memory), []
        for point, pulses in downlink.stretches(slices):
            end_slot = sampler.slot + pulses
            while sampler.slot < end_slot:
                stretches.append(sampler.stretch(point.light, end_slot, clicks))
        raw = joined(stretches, one.rise_s, one.set_s)
        chain = self._chain(downlink, slices)
        alice, bob = two_records(
            raw, rng.stream(self._seed, "pass", name, moment, "bob"), chain.processing.discard_doubles
        )
        distilled = chain.distil(alice, bob, rng.stream(self._seed, "pass", name, moment, "alice"))
        return account(raw, distilled.ledger, one.set_s)

    def spend(self, downlink: Downlink, bits: int) -> bool:
        """Take bits for a tag from the pool of a satellite and a station; False where it does not hold them."""
        chain = self._chains.get(downlink.name)
        return chain is not None and chain.spend(bits)

    def _chain(self, downlink: Downlink, slices: PassSlices) -> KeyChain:
        from qkdsim.links.sampled import key_processing, link_chain
        from qkdsim.postprocessing.wire import ServiceChannel

        if downlink.name not in self._chains:
            post = downlink.post_processing
            processing = key_processing(downlink.craft.transmitter.profile, post, downlink.any_point(slices))
            channel = ServiceChannel(rate_bps=float(post.service_channel_rate_bps))
            self._chains[downlink.name] = link_chain(self._seed, downlink.name, processing, channel)
        return self._chains[downlink.name]


def pass_keys(fidelity: str, seed: int) -> PassKeys:
    """Expected, tallied or sampled keys of passes."""
    return SampledPasses(seed) if fidelity == "sampled" else CountedPasses(seed, is_drawn=fidelity == "tallied")
