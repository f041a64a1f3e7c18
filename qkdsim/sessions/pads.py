"""The one-time pad of a session: key comes in chunks, traffic uses it up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qkdsim.hybrid.one_time_pad import TAG_KEY_BYTES, pad_key_bits
from qkdsim.sessions.plan import SessionRules


@dataclass(frozen=True, slots=True)
class PadChunk:
    """Key that is fetched at a time: plain bytes that it can seal in both directions together, and its length.

    A chunk is cut as `hybrid.Pad.cut` does: a tag key for each direction, a tag pad for each message, and the rest.
    """

    plain_bytes: int
    bits: int


def pad_chunk(rules: SessionRules, traffic_bps: float) -> PadChunk:
    """The chunk that lasts for one interval of the rules."""
    plain_bytes = math.ceil(traffic_bps / 8.0 * rules.pad_interval_s)
    messages = math.ceil(plain_bytes / rules.message_bytes) + 1  # the last one of each direction may be short
    tags_bits = messages * pad_key_bits(0)
    return PadChunk(plain_bytes, 8 * plain_bytes + tags_bits + 2 * 8 * TAG_KEY_BYTES)
