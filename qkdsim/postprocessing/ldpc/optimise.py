"""Degree distributions for rates beyond the literature's table: `python -m qkdsim.postprocessing.ldpc.optimise`.

For a given QBER and given checks, density evolution gives after every round the error rate of messages from bits of
each degree. These rates hardly change when the shares do, so that the shares of highest code rate that still make
progress in every round are the solution of a linear programme, where the next turn starts (T. Richardson,
M. A. Shokrollahi, R. Urbanke, IEEE Trans. Inf. Theory 47, 619 (2001), section IV, name the method; S.-Y. Chung,
G. D. Forney, T. J. Richardson, R. Urbanke, IEEE Commun. Lett. 5, 58 (2001) use it). Checks of higher and higher degree
are tried in turn. What it prints went, rounded to four digits, into `degrees.toml`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
from scipy.optimize import linprog

from qkdsim.postprocessing.ldpc.density import CONVERGED, evolution
from qkdsim.protocols.entropy import binary_entropy

Shares = dict[int, float]

ROUNDS = 250  # distributions that need more are of no use to frames of 1e5 bits
TURNS = 7
STEP_SHARE = 0.4  # of the progress of a round, that one turn may change
DEGREE_2_SHARE = 0.95  # of what stability allows (eq. 8 of arXiv:0901.2140)
HIGHEST_DEGREE_STEPS = (0.0, 0.03, 0.08, 0.15, 0.25, 0.4)  # share moved to the highest degree until evolution converges

# QBER, bit degrees, check degrees. No bit has a higher degree than there are base rows; the few base rows of the two
# highest rates get no bits of degree 2, which would make code words of weight 4 to 8, errors that nobody sees
ENSEMBLES = (
    (0.0013, (3, 4, 5, 6, 7), (170, 185, 200)),
    (0.0032, (3, 4, 5, 6, 7, 8, 9, 12, 14), (110, 125, 140)),
    (0.0063, (2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 21), (75, 82, 90, 98)),
    (0.0090, (2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 21, 26), (64, 69, 74, 79)),
    (0.0125, (2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 21, 26), (52, 55, 58, 61)),
)


def design_rate(bit_shares: Mapping[int, float], check_degree: int) -> float:
    """1 - checks / bits."""
    return 1.0 - 1.0 / (check_degree * sum(share / degree for degree, share in bit_shares.items()))


def improved(bit_shares: Mapping[int, float], check_degree: int, qber: float) -> Shares | None:
    """Shares of higher rate near the given ones, None if the given ones do not converge."""
    steps = []
    for step in islice(evolution(bit_shares, {check_degree: 1.0}, qber), ROUNDS):
        steps.append(step)
        if step.before < CONVERGED:
            break
    else:
        return None
    degrees = sorted(bit_shares)
    after = np.array([step.after for step in steps])
    before = np.array([step.before for step in steps])
    now = after @ np.array([bit_shares[degree] for degree in degrees])
    room = STEP_SHARE * np.maximum(before - now, 0.0)
    stable = 1.0 / (2.0 * np.sqrt(qber * (1.0 - qber)) * (check_degree - 1))
    scale = np.concatenate([before, before])
    solution = linprog(
        [-1.0 / degree for degree in degrees],
        A_ub=np.vstack([after, -after]) / scale[:, None],
        b_ub=np.concatenate([now + room, room - now]) / scale,
        A_eq=[np.ones(len(degrees))],
        b_eq=[1.0],
        bounds=[(0.0, DEGREE_2_SHARE * stable if degree == 2 else 1.0) for degree in degrees],
    )
    return None if solution.x is None else dict(zip(degrees, solution.x.tolist(), strict=True))


def start_shares(degrees: Sequence[int]) -> Shares:
    """Some shares to begin with: few bits of degree 2, half of the edges at the highest degree."""
    common = {2: 0.045, 3: 0.25, 4: 0.06, 5: 0.10, 6: 0.085}
    shares = {degree: common.get(degree, 1e-4) for degree in degrees}
    shares[degrees[-1]] = 0.46
    return _normalised(shares)


def _normalised(shares: Mapping[int, float]) -> Shares:
    total = sum(shares.values())
    return {degree: share / total for degree, share in shares.items()}


def optimised(start: Shares, check_degree: int, qber: float) -> Shares | None:
    """Shares of high rate with checks of one degree that do converge, None if nothing near the start does."""
    for moved in HIGHEST_DEGREE_STEPS:
        heavier = {degree: (1.0 - moved) * share + 1e-4 for degree, share in start.items()}
        heavier[max(heavier)] += moved
        shares = _normalised(heavier)
        better = improved(shares, check_degree, qber)
        if better is not None:
            break
    else:
        return None
    for _ in range(TURNS):
        further = improved(better, check_degree, qber)
        if further is None:  # the last turn went too far: stay with the one before
            return shares
        shares, better = better, further
    return shares


def main() -> None:
    """Print rate, efficiency and shares for each ensemble and check degree."""
    for qber, degrees, check_degrees in ENSEMBLES:
        shares = start_shares(degrees)
        for check_degree in check_degrees:
            shares = optimised(shares, check_degree, qber) or shares
            rate = design_rate(shares, check_degree)
            efficiency = (1.0 - rate) / float(binary_entropy(qber))
            shown = {degree: round(share, 4) for degree, share in shares.items() if share >= 1e-3}
            sys.stdout.write(f"{qber} {check_degree}: rate {rate:.4f} f {efficiency:.3f} {shown}\n")


if __name__ == "__main__":
    main()
