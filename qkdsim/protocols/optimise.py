"""The best intensities, intensity probabilities and basis bias for a link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, differential_evolution, minimize

FloatArray = NDArray[np.float64]
GENERATIONS = 60  # of the coarse search; it seldom needs them all
DIGITS = 6  # optimised parameters are rounded, so that results do not hang on the last bits of an optimiser


@dataclass(frozen=True, slots=True)
class Choice:
    """What a sender may choose: mean photon numbers and probabilities, brightest first, and the key-basis bias."""

    mean_photon_number: tuple[float, ...]
    probability: tuple[float, ...]
    key_basis_probability: float

    def rounded(self) -> Choice:
        """The choice to six significant digits; probabilities again sum to 1."""
        probability = [_rounded(p) for p in self.probability[:-1]]
        return Choice(
            tuple(_rounded(mu) for mu in self.mean_photon_number),
            (*probability, round(1.0 - sum(probability), 2 * DIGITS)),
            _rounded(self.key_basis_probability),
        )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


@dataclass(frozen=True, slots=True)
class Freedom:
    """Which of the numbers are free, and the values of the fixed ones.

    All intensities but a fixed weakest (`weakest`) are free, with their probabilities. `bias` fixes the
    key-basis probability where it is not None. `share_is_fixed` keeps the probabilities of `start`.
    """

    start: Choice
    weakest: float | None
    bias: float | None
    share_is_fixed: bool = False

    def choice(self, x: FloatArray) -> Choice:
        """A point of the unit cube as a choice: ratios keep intensities in order, a broken stick keeps the sum at 1."""
        values = iter(x.tolist())
        count = len(self.start.mean_photon_number)
        means = [0.02 + 0.98 * next(values)]
        free_means = count - 1 - (self.weakest is not None)
        for _ in range(free_means):
            floor = self.weakest or 0.0
            means.append(floor + (means[-1] - floor) * (0.01 + 0.94 * next(values)))
        if self.weakest is not None:
            means.append(self.weakest)
        probability = self.start.probability if self.share_is_fixed else _stick(values, count)
        bias = 0.5 + 0.4999 * next(values) if self.bias is None else self.bias
        return Choice(tuple(means), probability, bias)

    @property
    def dimensions(self) -> int:
        """How many numbers are free."""
        count = len(self.start.mean_photon_number)
        shares = 0 if self.share_is_fixed else count - 1
        return count - (self.weakest is not None) + shares + (self.bias is None)


def _stick(values: Iterator[float], count: int) -> tuple[float, ...]:
    rest, pieces = 1.0, []
    for _ in range(count - 1):
        piece = rest * (0.001 + 0.998 * next(values))
        pieces.append(piece)
        rest -= piece
    return (*pieces, rest)


def optimise(
    rate: Callable[[Choice], float], freedom: Freedom, on_progress: Callable[[float], None] | None = None
) -> Choice:
    """The choice with the greatest rate, rounded to six digits; the start where nothing gives key.

    Differential evolution finds the hill (its seed is fixed, so the result is reproducible), Nelder-Mead its top.
    `on_progress` is told a rough fraction done.
    """

    def cost(x: FloatArray) -> float:
        return -rate(freedom.choice(np.clip(x, 0.0, 1.0)))

    bounds = Bounds(np.zeros(freedom.dimensions), np.ones(freedom.dimensions))
    generation = 0

    def told(*_: object) -> None:
        nonlocal generation
        generation += 1
        if on_progress is not None:
            on_progress(0.8 * generation / GENERATIONS)

    coarse = differential_evolution(
        cost, bounds, seed=1, maxiter=GENERATIONS, popsize=12, tol=1e-4, polish=False, callback=told
    )
    scale = max(-float(coarse.fun), 1e-300)
    polish: Callable[[FloatArray], float] = lambda x: cost(x) / scale  # noqa: E731 (typed for the optimiser's stubs)
    fine = minimize(polish, coarse.x, method="Nelder-Mead", tol=1e-7, options={"maxiter": 1500, "adaptive": True})
    best = fine.x if float(fine.fun) * scale <= float(coarse.fun) else coarse.x
    found = freedom.choice(np.clip(best, 0.0, 1.0)).rounded()
    return found if rate(found) > rate(freedom.start) else freedom.start
