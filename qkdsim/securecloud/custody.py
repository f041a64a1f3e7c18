"""The tag with which a node notices that a share was altered on its disk, or swapped for an older one.

Wegman-Carter, with key that the node drew itself and keeps apart from the disk: it takes no key from any link. It says
nothing of the node: one that alters its own share also makes a new tag, see `guard`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qkdsim.rng import stream
from qkdsim.securecloud.shares import ChunkShare

TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class CustodyKey:
    """A node's key for the tags of the shares that it keeps. The seed is never shown.

    Each object, chunk and epoch has a pad of its own. Pads come from a named random stream: it stands for random
    bits that the node drew when it first needed them, and kept.
    """

    node: str
    seed: int = field(repr=False)

    def kept(self, share: ChunkShare) -> bytes:
        """What goes on the disk: the share, then its tag."""
        text = share.to_bytes()
        return text + self._tag(share, text)

    def read(self, text: bytes, epoch: int) -> ChunkShare:
        """The share of what `kept` gave.

        Raises ValueError if it is truncated, of another epoch, or its tag is wrong.
        """
        from qkdsim.crypto.authentication import equal

        share = ChunkShare.from_bytes(text[:-TAG_BYTES])
        if not equal(text[-TAG_BYTES:], self._tag(share, text[:-TAG_BYTES])):
            raise ValueError(f"chunk {share.chunk} of {share.object_name} at {self.node}: altered, its tag is wrong")
        if share.epoch != epoch:
            raise ValueError(
                f"chunk {share.chunk} of {share.object_name} at {self.node}: of epoch {share.epoch}, not {epoch}"
            )
        return share

    def _tag(self, share: ChunkShare, text: bytes) -> bytes:
        from qkdsim.crypto.authentication import TagKey, TranscriptTag

        kept = stream(self.seed, "custody", self.node)
        transcript = TranscriptTag(TagKey(kept.bytes(TAG_BYTES), kept.bytes(TAG_BYTES)))
        transcript.feed(text)
        drawn = stream(self.seed, "custody", self.node, share.object_name, share.chunk, share.epoch, share.index)
        pad = np.unpackbits(np.frombuffer(drawn.bytes(TAG_BYTES), dtype=np.uint8))
        return np.packbits(transcript.tag(pad)).tobytes()
