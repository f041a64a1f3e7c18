"""Random numbers and hybrid keys of specimens: what the sound ones show and the batteries find."""

from __future__ import annotations

import pytest
from defects import BATTERIES

from qkdsim import rng
from qkdsim.devices import load_profile
from qkdsim.devices.key_behaviour import HybridTruth
from qkdsim.devices.operation import Pqc
from qkdsim.evaluation.catalogue import load_criteria
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures import hybrid, randomness
from qkdsim.evaluation.specimen.hybrid_attempts import ATTEMPTS, shaken
from qkdsim.evaluation.specimen.hybrid_module import SimulatedHybrid
from qkdsim.evaluation.specimen.key_bench import Mix
from qkdsim.evaluation.specimen.simulated import SimulatedBench, declared
from qkdsim.evaluation.verdict import judge

SOUND = ("generic-ingaas-metro", "generic-snspd-longhaul")
MODULES = (randomness, hybrid)
PROCEDURES = [one for module in MODULES for one in module.PROCEDURES]


def device(name: str) -> Device:
    profile = load_profile(name)
    return Device(name, declared(profile), SimulatedBench(profile, 1))


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("procedure", [one for one in PROCEDURES if not one.is_slow], ids=lambda one: one.criterion)
def test_sound_specimens_pass(name: str, procedure: Procedure) -> None:
    criterion = load_criteria()[procedure.criterion]
    assert judge(criterion, "L2", procedure.run(device(name), 3)).verdict == "pass"


@pytest.mark.slow
@pytest.mark.parametrize("procedure", [one for one in PROCEDURES if one.is_slow], ids=lambda one: one.criterion)
def test_sound_specimens_pass_the_batteries(procedure: Procedure) -> None:
    criterion = load_criteria()[procedure.criterion]
    assert judge(criterion, "L2", procedure.run(device(SOUND[0]), 3)).verdict == "pass"


@pytest.mark.slow
@pytest.mark.parametrize(("criterion", "defect"), BATTERIES)
def test_batteries_fail_defective_devices(criterion: str, defect: str) -> None:
    run = next(one.run for one in randomness.PROCEDURES if one.criterion == criterion and one.is_slow)
    assert judge(load_criteria()[criterion], "L2", run(device(f"defective/{defect}"), 3)).verdict == "fail"


def test_same_seed_same_evidence() -> None:
    assert hybrid.downgrade(device(SOUND[0]), 7) == hybrid.downgrade(device(SOUND[0]), 7)


@pytest.mark.parametrize("attempt", [name for name in ATTEMPTS if name != "undisturbed"])
def test_no_attempt_downgrades_the_handshake(attempt: str) -> None:
    assert shaken("QkdAndPqcRequired", attempt, rng.stream(1, attempt)) is None


def test_the_undisturbed_handshake_mixes_both_and_a_weak_policy_shows() -> None:
    assert shaken("QkdAndPqcRequired", "undisturbed", rng.stream(1)) == ("qkd", "x25519", "ml-kem-768")
    weak = shaken("EitherQkdOrPqcRequired", "no QKD key at either end", rng.stream(1))
    assert weak == ("x25519", "ml-kem-768")


def test_an_xor_combiner_is_sound_but_binds_nothing() -> None:
    module = SimulatedHybrid(HybridTruth(), Pqc(combiner=("xor",)))
    mix = Mix(bytes(range(32)), bytes(range(50, 82)))
    assert module.combined(mix) == bytes(a ^ b for a, b in zip(mix.qkd, mix.pqc, strict=True))
    assert module.combined(mix) == module.combined(Mix(mix.qkd, mix.pqc, key_id="key-2"))
