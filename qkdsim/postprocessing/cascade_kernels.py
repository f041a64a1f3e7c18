"""Compiled parts of Cascade: shuffles, prefix parities, Alice's answers, Bob's searches.

**Tree.** In pass p the n bits of a frame stand in a shuffled order and are cut into blocks of k. A block [a, b) of more
than one bit is halved at m = (a + b) // 2, its halves again, and so on. Every position of a pass thus names one node:
a block's first position the block itself (its *top*), any other position m the node that is halved at m.

**State.** One byte for each frame, pass and position, shape (frames, passes, n + 1), see the flags below. Alice's
parity of a range follows from the prefix parities at its ends. Bob keeps for each node the parity of *errors* (his
parity xor Alice's) of its left half, and of the whole block at a top. Flipping a bit walks one path of each pass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel
from qkdsim.postprocessing.reconciler import Bits

Orders = NDArray[np.int32]  # (passes, n): the bit at each position, or the position of each bit
Counts = NDArray[np.int64]
Words = NDArray[np.uint32]
State = NDArray[np.uint8]

PREFIX = 1  # parity of the bits before this position, when the pass began
KNOWN = 2  # Alice has told the parity of this top or left half
ODD = 4  # Bob: the top or left half holds an odd number of errors; before KNOWN, of flips since the pass began
ASKED = 8  # Bob: the question is on its way

VALUE = 1  # flags of Bob's bits
FLIPPED = 2

OPEN, FAILED = 0, 1  # how a frame stands


@kernel
def shuffled(seed: np.uint64, passes: int, length: int) -> Orders:
    """The bit at each position of each pass; the first pass keeps the natural order.

    Fisher-Yates with SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014), started for pass p (from 1) at
    seed + p 2^48, its words used as two halves, low half first. A half r becomes a number below m as r m / 2^32: a bias
    below m / 2^32, without effect on the search.
    """
    orders = np.empty((passes, length), dtype=np.int32)
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    for p in range(passes):
        order = orders[p]
        for i in range(length):
            order[i] = i
        if p == 0:
            continue
        counter = seed + (np.uint64(p) << np.uint64(48))
        word, fresh = np.uint64(0), True
        for i in range(length - 1, 0, -1):
            if fresh:
                counter += np.uint64(0x9E3779B97F4A7C15)
                word = (counter ^ (counter >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                word ^= word >> np.uint64(31)
            j = np.int64(((word & low) * np.uint64(i + 1)) >> half)
            word >>= half
            fresh = not fresh
            held = order[i]
            order[i] = order[j]
            order[j] = held
    return orders


@kernel
def places(orders: Orders) -> Orders:
    """The position of each bit in each pass: every row of `orders` inverted."""
    result = np.empty_like(orders)
    passes, length = orders.shape
    for p in range(passes):
        for i in range(length):
            result[p, orders[p, i]] = i
    return result


@kernel
def begin_pass(bits: Bits, orders: Orders, state: State, begun: Counts, frames: Words) -> None:
    """Lay out the next pass of each of `frames`: prefix parities in the order of the pass, all else unknown."""
    length = orders.shape[1]
    for frame in frames:
        order, row, values = orders[begun[frame]], state[frame, begun[frame]], bits[frame]
        parity = np.uint8(0)
        for i in range(length):
            row[i] = parity
            parity ^= values[order[i]] & np.uint8(VALUE)
        row[length] = parity
        begun[frame] += 1


@kernel
def node_of(row: State, size: int, length: int, m: int) -> tuple[int, int, int]:
    """The lowest node on the way from a top to position m with halves unknown: [a, b), and its parity of errors."""
    a = m // size * size
    b = min(a + size, length)
    odd = row[a] >> 2 & 1
    while b - a > 1:
        middle = (a + b) >> 1
        flags = row[middle]
        if not flags & KNOWN:
            break
        left = flags >> 2 & 1
        if m < middle:
            b, odd = middle, left
        else:
            a, odd = middle, odd ^ left
    return a, b, odd


@kernel
def answered(sizes: Counts, state: State, begun: Counts, frames: Words, nodes: Words, parities: Bits) -> bool:
    """Alice's answer: all tops of the pass just begun of each frame, then the left half of each node, into `parities`.

    False if a node does not exist, has been asked before, or was asked before the node above it.
    """
    _, passes, width = state.shape
    length = width - 1
    at = 0
    for frame in frames:
        row, size = state[frame, begun[frame] - 1], sizes[begun[frame] - 1]
        for a in range(0, length, size):
            parities[at] = (row[a] ^ row[min(a + size, length)]) & PREFIX
            at += 1
    for node in nodes:
        rest, m = divmod(np.int64(node), length)
        frame, p = divmod(rest, passes)
        if frame >= state.shape[0] or p >= begun[frame] or m % sizes[p] == 0:
            return False
        row = state[frame, p]
        a, b, _ = node_of(row, sizes[p], length, m)
        if (a + b) >> 1 != m or row[m] & KNOWN:
            return False
        parities[at] = (row[a] ^ row[m]) & PREFIX
        row[m] |= KNOWN
        at += 1
    return True


@kernel
def flip(bits: Bits, places: Orders, sizes: Counts, state: State, begun: int, bit: int, stack: Counts) -> int:
    """Correct one bit of a frame in every pass begun; note the nodes that thereby turn odd at the end of the stack.

    stack[0] is its depth. Gives -1 if the bit was corrected before: then the answers contradict each other.
    """
    if bits[bit] & FLIPPED:
        return -1
    bits[bit] ^= VALUE | FLIPPED
    length = bits.shape[0]
    for p in range(begun):
        row, m = state[p], places[p, bit]
        a = m // sizes[p] * sizes[p]
        b = min(a + sizes[p], length)
        row[a] ^= ODD
        odd, known = row[a] >> 2 & 1, 1
        while b - a > 1:
            middle = (a + b) >> 1
            known &= row[middle] >> 1
            if m < middle:
                row[middle] ^= ODD
                b = middle
                odd = row[middle] >> 2 & 1 if known else odd
            else:
                a = middle
                odd ^= row[middle] >> 2 & known
        if odd:
            stack[0] += 1
            stack[stack[0]] = p * length + m
    return 0


@kernel
def work_off(
    bits: Bits,
    orders: Orders,
    places: Orders,
    sizes: Counts,
    state: State,
    begun: int,
    stack: Counts,
    first_node: int,
    questions: Words,
    asked: int,
) -> int:
    """Follow every odd node on the stack of one frame: flip where it is one bit, else ask for its left half.

    Gives the number of questions afterwards, or -1 if answers contradict each other.
    """
    length = bits.shape[0]
    start, flips = asked, 0
    while stack[0] > 0:
        p, m = divmod(stack[stack[0]], length)
        stack[0] -= 1
        row = state[p]
        a, b, odd = node_of(row, sizes[p], length, m)
        middle = (a + b) >> 1
        if not odd:
            continue
        if b - a == 1:
            flips += 1
            if flip(bits, places, sizes, state, begun, orders[p, a], stack) < 0:
                return -1
        elif not row[middle] & ASKED:
            row[middle] |= ASKED
            questions[asked] = first_node + p * length + middle
            asked += 1
    if flips == 0:
        return asked
    kept = start  # flips may have turned nodes even after they were chosen
    for i in range(start, asked):
        p, m = divmod(np.int64(questions[i]) - first_node, length)
        _, _, odd = node_of(state[p], sizes[p], length, m)
        if odd:
            questions[kept] = questions[i]
            kept += 1
        else:
            state[p, m] ^= ASKED
    return kept


@kernel
def learn(
    sizes: Counts, state: State, begun: Counts, frames: Words, nodes: Words, parities: Bits, spent: Counts
) -> None:
    """Bob takes in `parities` as `answered` orders them, and counts them for each frame in `spent`."""
    _, passes, width = state.shape
    length = width - 1
    at = 0
    for frame in frames:
        row, size = state[frame, begun[frame] - 1], sizes[begun[frame] - 1]
        for a in range(0, length, size):
            ours = (row[a] ^ row[min(a + size, length)]) & PREFIX
            row[a] |= KNOWN | (parities[at] ^ ours) << 2
            at += 1
            spent[frame] += 1
    for node in nodes:
        rest, m = divmod(np.int64(node), length)
        frame, p = divmod(rest, passes)
        row = state[frame, p]
        a, _, _ = node_of(row, sizes[p], length, m)
        ours = (row[a] ^ row[m]) & PREFIX
        row[m] = (row[m] | KNOWN) & ~ASKED ^ (parities[at] ^ ours) << 2
        at += 1
        spent[frame] += 1


@kernel
def next_questions(
    bits: Bits,
    orders: Orders,
    places: Orders,
    sizes: Counts,
    state: State,
    begun: Counts,
    frames: Words,
    nodes: Words,
    standing: Bits,
    stack: Counts,
    questions: Words,
) -> int:
    """What Bob asks after `learn` with the same `frames` (passes just begun) and `nodes`, which stand grouped by frame.

    Corrects `bits` on the way. Frames marked in `standing` ask nothing; one whose answers contradict each other is
    marked. Gives the number of nodes written to `questions`, grouped by frame again.
    """
    passes, length = orders.shape
    asked, done = 0, 0
    for turn in range(len(frames) + len(nodes)):
        stack[0] = 0
        if turn < len(frames):
            frame = np.int64(frames[turn])
            p = begun[frame] - 1
            for a in range(0, length, sizes[p]):
                if state[frame, p, a] & ODD:
                    stack[0] += 1
                    stack[stack[0]] = p * length + a
        elif done < len(nodes):
            frame = np.int64(nodes[done]) // (passes * length)
            first_node = frame * passes * length
            while done < len(nodes) and first_node <= np.int64(nodes[done]) < first_node + passes * length:
                # the halves of the node: the left one ends before m, the right one begins there
                stack[stack[0] + 1] = np.int64(nodes[done]) - first_node - 1
                stack[stack[0] + 2] = np.int64(nodes[done]) - first_node
                stack[0] += 2
                done += 1
        else:
            break
        if standing[frame] != OPEN:
            continue
        first_node = frame * passes * length
        kept = work_off(
            bits[frame], orders, places, sizes, state[frame], begun[frame], stack, first_node, questions, asked
        )
        if kept < 0:
            standing[frame] = FAILED
        else:
            asked = kept
    return asked
