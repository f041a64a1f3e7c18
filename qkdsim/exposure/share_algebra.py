"""Whether shares, blinded shares and parts of blindings that somebody knows, of any epochs, give the secret.

All of them are sums of unknown coefficients with known factors: of the secret, of the polynomial that shared it
(A. Shamir, Commun. ACM 22, 612 (1979)), of each that refreshed it (zero at 0) or blinded a recovery (zero at the lost
share). So the secret is known if and only if it is a combination of the rows known. Coefficients that nobody knows are
uniform, and what does not follow is not leaked in part either.

Reckoned modulo 2^31 - 1. Shares of objects are over GF(256), where the same rows are independent unless factors
cancel by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

PRIME: Final = (1 << 31) - 1

Row: TypeAlias = tuple[tuple[int, tuple[int, ...]], ...]  # blocks: number, factors of its coefficients
SECRET: Final = ((0, (1,)),)  # block 0 is the secret


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Unknown polynomials added up: numbers of their blocks, each with the place where it is zero.

    A sharing is the secret, which is block 0, and polynomials that are zero at 0.
    """

    threshold: int
    blocks: tuple[tuple[int, int], ...] = ()
    with_secret: bool = False

    def plus(self, block: int, zero: int = 0) -> Polynomial:
        """With one more polynomial of the same degree."""
        return Polynomial(self.threshold, (*self.blocks, (block, zero)), self.with_secret)

    def at(self, place: int) -> Row:
        """The value at a place, as factors of the unknown coefficients."""
        powers = [pow(place, power, PRIME) for power in range(self.threshold - 1)]
        rows = tuple((block, tuple((place - zero) * one % PRIME for one in powers)) for block, zero in self.blocks)
        return (*SECRET, *rows) if self.with_secret else rows


def gives_secret(rows: Iterable[Row]) -> bool:
    """Whether the secret follows from the values of these rows."""
    matrix = _matrix(list(dict.fromkeys(rows)))
    done = 0
    for column in range(matrix.shape[1] - 1, 0, -1):
        candidates = np.flatnonzero(matrix[done:, column])
        if not len(candidates):
            continue
        pivot = done + int(candidates[0])
        matrix[[done, pivot]] = matrix[[pivot, done]]
        below = matrix[done + 1 :]
        factors = below[:, column] * pow(int(matrix[done, column]), -1, PRIME) % PRIME
        touched = np.flatnonzero(factors)
        below[touched] = (below[touched] - factors[touched, None] * matrix[done]) % PRIME
        done += 1
    return bool(matrix[done:, 0].any())


def _matrix(rows: Sequence[Row]) -> NDArray[np.int64]:
    """Dense, the secret in column 0."""
    widths = {block: len(factors) for row in rows for block, factors in row}
    widths[0] = 1
    starts, width = {}, 0
    for block in sorted(widths):
        starts[block], width = width, width + widths[block]
    matrix = np.zeros((len(rows), width), np.int64)
    for index, row in enumerate(rows):
        for block, factors in row:
            matrix[index, starts[block] : starts[block] + len(factors)] = factors
    return matrix
