"""The four predictors of SP 800-90B (6.3.7 to 6.3.10) on bits: how often, and how long in a row, each is right.

Each returns the number of predictions, the right ones, and the longest run of right ones.
"""

from __future__ import annotations

import numpy as np

from qkdsim.kernel import kernel
from qkdsim.randomness.counting import Bits


@kernel
def most_common_in_window(bits: Bits) -> tuple[int, int, int]:
    """6.3.7: the commonest of the last 63, 255, 1023 or 4095 bits, whichever window has been right most often."""
    lengths = np.array([63, 255, 1023, 4095])
    ones = np.zeros(4, np.int64)
    score = np.zeros(4, np.int64)
    winner, right, run, longest = 0, 0, 0, 0
    guess = np.zeros(4, np.int64)
    for place in range(bits.size):
        if place >= lengths[0]:
            for one in range(4):
                if place < lengths[one]:
                    guess[one] = -1
                else:  # the lengths are odd: no tie
                    guess[one] = 1 if 2 * ones[one] > lengths[one] else 0
            if guess[winner] == bits[place]:
                right += 1
                run += 1
                longest = max(longest, run)
            else:
                run = 0
            for one in range(4):
                if guess[one] == bits[place]:
                    score[one] += 1
                    if score[one] >= score[winner]:
                        winner = one
        for one in range(4):
            ones[one] += bits[place]
            if place >= lengths[one]:
                ones[one] -= bits[place - lengths[one]]
    return bits.size - 63, right, longest


@kernel
def lag(bits: Bits, depth: int = 128) -> tuple[int, int, int]:
    """6.3.8: the bit a fixed number of places ago, whichever lag up to 128 has been right most often.

    Scores stand in the order of the bits, the longest lag first. Of those raised to the best score, if it is not below
    the winner's, the longest lag wins.
    """
    padded = np.full(depth + bits.size, 2, np.uint8)  # a lag beyond the start is never right
    padded[depth:] = bits
    score = np.zeros(depth, np.int32)
    winner, right, run, longest = depth - 1, 0, 0, 0
    for place in range(1, bits.size):
        past, bit = padded[place : place + depth], bits[place]
        if past[winner] == bit:
            right += 1
            run += 1
            longest = max(longest, run)
        else:
            run = 0
        least, best = score[winner], np.int32(-1)
        for one in range(depth):
            hit = past[one] == bit
            score[one] += np.int32(hit)
            best = max(best, score[one] if hit else np.int32(-1))
        if best >= least:
            for one in range(depth):
                if score[one] == best and past[one] == bit:
                    winner = one
                    break
    return bits.size - 1, right, longest


@kernel
def markov_with_counting(bits: Bits, depth: int = 16) -> tuple[int, int, int]:
    """6.3.9: what has most often followed the last 1 to 16 bits, whichever depth has been right most often."""
    followed = np.zeros((depth, 1 << depth, 2), np.int64)
    score = np.zeros(depth, np.int64)
    winner, right, run, longest = 0, 0, 0, 0
    past = 0
    guess = np.zeros(depth, np.int64)
    for place in range(bits.size):
        if place >= 2:
            for one in range(depth):
                guess[one] = -1
                if place - one - 2 >= 0:
                    context = past & ((1 << (one + 1)) - 1)
                    zero, ones = followed[one, context, 0], followed[one, context, 1]
                    if zero + ones > 0:
                        guess[one] = 1 if ones >= zero else 0
            if guess[winner] == bits[place]:
                right += 1
                run += 1
                longest = max(longest, run)
            else:
                run = 0
            for one in range(depth):
                if guess[one] == bits[place]:
                    score[one] += 1
                    if score[one] >= score[winner]:
                        winner = one
        for one in range(min(depth, place)):
            followed[one, past & ((1 << (one + 1)) - 1), bits[place]] += 1
        past = ((past << 1) | bits[place]) & ((1 << depth) - 1)
    return bits.size - 2, right, longest


@kernel
def lempel_ziv(bits: Bits, depth: int = 16, largest: int = 65536) -> tuple[int, int, int]:
    """6.3.10: what has most often followed those strings of up to 16 bits that a dictionary of 65,536 holds."""
    followed = np.zeros((depth, 1 << depth, 2), np.int64)
    size, right, run, longest = 0, 0, 0, 0
    past = 0  # the bits before the last one, the newest lowest
    for place in range(depth):
        past = (past << 1) | bits[place]
    for place in range(depth + 1, bits.size):
        last = bits[place - 1]
        for length in range(depth, 0, -1):
            context = past & ((1 << length) - 1)
            known = followed[length - 1, context, 0] + followed[length - 1, context, 1] > 0
            if not known and size < largest:
                size += 1
                known = True
            if known:
                followed[length - 1, context, last] += 1
        past = ((past << 1) | last) & ((1 << depth) - 1)
        most, guess = 0, -1
        for length in range(depth, 0, -1):
            context = past & ((1 << length) - 1)
            zero, ones = followed[length - 1, context, 0], followed[length - 1, context, 1]
            if max(zero, ones) > most:
                most = max(zero, ones)
                guess = 1 if ones >= zero else 0
        if guess == bits[place]:
            right += 1
            run += 1
            longest = max(longest, run)
        else:
            run = 0
    return bits.size - depth - 1, right, longest
