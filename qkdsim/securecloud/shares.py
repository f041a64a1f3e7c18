"""A chunk of a stored object, and one share of it, as it travels and as it is kept."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from qkdsim.securecloud.holders import MOST_HOLDERS, Holders

_HEADER = struct.Struct(">QBBIQ")  # chunk, last, index, epoch, bytes of data; before it the name with its length
_NAME_LENGTH = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an object: the object's name, the number of the piece from 0, and whether it is the last one."""

    object_name: str
    number: int
    last: bool
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChunkShare:
    """One share of one chunk. Its bytes are never shown.

    index  number of the share, 1 to 255
    epoch  how often the shares were refreshed; shares of two epochs do not belong together

    Raises ValueError where these are out of range.
    """

    object_name: str
    chunk: int
    last: bool
    index: int
    epoch: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.index <= MOST_HOLDERS:
            raise ValueError(f"the number of a share is 1 to {MOST_HOLDERS}, not {self.index}")
        if not (0 <= self.chunk < 2**64 and 0 <= self.epoch < 2**32):
            raise ValueError(f"chunk and epoch are counted from 0, not {self.chunk} and {self.epoch}")

    def to_bytes(self) -> bytes:
        """Name, numbers, length, then the data: what a tag covers.

        Raises ValueError if the name takes more than 65,535 bytes.
        """
        name = self.object_name.encode()
        if len(name) > 0xFFFF:
            raise ValueError(f"the name of an object takes up to 65535 bytes, not {len(name)}")
        numbers = _HEADER.pack(self.chunk, self.last, self.index, self.epoch, len(self.data))
        return _NAME_LENGTH.pack(len(name)) + name + numbers + self.data

    @classmethod
    def from_bytes(cls, text: bytes) -> ChunkShare:
        """Read what `to_bytes` wrote.

        Raises ValueError if it is truncated, too long, or not a share.
        """
        if len(text) < _NAME_LENGTH.size:
            raise ValueError("a truncated share: its name is missing")
        start = _NAME_LENGTH.size + _NAME_LENGTH.unpack_from(text)[0]
        if len(text) < start + _HEADER.size:
            raise ValueError("a truncated share: its numbers are missing")
        chunk, last, index, epoch, length = _HEADER.unpack_from(text, start)
        data = text[start + _HEADER.size :]
        if len(data) != length:
            raise ValueError(f"a truncated or altered share: {len(data)} bytes of data, {length} are stated")
        if last > 1:
            raise ValueError(f"not a share: the mark of the last chunk is 0 or 1, not {last}")
        try:
            name = text[_NAME_LENGTH.size : start].decode()
        except UnicodeDecodeError:
            raise ValueError("not a share: its name is not UTF-8") from None
        return cls(name, chunk, bool(last), index, epoch, bytes(data))


def check_together(holders: Holders, shares: Sequence[ChunkShare]) -> None:
    """Refuse shares that are too few or there twice, or not of one chunk, epoch and length.

    Raises ValueError.
    """
    holders.check_enough(share.index for share in shares)
    for what in ("object_name", "chunk", "last", "epoch"):
        values = sorted({getattr(share, what) for share in shares})
        if len(values) > 1:
            raise ValueError(
                f"shares with {what.replace('_', ' ')} {' and '.join(str(value) for value in values)} "
                "do not belong together"
            )
    lengths = sorted({len(share.data) for share in shares})
    if len(lengths) > 1:
        raise ValueError(f"shares of {' and '.join(str(length) for length in lengths)} bytes: one is truncated")
