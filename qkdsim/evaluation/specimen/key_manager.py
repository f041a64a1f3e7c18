"""The simulated key managers of a specimen: real key bits, one-time pads, tags and shares, and what may go wrong."""

from __future__ import annotations

import numpy as np

from qkdsim.crypto.authentication import TAG_KEY_BITS, TagKey, TranscriptTag, equal
from qkdsim.devices.key_behaviour import KeyManagerTruth
from qkdsim.evaluation.specimen.key_bench import Bits, Deliveries, FloatArray, Keys, RelayCapture, SplitCapture

KEY_BYTES = 32
TAG_BITS = 128
HOURS_PER_YEAR = 8766.0


class SimulatedKeyManager:
    """Implements `key_bench.KeyManagerBench`."""

    def __init__(self, truth: KeyManagerTruth) -> None:
        """Key managers that behave as the truth says."""
        self._truth = truth

    def deliveries(self, requests: int, generator: np.random.Generator) -> Deliveries:
        """Ask for keys of 256 bits at the rated load."""
        truth = self._truth
        delay_s = truth.response_median_s * np.exp(truth.response_spread * generator.standard_normal(requests))
        delay_s[generator.random(requests) < truth.lost_share] = np.nan
        delivered = int(np.count_nonzero(~np.isnan(delay_s)))
        first = _random_keys(delivered, generator)
        for late in np.flatnonzero(generator.random(delivered) < truth.repeated_share):
            first[late] = first[generator.integers(late)] if late else first[late]
        second = first.copy()
        unequal = np.flatnonzero(generator.random(delivered) < truth.unequal_share)
        second[unequal, 0] ^= 1
        key_ids = tuple(f"key-{number}" for number in range(delivered))
        kept = np.flatnonzero(generator.random(delivered) < truth.kept_share)
        logged = set(np.flatnonzero(generator.random(delivered) < truth.logged_share).tolist())
        log = tuple(
            f"delivered {key_id} of {8 * KEY_BYTES} bits"
            + (f" {first[number].tobytes().hex()}" if number in logged else "")
            for number, key_id in enumerate(key_ids)
        )
        return Deliveries(delay_s, first, second, key_ids, tuple(key_ids[one] for one in kept), log)

    def relayed(self, keys: int, generator: np.random.Generator) -> RelayCapture:
        """Listen on one hop: each key under the one-time pad of the hop."""
        sent, pads = _random_keys(keys, generator), _random_keys(keys, generator)
        again = generator.random(keys) < self._truth.pad_reuse_share
        for number in np.flatnonzero(again[1:]) + 1:
            pads[number] = pads[number - 1]
        return RelayCapture(sent ^ pads, sent)

    def tampered(self, messages: int, generator: np.random.Generator) -> int:
        """Change one bit of each relay message, or of its tag; how many the next node accepts."""
        tag_key = TagKey.from_bits(_random_bits(TAG_KEY_BITS, generator))
        accepted = 0
        for _ in range(messages):
            message, pad = _random_keys(1, generator)[0], _random_bits(TAG_BITS, generator)
            tag = _tag(tag_key, message, pad)
            place = int(generator.integers(8 * KEY_BYTES + TAG_BITS))
            if place < 8 * KEY_BYTES:
                message[place // 8] ^= 1 << place % 8
            else:
                tag[place - 8 * KEY_BYTES] ^= 1
            accepted += not self._truth.checks_relay_tags or equal(tag, _tag(tag_key, message, pad))
        return accepted

    def split(self, keys: int, generator: np.random.Generator) -> SplitCapture:
        """Keys over all disjoint paths, as shares whose sum is the key, and what the nodes of each path saw."""
        whole, paths = _random_keys(keys, generator), self._truth.paths
        if not self._truth.splits:
            return SplitCapture(whole, np.broadcast_to(whole, (paths, keys, KEY_BYTES)).copy())
        shares = np.stack([_random_keys(keys, generator) for _ in range(paths)])
        shares[-1] = whole ^ np.bitwise_xor.reduce(shares[:-1], axis=0) if paths > 1 else whole
        return SplitCapture(whole, shares)

    def supply(self, outages: int, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Hours of supply before each outage, and hours of each outage."""
        truth = self._truth
        between = HOURS_PER_YEAR / truth.outages_per_year
        return generator.exponential(between, outages), generator.exponential(truth.outage_s / 3600.0, outages)

    def gives_old_keys(self, most_age_s: float, waited_s: float, generator: np.random.Generator) -> bool:
        """Whether a key that lay for longer than configured is still given out."""
        return waited_s <= most_age_s or not self._truth.enforces_lifetime


def _random_bits(number: int, generator: np.random.Generator) -> Bits:
    return generator.integers(0, 2, number, dtype=np.uint8)


def _random_keys(number: int, generator: np.random.Generator) -> Keys:
    return generator.integers(0, 256, (number, KEY_BYTES), dtype=np.uint8)


def _tag(key: TagKey, message: Keys, pad: Bits) -> Bits:
    transcript = TranscriptTag(key)
    transcript.feed(message.tobytes())
    return transcript.tag(pad)
