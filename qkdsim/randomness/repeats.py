"""Repeated strings in bits: for each length, how often the commonest string occurs and how many pairs are equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qkdsim.kernel import kernel
from qkdsim.randomness.counting import Bits, Counts

HEAD = 57  # bits of a suffix that one sort takes, beside six for those that end earlier


def repeats(bits: Bits) -> tuple[Counts, Counts]:
    """Most occurrences and equal pairs of strings of each length, from 0 to the longest one that occurs twice."""
    order = _suffixes(bits)
    return _by_length(_common(bits, order))


def _suffixes(bits: Bits) -> Counts:
    """Starts of all suffixes in their order (prefix doubling from heads of 57 bits)."""
    size = bits.size
    padded = np.concatenate([bits, np.zeros(64, np.uint8)])
    width, heads = 1, padded.astype(np.uint64)  # windows by doubling: 1, 2, 4 ... then to 57
    while width < HEAD:
        step = min(width, HEAD - width)
        shifted = np.concatenate([heads[step:], np.zeros(step, np.uint64)])
        overlap = np.uint64(width - step)
        tail = shifted & np.uint64((1 << width) - 1) if overlap == 0 else shifted & np.uint64((1 << step) - 1)
        heads = (heads << np.uint64(step)) | tail
        width += step
    left = np.minimum(size - np.arange(size), HEAD).astype(np.uint64)
    keys = (heads[:size] << np.uint64(6)) | left
    length = HEAD
    while True:
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        ranks = np.empty(size, np.int64)
        ranks[order] = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
        if ranks[order[-1]] == size - 1:
            return order
        following = np.zeros(size, np.int64)
        following[: max(size - length, 0)] = ranks[length:] + 1
        keys = (ranks * (size + 1) + following).astype(np.uint64)
        length *= 2


@kernel
def _common(bits: Bits, order: npt.NDArray[np.int64]) -> Counts:
    """Length of what each suffix has in common with the one before it in the order (T. Kasai et al., CPM 2001)."""
    size = bits.size
    place_of = np.empty(size, np.int64)
    for place in range(size):
        place_of[order[place]] = place
    common = np.zeros(size, np.int64)
    length = 0
    for start in range(size):
        place = place_of[start]
        if place == 0:
            length = 0
            continue
        other = order[place - 1]
        while start + length < size and other + length < size and bits[start + length] == bits[other + length]:
            length += 1
        common[place] = length
        length = max(length - 1, 0)
    return common


@kernel
def _by_length(common: Counts) -> tuple[Counts, Counts]:
    """From the common lengths of neighbours to counts by length: groups that share so much are intervals of them."""
    size, longest = common.size, common.max()
    most = np.ones(longest + 2, np.int64)
    pairs = np.zeros(longest + 2, np.int64)  # first as differences between lengths
    lengths = np.zeros(size + 1, np.int64)
    starts = np.zeros(size + 1, np.int64)
    height = 0  # of the stack of open groups; the lowest is that of length 0
    for place in range(1, size + 1):
        shared = common[place] if place < size else 0
        start = place - 1
        while height > 0 and lengths[height] > shared:
            members = place - starts[height]
            below = max(lengths[height - 1], shared)
            most[lengths[height]] = max(most[lengths[height]], members)
            pairs[lengths[height]] += members * (members - 1) // 2
            pairs[below] -= members * (members - 1) // 2
            start = starts[height]
            height -= 1
        if shared > lengths[height]:
            height += 1
            lengths[height] = shared
            starts[height] = start
    for length in range(longest - 1, 0, -1):
        most[length] = max(most[length], most[length + 1])
        pairs[length] += pairs[length + 1]
    most[0] = size
    pairs[0] = size * (size - 1) // 2
    return most[: longest + 1], pairs[: longest + 1]
