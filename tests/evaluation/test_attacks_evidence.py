"""The attack procedures as a whole: sound specimens pass, the same seed gives the same evidence, no truth is seen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from attacked_devices import LONG_HAUL, METRO, sound

import qkdsim.evaluation.procedures
from qkdsim.evaluation.catalogue import load_criteria
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures import (
    attacks_key,
    attacks_light,
    attacks_messages,
    attacks_port,
    attacks_receiver,
    release_boundary,
)
from qkdsim.evaluation.verdict import judge

MODULES = (release_boundary, attacks_light, attacks_key, attacks_messages, attacks_receiver, attacks_port)
ALL = tuple(procedure for module in MODULES for procedure in module.PROCEDURES)
SLOW = ("PP-04", "PP-14", "PP-16")  # a second or two each; what they draw is drawn like the rest
QUICK = tuple(one for one in ALL if one.criterion not in SLOW)


@pytest.mark.parametrize("procedure", ALL, ids=lambda one: one.criterion)
@pytest.mark.parametrize("name", [METRO, LONG_HAUL])
def test_sound_specimens_pass_at_the_enhanced_level(name: str, procedure: Procedure) -> None:
    evidence = procedure.run(sound(name), 1)
    assert evidence.criterion == procedure.criterion
    assert evidence.method == procedure.method
    assert evidence.basis == "specimen"
    assert judge(load_criteria()[procedure.criterion], "L2", evidence).verdict == "pass", evidence
    for series in evidence.series:
        assert len(series.x) == len(series.y) > 1


@pytest.mark.parametrize("criterion", ["RX-08", "RX-18", "RX-21", "TX-16"])
def test_an_operating_characteristic_starts_with_the_false_alarms(criterion: str) -> None:
    procedure = next(one for one in ALL if one.criterion == criterion)
    (series,) = procedure.run(sound(), 1).series
    assert series.y_low is not None
    assert series.y_high is not None
    assert list(series.x) == sorted(series.x)
    assert all(low <= y <= high for low, y, high in zip(series.y_low, series.y, series.y_high, strict=True))
    weakest = min(range(len(series.x)), key=lambda place: abs(series.x[place]))
    assert series.y[weakest] == 0.0
    assert max(series.y) == (0.0 if criterion == "RX-18" else 1.0)  # shifted pulses cost light, which she makes up for


@pytest.mark.parametrize("procedure", QUICK, ids=lambda one: one.criterion)
def test_the_same_seed_gives_the_same_evidence(procedure: Procedure) -> None:
    assert procedure.run(sound(), 3) == procedure.run(sound(), 3)


PROCEDURE_FILES = sorted(Path(qkdsim.evaluation.procedures.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", PROCEDURE_FILES, ids=lambda one: one.stem)
def test_no_procedure_looks_behind_its_bench(path: Path) -> None:
    """The bench of a specimen holds what is hidden; Python would let a procedure take it."""
    looked_at = {one.attr for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.Attribute)}
    assert not looked_at & {"hidden", "truth", "true_profile", "known_points"}
    assert not {one for one in looked_at if one.startswith("_") and not one.startswith("__")}
