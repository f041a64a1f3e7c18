"""Compiled parts: syndromes, and the search for the error pattern behind one.

A check is a base row of a code, lifted to Z equations: equation r of an edge (column c, shift s) reads bit
c Z + (r + s) mod Z. Inner loops run over r, in two runs without a jump, so that the compiler vectorises them.
The decoder is layered belief propagation (D. E. Hocevar, IEEE SiPS 2004, 107): a check reads the beliefs that
the checks before it have just renewed, which takes about half the rounds of the flooding schedule.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

LARGEST_LLR = 16.0  # a log-likelihood ratio beyond it cannot be told from certainty in single precision
LEAST_GAP = 1.2e-7  # 1 - |tanh(L/2)| at that ratio, two steps of single precision away from 1
# log(1 + m) for 0 <= m <= 1, Chebyshev fit of degree 5, absolute error below 1e-5
C0, C1, C2, C3, C4, C5 = 9.9750e-6, 0.99923548, -0.49023072, 0.28527268, -0.13158183, 0.030449005
STALLED_ITERATIONS = 20  # a decoder that has not come closer for so long practically never gets there


@kernel
def check_sums(start: Ints, stop: Ints, column: Ints, shift: Ints, bits: Bytes, lifting: int) -> Bytes:
    """Parity of the checks on `bits`, shape (columns * Z,), that hold edges start ... stop - 1 each; 0/1, (rows, Z)."""
    rows = len(start)
    sums = np.zeros((rows, lifting), dtype=np.uint8)
    for row in range(rows):
        out = sums[row]
        for edge in range(start[row], stop[row]):
            block = bits[column[edge] * lifting : (column[edge] + 1) * lifting]
            head = lifting - shift[edge]
            first, rest = block[shift[edge] :], out[head:]
            for r in range(head):
                out[r] ^= first[r]
            for r in range(shift[edge]):
                rest[r] ^= block[r]
    return sums


@kernel
def _half_tanh(llr: Floats, out: Floats) -> None:
    """tanh(L/2) from exp(-L), the 64th power of a short series: relative error below 1e-3 for |L| < 9, 1 % at 16.

    `np.divide`, unlike `/`, does not look for a division by zero, which would keep the loop from being vectorised.
    """
    for r in range(len(llr)):
        y = min(max(llr[r], np.float32(-LARGEST_LLR)), np.float32(LARGEST_LLR)) * np.float32(-1.0 / 64.0)
        e = np.float32(1.0) + y * (np.float32(1.0) + y * (np.float32(0.5) + y * np.float32(1.0 / 6.0)))
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        out[r] = np.divide(np.float32(1.0) - e, np.float32(1.0) + e)


@kernel
def _double_artanh(before: Floats, after: Floats, out: Floats) -> None:
    """2 artanh(before * after): the exponent and a polynomial in the mantissa, absolute error below 2e-5."""
    for r in range(len(out)):
        t = before[r] * after[r]
        t = min(max(t, np.float32(LEAST_GAP - 1.0)), np.float32(1.0 - LEAST_GAP))
        z = np.float32(np.divide(np.float32(1.0) + t, np.float32(1.0) - t))
        pattern = np.float32(z).view(np.int32)
        power = np.float32(np.int32((pattern >> np.int32(23)) - np.int32(127)))
        m = np.int32((pattern & np.int32(0x007FFFFF)) | np.int32(0x3F800000)).view(np.float32)
        m -= np.float32(1.0)
        log = np.float32(C5)
        log = log * m + np.float32(C4)
        log = log * m + np.float32(C3)
        log = log * m + np.float32(C2)
        log = log * m + np.float32(C1)
        log = log * m + np.float32(C0)
        out[r] = power * np.float32(0.69314718) + log


@kernel
def _gather(block: Floats, messages: Floats, shift: int, llr: Floats, parity: Ints) -> None:
    """What a column believes without this check, and the parity of what it believes with it."""
    lifting = len(llr)
    head = lifting - shift
    first, last = block[shift:], llr[head:]
    messages_last, parity_last = messages[head:], parity[head:]
    for r in range(head):
        llr[r] = first[r] - messages[r]
        parity[r] ^= np.int32(first[r] < np.float32(0.0))
    for r in range(shift):
        last[r] = block[r] - messages_last[r]
        parity_last[r] ^= np.int32(block[r] < np.float32(0.0))


@kernel
def _scatter(block: Floats, messages: Floats, shift: int, llr: Floats) -> None:
    """Give a column its renewed belief."""
    lifting = len(llr)
    head = lifting - shift
    first, last, messages_last = block[shift:], llr[head:], messages[head:]
    for r in range(head):
        first[r] = llr[r] + messages[r]
    for r in range(shift):
        block[r] = last[r] + messages_last[r]


@kernel
def _renew(
    column: Ints, shift: Ints, signs: Bytes, belief: Floats, messages: Floats, work: Floats, parity: Ints
) -> int:
    """One check hears its bits and answers them. Returns how many of its Z equations did not hold before.

    column, shift  of the edges of this check; messages: float32, (edges, Z), its last answers, renewed in place
    signs          uint8 0/1, (Z,): the syndrome
    work, parity   room to work in: float32, (at least 3 edges + 1, Z), and int32, (Z,)
    """
    width, lifting = messages.shape
    llr, tanh, ahead = work[:width], work[width : 2 * width], work[2 * width : 3 * width]
    product = work[3 * width]
    for r in range(lifting):
        parity[r] = signs[r]
        product[r] = np.float32(1.0)
    for k in range(width):
        block = belief[column[k] * lifting : (column[k] + 1) * lifting]
        _gather(block, messages[k], shift[k], llr[k], parity)
        _half_tanh(llr[k], tanh[k])
        for r in range(lifting):
            ahead[k, r] = product[r]
            product[r] *= tanh[k, r]
    broken = 0
    for r in range(lifting):
        broken += parity[r]
        product[r] = np.float32(1.0) - np.float32(2.0) * np.float32(signs[r])
    for k in range(width - 1, -1, -1):
        block = belief[column[k] * lifting : (column[k] + 1) * lifting]
        _double_artanh(ahead[k], product, messages[k])
        _scatter(block, messages[k], shift[k], llr[k])
        for r in range(lifting):
            product[r] *= tanh[k, r]
    return broken


@kernel
def decode(
    start: Ints, stop: Ints, column: Ints, shift: Ints, syndrome: Bytes, prior: Floats, most_iterations: int
) -> tuple[Bytes, int]:
    """The likely error pattern with the given syndrome.

    start, stop    int32, (checks,): check i holds edges start[i] ... stop[i] - 1
    column, shift  int32, (edges,), shift in 0 ... Z - 1
    syndrome       uint8 0/1, (checks, Z)
    prior          float32, (columns * Z,): log(P(no error) / P(error)) of every position
    Returns the pattern, uint8 0/1, and the iterations used; 0 stands for no pattern found.
    """
    rows, lifting = syndrome.shape
    widest = 0
    for row in range(rows):
        widest = max(widest, stop[row] - start[row])
    belief = prior.copy()
    messages = np.zeros((len(column), lifting), dtype=np.float32)
    work = np.empty((3 * widest + 1, lifting), dtype=np.float32)
    parity = np.empty(lifting, dtype=np.int32)
    errors = np.zeros(len(prior), dtype=np.uint8)
    least_broken, least_iteration = rows * lifting + 1, 0
    for iteration in range(1, most_iterations + 1):
        broken = 0
        for row in range(rows):
            a, b = start[row], stop[row]
            broken += _renew(column[a:b], shift[a:b], syndrome[row], belief, messages[a:b], work, parity)
        if broken == 0:  # seen check by check while beliefs moved: now look at all of them at rest
            for j in range(len(errors)):
                errors[j] = np.uint8(belief[j] < np.float32(0.0))
            sums = check_sums(start, stop, column, shift, errors, lifting)
            for row in range(rows):
                for r in range(lifting):
                    broken += sums[row, r] ^ syndrome[row, r]
            if broken == 0:
                return errors, iteration
        if broken < least_broken:
            least_broken, least_iteration = broken, iteration
        elif iteration - least_iteration >= STALLED_ITERATIONS:
            break
    return errors, 0
