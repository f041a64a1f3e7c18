"""Efficiency, frame errors and messages of Cascade beside published runs of another program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from references import load
from scipy.stats import poisson

from postprocessing.cascade_run import reconcile, strings
from qkdsim.postprocessing.cascade_plan import CascadePlan
from qkdsim.protocols.entropy import binary_entropy

PUBLISHED = load("cascade-efficiency")
ROWS = [(variant, row) for variant, rows in PUBLISHED["results"].items() for row in rows]
FRAME_BITS = PUBLISHED["inputs"]["frame_bits"]
FACTOR = PUBLISHED["tolerance"]["frame_error_rate_factor"]
CHANCE = 1e-4  # of a test that fails although the rates agree within the factor


def efficiency_and_wrong_frames(variant: str, qber: float, frames: int, seed: int) -> tuple[float, int]:
    plan = CascadePlan(frames * FRAME_BITS, qber, seed, variant, FRAME_BITS)
    run = reconcile(plan, *strings(plan, qber, seed + 1))
    return run.parities / (plan.length_bits * float(binary_entropy(qber))), run.wrong_frames


def greatest_published_rate(row: dict[str, Any]) -> float:
    """The upper 95 % limit of the published count, times the factor: a published 0 of 10,000 is no rate of zero."""
    count = round(row["frame_error_rate"] * row["runs"])
    limit = next(mean for mean in np.arange(count, 100.0, 0.1) if poisson.cdf(count, mean) < 0.05)
    return FACTOR * float(limit) / float(row["runs"])


@pytest.mark.parametrize(("variant", "row"), ROWS, ids=lambda value: value if isinstance(value, str) else value["qber"])
def test_efficiency_is_the_published_one(variant: str, row: dict[str, Any]) -> None:
    """300 frames: the standard error of f is at most 0.004."""
    frames = 300
    efficiency, wrong = efficiency_and_wrong_frames(variant, row["qber"], frames, seed=21)
    assert efficiency == pytest.approx(row["efficiency_f"], abs=PUBLISHED["tolerance"]["efficiency_f_absolute"])
    assert poisson.sf(wrong - 1, frames * greatest_published_rate(row)) > CHANCE


@pytest.mark.parametrize("variant", PUBLISHED["results"])
def test_a_frame_needs_as_many_messages_as_published(variant: str) -> None:
    """Frames one by one, at 2 %. Re-opening the smallest known block saves up to a fifth of the messages."""
    row = next(row for row in PUBLISHED["results"][variant] if row["qber"] == 0.02)
    messages = []
    for seed in range(60):
        plan = CascadePlan(FRAME_BITS, 0.02, seed, variant, FRAME_BITS)
        messages.append(len(reconcile(plan, *strings(plan, 0.02, seed)).transcript))
    assert 0.8 * row["mean_messages"] < np.mean(messages) < 1.05 * row["mean_messages"]


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "qber"), [("original", 0.005), ("yan", 0.02), ("option3", 0.02)])
def test_frame_errors_are_within_a_factor_of_the_published_ones(variant: str, qber: float) -> None:
    """10,000 frames, in forty blocks with shuffles of their own."""
    row = next(row for row in PUBLISHED["results"][variant] if row["qber"] == qber)
    found = [efficiency_and_wrong_frames(variant, qber, 250, seed=1000 + 2 * block) for block in range(40)]
    wrong = sum(count for _, count in found)
    assert np.mean([f for f, _ in found]) == pytest.approx(row["efficiency_f"], abs=0.01)
    assert poisson.sf(wrong - 1, 10_000 * greatest_published_rate(row)) > CHANCE
    assert poisson.cdf(wrong, 10_000 * row["frame_error_rate"] / FACTOR) > CHANCE


@pytest.mark.parametrize(("variant", "greatest"), [("original", 1.17), ("option7", 1.07), ("option8", 1.07)])
def test_long_frames_at_two_per_cent_reach_their_efficiency(variant: str, greatest: float) -> None:
    plan = CascadePlan(1_000_000, 0.02, 5, variant, 100_000)
    run = reconcile(plan, *strings(plan, 0.02, 6))
    errors = float((run.alice ^ run.bob).mean())
    assert run.parities <= greatest * plan.length_bits * float(binary_entropy(errors))
    assert run.wrong_frames == 0
