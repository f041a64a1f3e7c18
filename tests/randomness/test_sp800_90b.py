"""SP 800-90B against NIST's reference results, against a slow second writing, and on sources of known entropy."""

from __future__ import annotations

import numpy as np
import pytest

from qkdsim.randomness import predictors, sp800_90b
from qkdsim.randomness.conditioning import output_entropy
from qkdsim.randomness.repeats import repeats
from qkdsim.randomness.sources import chain
from qkdsim.rng import stream
from tests.randomness import slow_reference
from tests.references import load

NIST = load("sp800-90b")["results"]
WORKED = np.array([int(bit) for bit in load("sp800-90b")["inputs"]["worked_bits"]], dtype=np.uint8)


def test_worked_example_of_the_collision_estimate() -> None:
    assert sp800_90b.collision(WORKED) == pytest.approx(NIST["worked_collision"], abs=1e-4)


def test_formulas_give_the_reference_results() -> None:
    for one in NIST["collision"]:
        assert sp800_90b.collision_probability(one["mean"]) == pytest.approx(one["p"], abs=1e-12)
    for one in NIST["markov"]:
        found = sp800_90b.markov_entropy(tuple(one["first"]), np.array(one["chain"]))
        assert found == pytest.approx(one["entropy"], abs=1e-12)
    for one in NIST["compression"]:
        found = sp800_90b.compression_probability(one["mean"], one["samples"] // 6)
        assert found == pytest.approx(one["p"], abs=1e-12)
    for one in NIST["upper_bound"]:
        assert sp800_90b.upper_bound(one["p"], one["samples"]) == pytest.approx(one["upper"], abs=1e-12)
    for one in NIST["predictor"]:
        found = sp800_90b.predicted(one["predictions"], one["right"], one["run"])
        assert found == pytest.approx(one["entropy"], abs=1e-9)
        if "local" in one:
            local = sp800_90b.local_probability(one["run"] + 1, one["predictions"])
            assert local == pytest.approx(one["local"], abs=1e-9)


@pytest.mark.parametrize("likely", [0.5, 0.8, 1.0])
@pytest.mark.parametrize("name", ["most_common_in_window", "lag", "markov_with_counting", "lempel_ziv"])
def test_predictors_against_a_slow_second_writing(name: str, likely: float) -> None:
    bits = chain(5000, likely, 0.1 if likely == 0.5 else 0.0, stream(3, name, str(likely)))
    assert getattr(predictors, name)(bits) == getattr(slow_reference, name)(bits.tolist())


def test_a_full_dictionary_takes_no_more_strings() -> None:
    bits = chain(3000, 0.5, 0.0, stream(3, "full"))
    assert predictors.lempel_ziv(bits, 16, 500) == slow_reference.lempel_ziv(bits.tolist(), 500)


@pytest.mark.parametrize("likely", [0.5, 0.9, 1.0])
def test_repeats_against_a_slow_second_writing(likely: float) -> None:
    bits = chain(400, likely, 0.0, stream(4, str(likely)))
    most, pairs = repeats(bits)
    assert (most.tolist(), pairs.tolist()) == slow_reference.repeats(bits.tolist())


@pytest.mark.parametrize("likely", [0.5, 0.7, 0.95])
def test_no_estimate_says_more_than_there_is(likely: float) -> None:
    truth = -np.log2(likely)
    found = sp800_90b.estimate(chain(300_000, likely, 0.0, stream(5, str(likely))))
    assert len(found.by_name) == 10
    assert 0.5 * truth < found.least < truth
    assert dict(found.by_name)["most common value"] == pytest.approx(truth, abs=0.012)


def test_correlation_is_seen_by_those_that_look_for_it() -> None:
    found = dict(sp800_90b.estimate(chain(300_000, 0.5, 0.3, stream(6, "correlated"))).by_name)
    truth = -np.log2(0.8)  # a bit repeats the one before with probability 0.8
    assert found["most common value"] > 0.98
    assert found["Markov"] == pytest.approx(truth, abs=0.02)
    assert found["MultiMMC prediction"] == pytest.approx(truth, abs=0.02)


def test_a_stuck_source_has_none() -> None:
    assert sp800_90b.estimate(np.zeros(20_000, np.uint8)).least == pytest.approx(0.0, abs=1e-3)


def test_too_few_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="10,000"):
        sp800_90b.estimate(np.zeros(9_999, np.uint8))


def test_conditioning_gives_no_more_than_enters_and_no_more_than_fits() -> None:
    for entropy in (1.0, 64.0, 255.0, 256.0, 320.0, 512.0):
        found = output_entropy(512, 256, 256, entropy)
        assert found <= min(entropy, 256.0) + 1e-9
    assert output_entropy(512, 256, 256, 64.0) == pytest.approx(64.0, abs=1e-9)
    assert output_entropy(512, 256, 256, 512.0) > 255.9
    assert output_entropy(256, 256, 256, 256.0) < 256.0
