"""Sifting: Bob says where he detected and in which basis; Alice answers with her bases and intensities.

She also publishes her bits of all detections that are not key: those of the test basis and of different bases, which
serve estimation, and a random sample of the key where key is drawn from both bases. Message bodies, all numbers little
endian, bits packed with the first bit highest:

    detections   uint64 n, uint8 w, then if n > 0: uint64 first slot, n - 1 distances of w bytes, n measured bases
    bases        uint64 seed of the shuffles; (K, 2) uint64 pulses sent by intensity and basis; then n bases and
                 ceil(log2 K) planes of n bits of the intensity's number; then the published bits
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim import rng
from qkdsim.postprocessing.reconciler import Bits, MessageError
from qkdsim.postprocessing.records import Detections, Emissions, IntArray
from qkdsim.protocols import KEY_BASIS

Mask = NDArray[np.bool_]
MAX_SLOT = 1 << 62
SAMPLE_SHARE, SMALLEST_SAMPLE, LARGEST_SAMPLE = 0.01, 500, 20_000  # of key published where no basis is


@dataclass(frozen=True, slots=True)
class Sifting:
    """What Bob knows of his detections once Alice has answered.

    seed        of the shuffles of reconciliation, Alice's fresh choice
    sent        int64 (K, 2): pulses sent by intensity and basis
    intensity, alice_basis, bob_basis  uint8 (n,)
    is_key      bool (n,): the sifted key
    public_bit  uint8 (n - sifted,): Alice's bits of the other detections
    """

    seed: int
    sent: IntArray
    intensity: Bits
    alice_basis: Bits
    bob_basis: Bits
    is_key: Mask
    public_bit: Bits

    @property
    def is_test(self) -> Mask:
        """Published detections in which the bases agree: they tell the error rate."""
        return np.asarray(~self.is_key & (self.alice_basis == self.bob_basis))


def detections_message(record: Detections) -> bytes:
    """Bob's first message: where he detected, in which basis."""
    count = len(record.slot)
    if count == 0:
        return count.to_bytes(8, "little") + b"\x01"
    distances = np.diff(record.slot)
    width = _width(int(distances.max()) if count > 1 else 0)
    return b"".join(
        [
            count.to_bytes(8, "little"),
            bytes([width]),
            int(record.slot[0]).to_bytes(8, "little"),
            distances.astype(f"<u{width}").tobytes(),
            np.packbits(record.basis).tobytes(),
        ]
    )


def _width(greatest: int) -> int:
    return next(width for width in (1, 2, 4, 8) if greatest < 1 << (8 * width))


def read_detections(body: bytes) -> tuple[IntArray, Bits]:
    """Slots and measured bases of a detections message.

    Raises MessageError.
    """
    if len(body) < 9 or body[8] not in (1, 2, 4, 8):
        raise MessageError("a detections message without its head")
    count, width = int.from_bytes(body[:8], "little"), body[8]
    if count == 0 and len(body) == 9:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint8)
    if count == 0 or len(body) != 17 + (count - 1) * width + (count + 7) // 8:
        raise MessageError("a detections message of the wrong length")
    first = int.from_bytes(body[9:17], "little")
    distances = np.frombuffer(body, dtype=f"<u{width}", count=count - 1, offset=17)
    span = float(distances.sum(dtype=np.float64)) + float(first)
    if span > MAX_SLOT or not distances.all():
        raise MessageError("slots that do not rise")
    slot = np.empty(count, dtype=np.int64)
    slot[0] = first
    np.cumsum(distances, dtype=np.int64, out=slot[1:])
    slot[1:] += first
    return slot, _bits(body, 17 + (count - 1) * width, count)


def _bits(body: bytes, offset: int, count: int) -> Bits:
    return np.unpackbits(np.frombuffer(body, dtype=np.uint8, count=(count + 7) // 8, offset=offset), count=count)


def answer_detections(
    record: Emissions, slot: IntArray, bob_basis: Bits, *, both_bases: bool, seed: int
) -> tuple[bytes, Bits]:
    """Alice's answer to detections that she has authenticated before, and her sifted key.

    Raises MessageError if Bob names a slot outside the block.
    """
    try:
        asked = record.at(slot)
    except LookupError as error:
        raise MessageError(str(error)) from None
    is_key = _key(asked.basis, bob_basis, both_bases, seed)
    planes = [(asked.intensity >> plane) & 1 for plane in range(_planes(len(record.sent)))]
    head = seed.to_bytes(8, "little") + record.sent.astype("<u8").tobytes()
    body = head + b"".join(np.packbits(part).tobytes() for part in (asked.basis, *planes, asked.bit[~is_key]))
    return body, asked.bit[is_key]


def _planes(intensities: int) -> int:
    return (intensities - 1).bit_length()


def read_bases(body: bytes, bob_basis: Bits, intensities: int, *, both_bases: bool) -> Sifting:
    """What Bob makes of Alice's answer.

    Raises MessageError.
    """
    count, planes = len(bob_basis), _planes(intensities)
    packed, head = (count + 7) // 8, 8 + 8 * 2 * intensities
    if len(body) < head + packed * (1 + planes):
        raise MessageError("a bases message of the wrong length")
    seed = int.from_bytes(body[:8], "little")
    sent = np.frombuffer(body, dtype="<u8", count=2 * intensities, offset=8).reshape(intensities, 2)
    basis = _bits(body, head, count)
    intensity = np.zeros(count, dtype=np.uint8)
    for plane in range(planes):
        intensity |= _bits(body, head + packed * (1 + plane), count) << plane
    if (intensity >= intensities).any() or (sent >= MAX_SLOT).any():
        raise MessageError("an intensity that does not exist, or too many pulses")
    is_key = _key(basis, bob_basis, both_bases, seed)
    public, offset = count - int(is_key.sum()), head + packed * (1 + planes)
    if len(body) != offset + (public + 7) // 8:
        raise MessageError("a bases message of the wrong length")
    return Sifting(seed, sent.astype(np.int64), intensity, basis, bob_basis, is_key, _bits(body, offset, public))


def _key(alice_basis: Bits, bob_basis: Bits, both_bases: bool, seed: int) -> Mask:
    """Which detections are key; both ends compute it from public data."""
    matched = np.asarray(alice_basis == bob_basis)
    if not both_bases:
        return np.asarray(matched & (bob_basis == KEY_BASIS))
    place = np.flatnonzero(matched)
    size = min(max(SMALLEST_SAMPLE, int(SAMPLE_SHARE * len(place))), LARGEST_SAMPLE, len(place) // 2)
    # chosen by Alice's fresh seed, when Bob is committed to what he detected
    matched[rng.stream(seed, "sample").choice(place, size, replace=False, shuffle=False)] = False
    return matched
