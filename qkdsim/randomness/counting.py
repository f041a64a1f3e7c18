"""Compiled counts over bits that SP 800-22 tests: windows, longest runs, template hits, ranks, complexities, walks.

Bits are arrays of uint8 that hold 0 and 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qkdsim.kernel import kernel

Bits = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


@kernel
def window_counts(bits: Bits, length: int) -> Counts:
    """How often each window of `length` bits occurs, the first bits joined to the end: shape (2^length,)."""
    counts = np.zeros(1 << length, np.int64)
    mask = (1 << length) - 1
    window = 0
    for place in range(length - 1):
        window = (window << 1) | bits[place]
    size = bits.size
    for place in range(size):
        following = place + length - 1
        window = ((window << 1) | bits[following if following < size else following - size]) & mask
        counts[window] += 1
    return counts


@kernel
def block_window_counts(bits: Bits, block: int, length: int) -> Counts:
    """How often each window of `length` bits occurs inside each whole block: shape (blocks, 2^length)."""
    blocks = bits.size // block
    counts = np.zeros((blocks, 1 << length), np.int64)
    mask = (1 << length) - 1
    for number in range(blocks):
        window = 0
        for place in range(block):
            window = ((window << 1) | bits[number * block + place]) & mask
            if place >= length - 1:
                counts[number, window] += 1
    return counts


@kernel
def ones_windows_per_block(bits: Bits, block: int, length: int) -> Counts:
    """In each whole block, the windows of `length` ones, overlapping ones included: shape (blocks,)."""
    blocks = bits.size // block
    counts = np.zeros(blocks, np.int64)
    for number in range(blocks):
        run = 0
        for place in range(number * block, (number + 1) * block):
            run = run + 1 if bits[place] else 0
            if run >= length:
                counts[number] += 1
    return counts


@kernel
def longest_runs(bits: Bits, block: int) -> Counts:
    """The longest run of ones in each whole block: shape (blocks,)."""
    blocks = bits.size // block
    longest = np.zeros(blocks, np.int64)
    for number in range(blocks):
        run = 0
        for place in range(number * block, (number + 1) * block):
            run = run + 1 if bits[place] else 0
            longest[number] = max(longest[number], run)
    return longest


@kernel
def ranks(bits: Bits, side: int) -> Counts:
    """Ranks over GF(2) of the matrices of `side` x `side` bits that the bits fill row by row; side at most 63."""
    matrices = bits.size // (side * side)
    found = np.zeros(matrices, np.int64)
    rows = np.zeros(side, np.int64)
    for number in range(matrices):
        for row in range(side):
            start = (number * side + row) * side
            word = 0
            for column in range(side):
                word = (word << 1) | bits[start + column]
            rows[row] = word
        rank = 0
        for column in range(side):
            pivot = rank
            while pivot < side and not (rows[pivot] >> column) & 1:
                pivot += 1
            if pivot == side:
                continue
            rows[rank], rows[pivot] = rows[pivot], rows[rank]
            for row in range(rank + 1, side):
                if (rows[row] >> column) & 1:
                    rows[row] ^= rows[rank]
            rank += 1
        found[number] = rank
    return found


@kernel
def linear_complexities(bits: Bits, block: int) -> Counts:
    """Length of the shortest shift register that gives each whole block (Berlekamp and Massey): shape (blocks,).

    Polynomials and the reversed past of the block are held in 64-bit words, as many as hold the bits so far.
    """
    blocks = bits.size // block
    most = block // 64 + 2
    found = np.zeros(blocks, np.int64)
    connection, older = np.zeros(most, np.uint64), np.zeros(most, np.uint64)
    before, past = np.zeros(most, np.uint64), np.zeros(most, np.uint64)
    one, top = np.uint64(1), np.uint64(63)
    for number in range(blocks):
        connection[:] = 0
        older[:] = 0
        past[:] = 0
        connection[0] = one
        older[0] = one
        length = 0
        for place in range(block):
            words = (place + 1) // 64 + 1
            for word in range(words - 1, 0, -1):  # the newest bit becomes the coefficient of x^0
                past[word] = (past[word] << one) | (past[word - 1] >> top)
                older[word] = (older[word] << one) | (older[word - 1] >> top)
            past[0] = (past[0] << one) | np.uint64(bits[number * block + place])
            older[0] <<= one
            parity = np.uint64(0)
            for word in range(length // 64 + 1):
                parity ^= connection[word] & past[word]
            for shift in (32, 16, 8, 4, 2, 1):
                parity ^= parity >> np.uint64(shift)
            if not parity & one:
                continue
            if 2 * length <= place:
                before[:] = connection
                for word in range(words):
                    connection[word] ^= older[word]
                older[:] = before
                length = place + 1 - length
            else:
                for word in range(words):
                    connection[word] ^= older[word]
        found[number] = length
    return found


@kernel
def walk_visits(bits: Bits, farthest: int) -> tuple[int, Counts, Counts]:
    """The walk of +1 for a one and -1 for a zero, cut where it returns to 0.

    Returns the number of cycles, the last one closed by force; cycles by state -4 ... 4 and visits 0 ... 5 or more,
    shape (9, 6); and all visits to the states -farthest ... farthest.
    """
    by_visits = np.zeros((9, 6), np.int64)
    total = np.zeros(2 * farthest + 1, np.int64)
    inside = np.zeros(9, np.int64)
    cycles, height = 0, 0
    for place in range(bits.size):
        height += 1 if bits[place] else -1
        if -farthest <= height <= farthest:
            total[height + farthest] += 1
        if height != 0:
            if -4 <= height <= 4:
                inside[height + 4] += 1
            if place < bits.size - 1:
                continue
        cycles += 1
        for state in range(9):
            by_visits[state, min(inside[state], 5)] += 1
            inside[state] = 0
    return cycles, by_visits, total


@kernel
def return_distances(bits: Bits, length: int, initial: int) -> tuple[float, int]:
    """Sum of log2 of the distance to the last equal block of `length` bits, over all after `initial`; their number."""
    last = np.zeros(1 << length, np.int64)
    blocks = bits.size // length
    total = 0.0
    for number in range(1, blocks + 1):
        value = 0
        for place in range((number - 1) * length, number * length):
            value = (value << 1) | bits[place]
        if number > initial:
            total += np.log2(number - last[value])
        last[value] = number
    return total, blocks - initial
