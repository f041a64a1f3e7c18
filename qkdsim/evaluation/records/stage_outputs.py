"""Outputs of a key-processing device for the inputs of stage vectors, compared with vectors computed anew."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qkdsim.devices import DeviceProfile, Quantity
from qkdsim.errors import InputError, Problem, QkdsimError
from qkdsim.evaluation.records.description import NAME, RecordEntry
from qkdsim.links.stages import STAGES

if TYPE_CHECKING:
    from qkdsim.results.vectors_check import StageCheck

FILES = frozenset(one.file for one in STAGES)


@dataclass(frozen=True, slots=True)
class ComparedStages:
    """What became of every stage, in order, and the length of key that device and vectors give, None if not told.

    With `problems` nothing may be concluded from it.
    """

    stages: tuple[StageCheck, ...] = ()
    secret_bits: int | None = None
    expected_secret_bits: int = 0
    parity_bits: int = 0
    verification_bits: int = 0
    reconciliation: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)  # no slots: the comparison takes seconds and is kept with the record
class StageOutputs:
    """A folder of a device's outputs for the stage vectors that its entry names. Holds key of a test, never shown."""

    entry: RecordEntry
    folder: Path
    profile: DeviceProfile | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()

    @cached_property
    def compared(self) -> ComparedStages:
        """The outputs beside what the vectors' seed gives for this device, stage by stage."""
        if self.problems or self.profile is None:
            return ComparedStages(problems=self.problems or (Problem(self.entry.file, "", "", "no profile"),))
        try:
            return _compared(self.entry, self.folder, self.profile)
        except InputError as error:
            return ComparedStages(problems=error.problems)
        except QkdsimError as error:
            return ComparedStages(problems=(Problem(self.entry.file, "", "", f"no stage vectors: {error}"),))


def _compared(entry: RecordEntry, folder: Path, profile: DeviceProfile) -> ComparedStages:
    """Raises InputError where the vectors are not those that the entry names, or the outputs cannot be read."""
    from qkdsim.links.distillation import laboratory_link
    from qkdsim.links.stage_vectors import stage_vectors
    from qkdsim.results.vectors import VectorFolder
    from qkdsim.results.vectors_check import check_vectors

    vectors = stage_vectors(laboratory_link(_as_of_the_vectors(entry, profile), loss_db=entry.loss_db), entry.seed or 0)
    with tempfile.TemporaryDirectory() as place:
        reference = Path(place) / "vectors"
        with VectorFolder(reference) as written:
            manifest = written.write(vectors)
        if manifest["stages_sha256"] != entry.stages_sha256:
            raise InputError.of(
                NAME,
                f"{entry.file}: stages_sha256",
                f"{(entry.stages_sha256 or '')[:16]}…",
                f"{manifest['stages_sha256'][:16]}…, that of the vectors of this device, loss, block and seed",
            )
        found = check_vectors(reference, folder)
    return ComparedStages(
        stages=found.stages,
        secret_bits=_secret_bits(folder),
        expected_secret_bits=int(vectors.ledger["secret_bits"]),
        parity_bits=int(vectors.ledger["leak_ec_bits"]),
        verification_bits=int(vectors.agreed["verification_bits"]),
        reconciliation=str(vectors.made_from["reconciliation"]),
        problems=tuple(_of_the_inputs(entry, found.stages)),
    )


def _as_of_the_vectors(entry: RecordEntry, profile: DeviceProfile) -> DeviceProfile:
    """The device with the block and the reconciliation for which the vectors were written. Raises InputError."""
    from qkdsim.links.reference_fibre import check_block_bits
    from qkdsim.links.sampled_limits import MAX_BLOCK_BITS
    from qkdsim.postprocessing.reconciliation import RECONCILIATIONS

    check_block_bits(f"{NAME}: {entry.file}", entry.block_bits, MAX_BLOCK_BITS)
    if entry.reconciliation is not None and entry.reconciliation not in RECONCILIATIONS:
        where, known = f"{entry.file}: reconciliation", f"one of {', '.join(RECONCILIATIONS)}"
        raise InputError.of(NAME, where, entry.reconciliation, known)
    changes: dict[str, Any] = {}
    if entry.block_bits is not None:
        changes["block_size_bits"] = Quantity(entry.block_bits)
    if entry.reconciliation is not None:
        changes["error_correction"] = entry.reconciliation
    post = profile.post_processing
    if post is None or not changes:
        return profile
    return profile.model_copy(update={"post_processing": post.model_copy(update=changes)})


def _of_the_inputs(entry: RecordEntry, stages: tuple[StageCheck, ...]) -> list[Problem]:
    """Inputs beside the outputs that are not those of the vectors: the device was fed something else."""
    return [
        Problem(f"{entry.file}/{one.file}", "", str(one.difference), "the input of the vectors")
        for one in stages
        if one.role == "input" and one.state == "different"
    ]


def _secret_bits(folder: Path) -> int | None:
    """The length of key that the device gives, read after the folder was found readable."""
    import polars as pl

    path = folder / "19-verdict.parquet"
    if not path.is_file():
        return None
    column = pl.read_parquet(path).to_dict(as_series=False).get("secret_bits", [])
    return column[0] if len(column) == 1 and isinstance(column[0], int) else None
