"""Decoy bounds against the truth: counts drawn from click tables by photon number, so that every class is known.

The theory sees sums over photon numbers. A bound fails when the truth lies on its other side; every tail bound inside
is formed at EPSILON, and what is built of several of them may fail in a fraction EPSILON of runs, with an eavesdropper
or without.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from protocols.setups import setup
from qkdsim.detections import DetectorMemory, Tallied, TallyTable, registered
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    Attack,
    Bb84Setup,
    InterceptResend,
    PhotonNumberCounts,
    PhotonNumberTables,
    photon_number_tables,
    unnoticed_splitting,
)
from qkdsim.protocols.clicktable import FloatArray
from qkdsim.protocols.keylength import DecoySettings, KeyLength, Statistics, lim2014, rusca2018
from qkdsim.protocols.keylength.lim2014 import TERMS as LIM_TERMS
from qkdsim.protocols.keylength.rusca2018 import TERMS as RUSCA_TERMS
from qkdsim.protocols.tailbounds import TAIL_BOUNDS
from qkdsim.rng import stream

RUNS, EPSILON = 10_000, 1e-2
ALLOWED = EPSILON + 4.0 * np.sqrt(EPSILON / RUNS)  # 4 standard errors of a fraction EPSILON
CLASSES = 3  # no photon, one, more

INTENSITIES: dict[str, dict[str, Any]] = {
    "lim-2014": {"mean_photon_number": [0.5, 0.1, 0.001], "intensity_probability": [0.6, 0.3, 0.1]},
    "rusca-2018": {"mean_photon_number": [0.5, 0.2], "intensity_probability": [0.7, 0.3]},
}
# pulses, transmittance: many clicks of light; few; and noise clicks almost alone
POINTS = {"near": (3e7, 0.05), "far": (1e10, 1e-3), "dark": (3e7, 1e-5)}
ATTACKS = ("nobody", "intercept-resend", "photon-number splitting")
BOUNDS = [name for name in TAIL_BOUNDS if name != "none"]
THEORIES = [
    *((theory, bound, "gamma") for theory in INTENSITIES for bound in BOUNDS),
    ("rusca-2018", "hoeffding", "serfling"),
]


@dataclass(frozen=True)
class Truth:
    """What theory sees, and what nobody sees, by run.

    `phase_errors` are the errors that the single photons of the key basis would have shown in the test basis.
    """

    seen: Statistics
    vacuum: FloatArray
    single: FloatArray
    phase_errors: FloatArray


def setup_of(theory: str, point: str) -> Bb84Setup:
    return setup(
        **INTENSITIES[theory],
        transmittance=[POINTS[point][1]] * 2,
        noise_probability=[5e-5, 5e-5],
        error_probability=[0.02, 0.03],
        sent_basis_probability=[0.7, 0.3],
        measured_basis_probability=[0.7, 0.3],
    )


def tables_of(theory: str, point: str, attacked_by: str) -> PhotonNumberTables:
    tables = photon_number_tables(setup_of(theory, point))
    attacks: dict[str, Attack] = {
        "nobody": lambda unchanged: unchanged,
        "intercept-resend": InterceptResend(0.2),
        # of which a part of the single photons survives
        "photon-number splitting": unnoticed_splitting(tables, 4.0),
    }
    return attacks[attacked_by](tables)


def phase_errors(tables: PhotonNumberTables, single: FloatArray, generator: np.random.Generator) -> FloatArray:
    """What single photons of the key basis would have shown in the other one: errors as probable as those tested."""
    bits = tables.exactly(1).bit_probability()[0, TEST_BASIS, :, TEST_BASIS]
    return generator.binomial(single.astype(np.int64), (bits[0, 1] + bits[1, 0]) / bits.sum()).astype(np.float64)


@cache
def draw(theory: str, point: str, attacked_by: str) -> Truth:
    """One multinomial per run over intensity, photon number, basis and right or wrong bit; the rest goes together."""
    generator = stream(20261120, theory, point, attacked_by)
    tables = tables_of(theory, point, attacked_by)
    resolved = tables.resolved(CLASSES)
    joint = resolved.setting_probability[..., None] * resolved.bit_probability()
    matched = np.stack([joint[:, basis, :, basis] for basis in (KEY_BASIS, TEST_BASIS)], axis=1)
    right, wrong = matched[..., 0, 0] + matched[..., 1, 1], matched[..., 0, 1] + matched[..., 1, 0]
    cells = np.stack([right, wrong], axis=-1)  # (K * classes, basis, right or wrong)
    probability = np.append(cells.ravel(), 1.0 - cells.sum())
    drawn = generator.multinomial(int(POINTS[point][0]), probability, size=RUNS)[:, :-1].astype(np.float64)
    counts = drawn.reshape(RUNS, -1, CLASSES, 2, 2)
    detected = counts.sum(axis=-1)  # (runs, K, classes, basis)
    key, test = detected[..., KEY_BASIS].sum(axis=2), detected[..., TEST_BASIS].sum(axis=2)
    errors = counts[..., 1].sum(axis=2)
    single = detected[:, :, 1, KEY_BASIS].sum(axis=1)
    return Truth(
        Statistics(key, errors[..., KEY_BASIS], test, errors[..., TEST_BASIS]),
        detected[:, :, 0, KEY_BASIS].sum(axis=1),
        single,
        phase_errors(tables, single, generator),
    )


def bounds_of(theory: str, made: Bb84Setup, seen: Statistics, bound: str, sampling: str = "gamma") -> KeyLength:
    settings = DecoySettings(made.mean_photon_number, made.intensity_probability, 1e-15)
    runs = len(seen.key)
    if theory == "lim-2014":
        return lim2014(seen, settings, np.full(runs, EPSILON * LIM_TERMS), np.zeros(runs), tail_bound=bound)
    epsilon = np.full(runs, EPSILON * RUSCA_TERMS)
    return rusca2018(seen, settings, epsilon, np.zeros(runs), tail_bound=bound, sampling_bound=sampling)


@cache
def bounds(theory: str, point: str, attacked_by: str, bound: str, sampling: str = "gamma") -> KeyLength:
    return bounds_of(theory, setup_of(theory, point), draw(theory, point, attacked_by).seen, bound, sampling)


def failures(found: KeyLength, truth: Truth) -> dict[str, float]:
    """Fractions of runs in which each bound is on the wrong side."""
    rate = truth.phase_errors / np.maximum(truth.single, 1.0)
    return {
        "vacuum": float((found.vacuum_bits > truth.vacuum).mean()),
        "single photons": float((found.single_photon_bits > truth.single).mean()),
        # a bound of 1/2 claims nothing: the entropy of the bits is at its largest
        "phase errors": float(((found.phase_error_rate < rate) & (found.phase_error_rate < 0.5)).mean()),
    }


@pytest.mark.parametrize("attacked_by", ATTACKS)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("theory", "bound", "sampling"), THEORIES)
def test_bounds_are_on_the_safe_side(theory: str, bound: str, sampling: str, point: str, attacked_by: str) -> None:
    found = bounds(theory, point, attacked_by, bound, sampling)
    assert max(failures(found, draw(theory, point, attacked_by)).values()) <= ALLOWED


@pytest.mark.parametrize("point", ["near", "far"])
@pytest.mark.parametrize(("theory", "bound", "sampling"), THEORIES)
def test_those_bounds_claim_something(theory: str, bound: str, sampling: str, point: str) -> None:
    found = bounds(theory, point, "nobody", bound, sampling)
    assert np.all(found.single_photon_bits > 0.5 * draw(theory, point, "nobody").single)
    assert np.all(found.phase_error_rate < 0.4)


@pytest.mark.parametrize("attacked_by", ATTACKS)
@pytest.mark.parametrize(("theory", "point"), [("lim-2014", "near"), ("lim-2014", "dark"), ("rusca-2018", "dark")])
def test_taking_counts_at_face_value_is_not_safe(theory: str, point: str, attacked_by: str) -> None:
    """The test can fail. With one decoy it takes noise: elsewhere its estimate of empty pulses is cautious enough."""
    found = bounds(theory, point, attacked_by, "none")
    assert max(failures(found, draw(theory, point, attacked_by)).values()) > 0.1


@pytest.mark.parametrize("attacked_by", ["nobody", "intercept-resend"])
def test_counts_of_the_tallied_fidelity_are_safe_too(attacked_by: str) -> None:
    """The same through `registered`, `TallyTable` and `Tallied`, as links draw their blocks."""
    theory, point = "lim-2014", "near"
    tables, generator = tables_of(theory, point, attacked_by), stream(7, theory, point, attacked_by)
    clicks = registered(tables.resolved(CLASSES), DetectorMemory(np.zeros(2), np.zeros(2)))
    tally, tallied = TallyTable.of(clicks, both_bases=False), Tallied(generator)
    pulses = np.full(RUNS, POINTS[point][0])
    counts = tallied.counts(tally, pulses, tallied.key_detections(tally, pulses, np.inf))
    apart = PhotonNumberCounts.of(counts, CLASSES)
    detected = apart.detected(KEY_BASIS).sum(axis=1)
    single = detected[:, 1]
    truth = Truth(Statistics.of(apart.seen), detected[:, 0], single, phase_errors(tables, single, generator))
    for bound in ("hoeffding", "chernoff"):
        found = bounds_of(theory, tables.setup, truth.seen, bound)
        assert max(failures(found, truth).values()) <= ALLOWED
    assert max(failures(bounds_of(theory, tables.setup, truth.seen, "none"), truth).values()) > 0.1
