"""The simulated key managers of a specimen on the laboratory's network: real flows, and key bits on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qkdsim import rng
from qkdsim.crypto import TAG_KEY_BITS, TagKey, TranscriptTag, equal, split_threshold, split_xor
from qkdsim.devices.key_behaviour import KeyManagerTruth
from qkdsim.evaluation.specimen.key_bench import Bits, Deliveries, FloatArray, Keys, SplitCapture
from qkdsim.evaluation.specimen.key_bits import KEY_BYTES, DeliveredBits, delivered_bits
from qkdsim.evaluation.specimen.key_outages import given_at, supply_log
from qkdsim.evaluation.specimen.key_traffic import KEY_BITS, KeyTraffic, key_traffic
from qkdsim.evaluation.specimen.laboratory_network import TAG_BITS, KeySource, sites_of
from qkdsim.network import KeyRequest

SPLIT_REQUESTS = 500  # beside those for keys over one way


class SimulatedKeyManager:
    """Implements `key_bench.KeyManagerBench`. One run of the network is kept, since several procedures look at it."""

    def __init__(self, truth: KeyManagerTruth, source: KeySource) -> None:
        """Key managers that behave as the truth says; the source brings the key of their links."""
        self._truth = truth
        self._source = source
        self._last: tuple[tuple[int, int], Deliveries] | None = None

    def deliveries(self, requests: int, generator: np.random.Generator) -> Deliveries:
        """Ask for keys at the rated load."""
        key = requests, int(generator.integers(1 << 62))
        if self._last is None or self._last[0] != key:
            self._last = key, self._fresh(requests, rng.stream(key[1], "rated-load"))[0]
        return self._last[1]

    def tampered(self, messages: int, generator: np.random.Generator) -> int:
        """A bit of the key, a bit of the tag, or the message before with its tag; how many the next node accepts."""
        found, pads = self._fresh(messages + 1, generator)
        tag_key = TagKey.from_bits(generator.integers(0, 2, TAG_KEY_BITS, dtype=np.uint8))
        accepted = 0
        before = found.sent[0], _tag(tag_key, found.sent[0], pads[0])
        for number, (sent, pad) in enumerate(zip(found.sent[1:], pads[1:], strict=True)):
            true = sent, _tag(tag_key, sent, pad)
            come, claimed = before if number % 3 == 2 else _altered(*true, number % 3, generator)
            accepted += not self._truth.checks_relay_tags or equal(claimed, _tag(tag_key, come, pad))
            before = true
        return accepted

    def split(self, keys: int, generator: np.random.Generator) -> SplitCapture:
        """Shares as the key managers make them, on the ways that the network finds."""
        truth = self._truth
        traffic = key_traffic(truth, self._source, SPLIT_REQUESTS, SPLIT_REQUESTS, generator)
        ways = dict.fromkeys(one.routes for one in traffic.split if one.outcome == "served")
        whole = generator.integers(0, 256, (keys, KEY_BYTES), dtype=np.uint8)
        return SplitCapture(
            whole,
            _shares(truth, whole, generator),
            tuple(dict.fromkeys(tuple(sites_of(route.path) for route in way) for way in ways)),
        )

    def supply(self, years: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Key managers that fail and come back, for years."""
        return supply_log(self._truth, self._source, years, generator)

    def given_at(self, most_age_s: float, ages_s: Sequence[float], generator: np.random.Generator) -> tuple[bool, ...]:
        """Key that lies in the stores from the start, and no other."""
        return given_at(self._truth, most_age_s, ages_s, generator)

    def _fresh(self, requests: int, draws: np.random.Generator) -> tuple[Deliveries, Keys]:
        """A run of the network: deliveries, and the pads of the tags of their relay messages."""
        traffic = key_traffic(self._truth, self._source, requests, SPLIT_REQUESTS, draws)
        bits = delivered_bits(self._truth, traffic, draws)
        shown = draws.random(len(bits.first)) < self._truth.logged_share
        return _deliveries(traffic, bits, shown.tolist()), bits.tag_pads


def _deliveries(traffic: KeyTraffic, bits: DeliveredBits, shown: Sequence[bool]) -> Deliveries:
    """What the laboratory gets to see of a run; `shown`: log lines that show their key."""
    served = [one for one in traffic.whole if one.outcome == "served"]
    return Deliveries(
        delay_s=np.array([np.nan if one.delay_s is None else one.delay_s for one in traffic.whole]),
        first=bits.first,
        second=bits.second,
        sent=bits.sent,
        key_ids=tuple(f"key-{one.index}" for one in served),
        counted_bits=sum(one.delivered_bits for one in traffic.stores) - KEY_BITS * bits.given_again,
        asked_bits=sum(KEY_BITS * len(one.routes) for one in traffic.settled if one.outcome == "served"),
        memory=bits.memory,
        log=tuple(map(_line, served, bits.first, shown)),
    )


def _line(request: KeyRequest, key: Keys, shown: bool) -> str:
    """What the log says of a delivery."""
    text = f"{request.arrival_s:.3f} s: delivered key-{request.index}, {KEY_BITS} bits, over {request.path}"
    return f"{text} {key.tobytes().hex()}" if shown else text


def _shares(truth: KeyManagerTruth, keys: Keys, generator: np.random.Generator) -> Keys:
    """Shape (paths, keys, bytes). Byte by byte, so that all keys are shared at once."""
    secret, paths = keys.tobytes(), truth.paths
    if truth.sharing == "copies":
        parts = [secret] * paths
    elif truth.sharing == "xor":
        parts = [one.data for one in split_xor(secret, paths, generator)]
    else:
        threshold = paths if truth.threshold is None else truth.threshold
        drawn = generator.integers(0, 256, (threshold - 1, *keys.shape), dtype=np.uint8)
        if truth.repeats_coefficients:
            drawn[:] = drawn[:, :, :1]
        parts = [one.data for one in split_threshold(secret, threshold, paths, drawn.tobytes())]
    return np.stack([np.frombuffer(one, dtype=np.uint8).reshape(keys.shape) for one in parts])


def _altered(message: Keys, tag: Bits, what: int, generator: np.random.Generator) -> tuple[Keys, Bits]:
    """With one bit of the key (0) or of the tag (1) changed."""
    message, tag = message.copy(), tag.copy()
    if what == 0:
        place = int(generator.integers(KEY_BITS))
        message[place // 8] ^= 1 << place % 8
    else:
        tag[int(generator.integers(TAG_BITS))] ^= 1
    return message, tag


def _tag(key: TagKey, message: Keys, pad: Keys) -> Bits:
    transcript = TranscriptTag(key)
    transcript.feed(message.tobytes())
    return transcript.tag(np.unpackbits(pad))
