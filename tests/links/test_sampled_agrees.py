"""Sampled against tallied blocks: two roads from one click table to the same statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from links.profiles import link
from links.test_blocks import run
from qkdsim.links import KeyBlocks
from qkdsim.postprocessing.ledger import KEY

POST: dict[str, Any] = {"block_size_bits": 2e4, "authentication_pool_bits": 1_000_000}
SINGLE: dict[str, Any] = {
    "protocol": {"name": "bb84-single-photon", "key_basis_probability": 0.66},
    "source": {
        "photon_statistics": "single-photon",
        "intensity": [{"name": "one", "mean_photon_number": 1.0, "probability": 1.0}],
    },
}
# fast traps, mild dead time: tallied means are then right to 1 %, the stated bias
MEMORY = {"dead_time_s": 5e-7, "afterpulse_probability": 0.03, "afterpulse_lifetime_s": 1e-8}
CASES: dict[str, tuple[dict[str, dict[str, Any]], float]] = {
    "plain": ({}, 0.0),
    "with key": ({"post_processing": {"block_size_bits": 1e5}}, 0.0),
    "faint": ({"detector": {"dark_count_probability": 2e-5}, "performance": {"cold_start_s": 0.0}}, 0.0),
    "discard": ({"post_processing": {"double_click_policy": "discard"}, "detector": {"efficiency": 0.9}}, 0.0),
    "both bases": (
        {
            "protocol": {"key_bases": "both", "key_basis_probability": 0.5},
            "security_model": {"proof": "asymptotic-decoy"},
        },
        0.0,
    ),
    "blank all": ({"detector": MEMORY}, 0.01),
    "all live": ({"detector": {**MEMORY, "dead_time_rule": "accept-all-live"}}, 0.01),
    "independent": ({"detector": {**MEMORY, "dead_time_rule": "independent"}}, 0.01),
    "unequal": (
        {
            "detector": {
                "unit": [{"efficiency": 0.25, "dark_count_probability": 1e-5}, {"efficiency": 0.1}],
                "dead_time_s": 0.0,
            }
        },
        0.0,
    ),
}
LOSS_DB = {"faint": 20.0}
BLOCKS = 30


def columns(case: str, fidelity: str, blocks: int, seed: int) -> KeyBlocks:
    tables, _ = CASES[case]
    post = {**POST, **tables.get("post_processing", {})}
    rest = {name: table for name, table in tables.items() if name != "post_processing"}
    made = link(fidelity, loss_db=LOSS_DB.get(case, 10.0), post_processing=post, **rest)
    found: list[KeyBlocks] = []
    for batch in made.blocks(1e6, seed):
        found.append(batch)
        if sum(len(one) for one in found) >= blocks:
            break
    names = [name for name, _ in found[0].columns()]
    whole = KeyBlocks(**{name: np.concatenate([getattr(one, name) for one in found]) for name in names})
    return whole.first(blocks)


def check_means(name: str, sampled: np.ndarray, tallied: np.ndarray, bias: float) -> None:
    """Equal means within four standard errors and the stated bias of tallied means."""
    error = np.sqrt(sampled.var(ddof=1) / len(sampled) + tallied.var(ddof=1) / len(tallied))
    allowed = 4.0 * error + bias * tallied.mean()
    assert abs(sampled.mean() - tallied.mean()) <= allowed, (name, sampled.mean(), tallied.mean(), error)


@pytest.mark.parametrize("case", CASES)
def test_sampled_blocks_are_tallied_blocks(case: str) -> None:
    bias = CASES[case][1]
    sampled, tallied = columns(case, "sampled", BLOCKS, 3), columns(case, "tallied", 1500, 4)
    for name in ("pulses", "qber", "phase_error_rate"):
        check_means(name, getattr(sampled, name), getattr(tallied, name), bias)
    # where key comes from both bases, sampled blocks publish a hundredth of it as a sample; tallied ones publish none
    sample = 500 if case == "both bases" else 0
    assert np.all(sampled.sifted_bits == tallied.sifted_bits[0] - sample)
    assert np.all(tallied.sifted_bits == tallied.sifted_bits[0])
    share = float(np.mean(tallied.outcome == KEY))
    assert np.mean(sampled.outcome == KEY) == pytest.approx(share, abs=4.0 * np.sqrt(share * (1.0 - share) / BLOCKS))
    assert share > 0.99 or case in {"faint", "blank all", "all live", "independent"}
    if share == 1.0:  # tallied blocks plan their leakage, sampled ones have it: the sum is what the theory starts from
        begun = sampled.secret_bits + sampled.leak_ec_bits + sample, tallied.secret_bits + tallied.leak_ec_bits
        check_means("secret and leak", *begun, bias)


def test_durations_scatter_alike() -> None:
    # without memory the pulses of a block are negative binomial; with it the variance has the stated factor, to 10 %
    for case, slack in (("plain", 0.0), ("blank all", 0.1)):
        sampled, tallied = columns(case, "sampled", 60, 5), columns(case, "tallied", 1500, 6)
        ratio = sampled.pulses.var(ddof=1) / tallied.pulses.var(ddof=1)
        low, high = stats.chi2.ppf([1e-4, 1.0 - 1e-4], 59) / 59
        assert low * (1.0 - slack) < ratio < high * (1.0 + slack)


def test_dead_time_and_afterpulses_do_show() -> None:
    # the agreement above would mean little if memory made no difference
    plain, memory = columns("plain", "sampled", 10, 3), columns("blank all", "sampled", 10, 3)
    assert memory.pulses.mean() > 1.02 * plain.pulses.mean()
    assert memory.qber.mean() > 1.5 * plain.qber.mean()


def test_single_photons_agree_too() -> None:
    def blocks(fidelity: str, duration_s: float) -> KeyBlocks:
        return run(link(fidelity, post_processing=POST, **SINGLE), duration_s)

    sampled, tallied = blocks("sampled", 24.0), blocks("tallied", 100.0)
    assert len(sampled) > 10
    for name in ("pulses", "qber", "phase_error_rate"):
        check_means(name, getattr(sampled, name), getattr(tallied, name), 0.0)
    assert np.all(sampled.secret_bits > 0)
    check_means(
        "secret and leak",
        sampled.secret_bits + sampled.leak_ec_bits,
        tallied.secret_bits + tallied.leak_ec_bits,
        0.0,
    )
