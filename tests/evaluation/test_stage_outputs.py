"""Outputs of a key-processing device as evidence: the first stage that differs decides, and no bit of key is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from laboratory import entry

from qkdsim.devices import load_profile
from qkdsim.evaluation import Evidence, judge, load_criteria
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.procedures import measured_stages
from qkdsim.evaluation.procedures.measured_stages import PLANNED_BLOCKS, STAGES_OF
from qkdsim.evaluation.records import read_records
from qkdsim.links.distillation import laboratory_link
from qkdsim.links.stage_vectors import stage_vectors
from qkdsim.links.stages import STAGES
from qkdsim.results.vectors import VectorFolder

PROFILE = "gys-2004"
HEAD = """format = "evidence/1"
laboratory = "Test Laboratory"
date = 2025-05-04
device = "Toshiba Research Europe (laboratory) Gobby-Yuan-Shields 2004"
"""
BLOCK = {"loss_db": 0.0, "block_bits": 2e4}


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Path, dict[str, object]]]:
    """Vectors of three blocks by seed, with their manifests, as `qkdsim vectors` writes them."""
    made = {}
    for seed in range(5, 5 + PLANNED_BLOCKS):
        folder = tmp_path_factory.mktemp("vectors") / str(seed)
        with VectorFolder(folder) as writing:
            made[seed] = folder, writing.write(stage_vectors(laboratory_link(PROFILE, **BLOCK), seed))  # type: ignore[arg-type]
    return made


@pytest.fixture
def evidence_of(
    vectors: dict[int, tuple[Path, dict[str, object]]], tmp_path: Path
) -> Callable[..., dict[str, Evidence]]:
    """The evidence on every criterion of stage outputs, after something was done to the folder of block 5."""

    def run(change: Callable[[Path], object] = lambda _: None, blocks: int = 1, **keys: object) -> dict[str, Evidence]:
        text = HEAD
        for seed, (folder, manifest) in list(vectors.items())[:blocks]:
            (tmp_path / f"block{seed}").mkdir()
            for stage in STAGES:
                if stage.role == "output" and (folder / stage.file).exists():
                    shutil.copy(folder / stage.file, tmp_path / f"block{seed}")
            described = {"seed": seed, **BLOCK, "stages_sha256": f'"{manifest["stages_sha256"]}"', **keys}
            text += entry("stage_outputs", f"block{seed}", **described)
        (tmp_path / "evidence.toml").write_text(text)
        change(tmp_path / "block5")
        profile = load_profile(PROFILE)
        device = Device(PROFILE, profile, records=read_records(tmp_path, profile))
        return {one.criterion: one.run(device, 1) for one in measured_stages.PROCEDURES}

    return run


def changed(stage: str, column: str, row: int, by: int) -> Callable[[Path], None]:
    """One number of an output moved; a bit is turned by 1."""

    def change(folder: Path) -> None:
        path = next(folder.glob(f"*-{stage}.parquet"))
        table = pl.read_parquet(path)
        numbers = table[column].cast(pl.Int64).to_list()
        numbers[row] = numbers[row] ^ 1 if column == "bit" else numbers[row] + by
        table.with_columns(pl.Series(column, numbers)).write_parquet(path)

    return change


def verdict(criterion: str, found: Evidence) -> str:
    return judge(load_criteria()[criterion], "L2", found, "measured").verdict


def test_every_output_stage_belongs_to_one_criterion() -> None:
    named = [stage for stages in STAGES_OF.values() for stage in stages]
    assert sorted(named) == sorted(one.name for one in STAGES if one.role == "output")


def test_a_sound_device_passes(evidence_of: Callable[..., dict[str, Evidence]], tmp_path: Path) -> None:
    found = evidence_of(blocks=PLANNED_BLOCKS)
    assert {one: verdict(one, each) for one, each in found.items()} == dict.fromkeys(STAGES_OF, "pass")
    assert found["PP-06"].value == 2.0**-50  # bits of the tag that epsilon_correctness = 1e-15 asks for
    hashes = read_records(tmp_path, load_profile(PROFILE)).sha256
    assert {"evidence.toml", "block5/22-final-key.parquet"} <= set(hashes)


def test_one_block_is_too_few_to_pass(evidence_of: Callable[..., dict[str, Evidence]]) -> None:
    found = evidence_of()
    assert {verdict(one, each) for one, each in found.items()} == {"inconclusive"}
    assert found["PP-11"].value is True


@pytest.mark.parametrize(
    ("stage", "column", "failing"),
    [
        ("bob-detections", "bit", "PP-07"),
        ("estimate", "errors", "PP-07"),
        ("counts", "detections", "PP-07"),
        ("verdict", "secret_bits", "PP-07"),
        ("reconciliation", "parity_bits", "PP-06"),
        ("corrected", "bit", "PP-06"),
        ("authentication", "transcript_bytes", "PP-13"),
        ("final-key", "bit", "PP-11"),
    ],
)
def test_the_criterion_of_the_stage_fails(
    stage: str, column: str, failing: str, evidence_of: Callable[..., dict[str, Evidence]]
) -> None:
    found = evidence_of(changed(stage, column, 0, 1))
    assert [one for one, each in found.items() if verdict(one, each) == "fail"] == [failing]
    reason = found[failing].contradiction
    assert reason.startswith("block5/")
    assert f"stage {stage} differs: column {column}, row 0: " in reason
    if column == "bit":
        assert reason.endswith("another value")


def test_stages_after_the_first_fault_are_open(evidence_of: Callable[..., dict[str, Evidence]]) -> None:
    def change(folder: Path) -> None:
        changed("corrected", "bit", 3, 1)(folder)
        changed("final-key", "bit", 4, 1)(folder)

    found = evidence_of(change)
    assert verdict("PP-06", found["PP-06"]) == "fail"
    assert found["PP-11"].value is None
    assert found["PP-11"].note == "block5/15-corrected.parquet: stage corrected differs, and final-key follows from it"


def test_a_shorter_key_is_no_excess(evidence_of: Callable[..., dict[str, Evidence]]) -> None:
    found = evidence_of(changed("verdict", "secret_bits", 0, -100))
    assert (found["PP-07"].value, found["PP-07"].contradiction) == (-100.0, "")


def test_outputs_left_out_are_named(evidence_of: Callable[..., dict[str, Evidence]]) -> None:
    found = evidence_of(lambda folder: (folder / "21-authentication.parquet").unlink())
    assert (found["PP-13"].value, found["PP-13"].note) == (None, "block5: no outputs of authentication")
    assert found["PP-11"].value is True


def test_another_decoder_is_no_fault() -> None:
    from qkdsim.evaluation.records import ComparedStages, RecordEntry, StageOutputs
    from qkdsim.results.vectors_check import StageCheck

    stages = tuple(
        StageCheck(name, f"{name}.parquet", "output", "different") for name in ("reconciliation", "corrected")
    )
    made = StageOutputs(
        RecordEntry(kind="stage_outputs", file="b", instrument="i", seed=1, loss_db=1.0, stages_sha256="0" * 64),
        Path("b"),
    )
    for decoder, is_fault in (("ldpc", False), ("cascade", True)):
        each = ComparedStages(stages, reconciliation=decoder)
        assert bool(measured_stages._fault("PP-06", made, each)) is is_fault
        assert "another LDPC decoder" in measured_stages._not_known("PP-06", made, each) or is_fault


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"seed": 6}, "evidence.toml: block5: stages_sha256: got "),
        ({"loss_db": 3.0}, "evidence.toml: block5: stages_sha256: got "),
        ({"block_bits": 100.0}, "no key to write vectors of"),
        ({"block_bits": 1e14}, "block_bits: got 100000000000000.0, expected a number"),
        ({"loss_db": 1e9}, "loss_db: got 1000000000.0"),
        ({"reconciliation": '"magic"'}, "reconciliation: got 'magic', expected one of cascade"),
    ],
)
def test_other_vectors(keys: dict[str, object], message: str, evidence_of: Callable[..., dict[str, Evidence]]) -> None:
    for one in evidence_of(**keys).values():
        assert one.value is None
        assert message in one.note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shutil.rmtree, "block5: evidence.toml lists it, there is no such folder"),
        (lambda folder: (folder / "22-final-key.parquet").write_bytes(b"x"), "not a Parquet file that can be read"),
        (lambda folder: [one.unlink() for one in folder.iterdir()], "holds no outputs"),
        (
            lambda folder: pl.DataFrame({"slot": [1], "intensity": [0], "basis": [0], "bit": [0]}).write_parquet(
                folder / "01-alice-raw.parquet"
            ),
            "block5/01-alice-raw.parquet: got column slot, row 0",
        ),
    ],
)
def test_outputs_that_cannot_be_used(
    change: Callable[[Path], object], message: str, evidence_of: Callable[..., dict[str, Evidence]]
) -> None:
    for one in evidence_of(change).values():
        assert one.value is None
        assert message in one.note
        assert "\n" not in one.note
