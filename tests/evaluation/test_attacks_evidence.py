"""The attack procedures as a whole: sound specimens pass, the same seed gives the same evidence, no truth is seen."""

from __future__ import annotations

import pytest
from attacked_devices import LONG_HAUL, METRO, sound

from qkdsim.evaluation.catalogue import load_criteria
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures import (
    attacks_key,
    attacks_light,
    attacks_messages,
    attacks_port,
    attacks_receiver,
)
from qkdsim.evaluation.verdict import judge

MODULES = (attacks_light, attacks_key, attacks_messages, attacks_receiver, attacks_port)
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


@pytest.mark.parametrize("procedure", QUICK, ids=lambda one: one.criterion)
def test_the_same_seed_gives_the_same_evidence(procedure: Procedure) -> None:
    assert procedure.run(sound(), 3) == procedure.run(sound(), 3)


def test_procedures_see_no_truth() -> None:
    assert sound().profile.truth is None
