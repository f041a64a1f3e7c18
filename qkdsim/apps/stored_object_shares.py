"""The shares of one stored object as nodes hold them while a run goes on.

Small objects are really shared, refreshed, recovered and rebuilt; of large ones only who holds a share is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO

from qkdsim import rng
from qkdsim.apps.stored_object import StoredObject
from qkdsim.errors import RunError
from qkdsim.securecloud import ChunkShare, rebuild_object, recover_chunk, refresh_chunk, share_object

MOST_KEPT_BYTES = 64 * 2**20  # all shares of one object together; beyond it sizes only
MOST_DEALT_BYTES = 2**30  # in one refresh, which takes a few seconds; less than the other limit above 16 holders


class ShareKeeper:
    """Who holds a share of an object, of which epoch, and where the object is small the shares themselves."""

    def __init__(self, stored: StoredObject, seed: int) -> None:
        """Nothing is stored yet; `seed` is that of the run."""
        self.epoch = 0
        self.is_stored = False
        self._stored = stored
        self._seed = seed
        self._epochs: dict[str, int] = {}
        self._keeps_bytes = keeps_bytes(stored)
        self._shares: dict[str, list[ChunkShare]] = {}
        self._digest = b""
        self._random = rng.stream(seed, "object", stored.id, "shares")

    @property
    def current(self) -> tuple[str, ...]:
        """The nodes that hold a share of the present epoch, in order of their numbers."""
        if not self.is_stored:
            return ()
        return tuple(node for node in self._stored.holders.nodes if self._epochs.get(node) == self.epoch)

    def lose(self, node: str) -> None:
        """A node has lost what it held."""
        self._epochs.pop(node, None)
        self._shares.pop(node, None)

    def store(self, nodes: Sequence[str]) -> None:
        """The owner has dealt shares to these nodes. Raises RunError if the file is not what it was."""
        stored, holders = self._stored, self._stored.holders
        self.is_stored = True
        self._epochs = dict.fromkeys(nodes, 0)
        if not self._keeps_bytes:
            return
        data = _content(stored, self._seed)
        self._digest = hashlib.sha256(data).digest()
        self._shares = {node: [] for node in nodes}
        for dealt in share_object(holders, stored.owner, stored.id, BytesIO(data), self._random, stored.chunk_bytes):
            for node in nodes:
                self._shares[node].append(dealt.shares[holders.number(node) - 1])

    def refresh(self, nodes: Sequence[str]) -> None:
        """These nodes have new shares; those of others are out of date."""
        self.epoch += 1
        self._epochs.update(dict.fromkeys(nodes, self.epoch))
        if not self._keeps_bytes:
            return
        held, self._shares = self._shares, {node: [] for node in nodes}
        for chunk in zip(*(held[node] for node in nodes), strict=True):
            fresh = refresh_chunk(self._stored.holders, chunk, self._random)
            for node, share in zip(nodes, fresh.shares, strict=True):
                self._shares[node].append(share)

    def recover(self, node: str, helpers: Sequence[str]) -> None:
        """A node has its share back."""
        self._epochs[node] = self.epoch
        if self._keeps_bytes:
            chunks = zip(*(self._shares[one] for one in helpers), strict=True)
            self._shares[node] = [
                recover_chunk(self._stored.holders, chunk, node, self._random).shares[0] for chunk in chunks
            ]

    def rebuild(self, reader: str, nodes: Sequence[str]) -> str:
        """Whether the shares of these nodes give the object that was stored: "yes" or "no", "" without the bytes."""
        if not self._keeps_bytes:
            return ""
        digest = hashlib.sha256()
        chunks = zip(*(self._shares[node] for node in nodes), strict=True)
        for rebuilt in rebuild_object(self._stored.holders, reader, chunks):
            digest.update(rebuilt.chunk.data)
        return "yes" if digest.digest() == self._digest else "no"


def keeps_bytes(stored: StoredObject) -> bool:
    """Whether the shares of an object are really made."""
    held_bytes = len(stored.holders.nodes) * stored.content.size_bytes
    return held_bytes <= MOST_KEPT_BYTES and len(stored.holders.nodes) * held_bytes <= MOST_DEALT_BYTES


def _content(stored: StoredObject, seed: int) -> bytes:
    content = stored.content
    if content.file is None:
        return rng.stream(seed, "object", stored.id, "content").bytes(content.size_bytes)
    try:
        data = content.file.read_bytes()
    except OSError as error:
        raise RunError(f"{content.file}: cannot be read: {error.strerror}") from None
    if hashlib.sha256(data).hexdigest() != content.sha256:
        raise RunError(f"{content.file}: it has changed since the run was planned")
    return data
