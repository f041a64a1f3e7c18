"""Stage outputs of a key-processing device: PP-06, PP-07, PP-11, PP-13. Each output stage belongs to one criterion.

A stage follows from the ones before it, so only the first one that differs is a fault for sure; criteria whose stages
differ after it are inconclusive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qkdsim.errors import InputError
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Method
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.measured import on_records
from qkdsim.evaluation.records import ComparedStages, Records, StageOutputs
from qkdsim.evaluation.records.reading import wrong

if TYPE_CHECKING:
    from qkdsim.results.vectors_check import StageCheck

PLANNED_BLOCKS = 3
STAGES_OF: Mapping[str, tuple[str, ...]] = {
    "PP-07": (
        "bob-detections",
        "detections-message",
        "bases-message",
        "alice-sifted",
        "bob-sifted",
        "estimate",
        "counts",
        "verdict",
    ),
    "PP-06": ("reconciliation", "corrected", "verification"),
    "PP-13": ("authentication",),
    "PP-11": ("final-key",),
}
METHOD: Mapping[str, Method] = {
    "PP-06": "inspection",
    "PP-07": "experiment",
    "PP-11": "experiment",
    "PP-13": "experiment",
}


def processing_correct(criterion: str, device: Device, records: Records) -> Evidence:
    """Whether the stages of a criterion are what they must be in every block, and the value that follows.

    PP-06: chance that unequal keys pass verification, by the bits compared. PP-07: bits of key beyond the length that
    the declared theory gives. PP-11: whether the key is the declared hash of the corrected one. PP-13: blocks whose
    tags are not those that unused key gives.
    """
    blocks = [(one, one.compared) for one in records.stage_outputs]
    problems = [problem for _, each in blocks for problem in each.problems]
    if problems:
        raise InputError(*problems)
    faults = [fault for one, each in blocks if (fault := _fault(criterion, one, each))]
    open_ends = [why for one, each in blocks if (why := _not_known(criterion, one, each))]
    value: float | bool | None = _value(criterion, [each for _, each in blocks], len(faults))
    note = f"outputs of {', '.join(STAGES_OF[criterion])} compared with stage vectors"
    if open_ends and not faults:
        value, note = None, open_ends[0]
    return Evidence(
        criterion,
        METHOD[criterion],
        "measured",
        value,
        confidence=1.0,  # nothing is left to chance
        sample_size=float(len(blocks)),
        planned_size=float(PLANNED_BLOCKS),
        events=len(faults) if criterion in ("PP-07", "PP-13") else None,
        note=faults[0] if faults else note,
        facts=tuple(fact for one, each in blocks for fact in _facts(one, each)),
        contradiction=faults[0] if faults else "",
    )


def _first_fault(each: ComparedStages) -> StageCheck | None:
    return next((one for one in each.stages if one.role == "output" and one.state == "different"), None)


def _is_free(each: ComparedStages, stage: StageCheck) -> bool:
    """Whether a device may differ in a stage: an LDPC decoder of its own asks other questions."""
    return stage.name == "reconciliation" and each.reconciliation == "ldpc"


def _is_only_shorter(each: ComparedStages, stage: StageCheck) -> bool:
    """A key shorter than the bound allows is no excess."""
    return stage.name == "verdict" and each.secret_bits is not None and each.secret_bits < each.expected_secret_bits


def _fault(criterion: str, one: StageOutputs, each: ComparedStages) -> str:
    """What is wrong, where the first stage that differs is one of the criterion's; else nothing."""
    first = _first_fault(each)
    if (
        first is None
        or first.name not in STAGES_OF[criterion]
        or _is_free(each, first)
        or _is_only_shorter(each, first)
    ):
        return ""
    where = f"{one.entry.file}/{first.file}: stage {first.name} differs: {first.difference}"
    missing = [stage.name for stage in each.stages if stage.state == "missing"]
    return f"{where} (not given: {', '.join(missing)})" if missing else where


def _not_known(criterion: str, one: StageOutputs, each: ComparedStages) -> str:
    """Why nothing can be said: stages left out, or differing after one that differs already."""
    own = [stage for stage in each.stages if stage.name in STAGES_OF[criterion]]
    missing = [stage.name for stage in own if stage.state == "missing"]
    if missing:
        return f"{one.entry.file}: no outputs of {', '.join(missing)}"
    first = _first_fault(each)
    differing = [stage for stage in own if stage.state == "different" and not _is_only_shorter(each, stage)]
    if first is None or not differing:
        return ""
    if _is_free(each, first):
        return f"{one.entry.file}/{first.file}: another LDPC decoder asks other questions, and all that follows differs"
    return f"{one.entry.file}/{first.file}: stage {first.name} differs, and {differing[0].name} follows from it"


def _value(criterion: str, blocks: Sequence[ComparedStages], faults: int) -> float | bool:
    if criterion == "PP-06":
        return float(max(2.0**-one.verification_bits for one in blocks))
    if criterion == "PP-07":
        return float(max((one.secret_bits or 0) - one.expected_secret_bits for one in blocks))
    return float(faults) if criterion == "PP-13" else faults == 0


def _facts(one: StageOutputs, each: ComparedStages) -> list[tuple[str, float | str]]:
    entry, equal = one.entry, sum(stage.role == "output" and stage.state == "equal" for stage in each.stages)
    first = _first_fault(each)
    return [
        ("record", entry.file),
        ("instrument", entry.instrument),
        ("stage vectors", f"seed {entry.seed}, {entry.loss_db:g} dB, SHA-256 {entry.stages_sha256}"),
        ("stages that agree", float(equal)),
        ("first stage that differs", "none" if first is None else first.name),
    ]


def _on_stages(criterion: str) -> Procedure:
    def find(device: Device, records: Records) -> Evidence:
        if not device.profile.is_modelled:
            raise wrong(device.name, "", "no source, detector and post-processing", "a device with stage vectors")
        return processing_correct(criterion, device, records)

    return on_records(criterion, METHOD[criterion], "stage_outputs", find)


PROCEDURES: tuple[Procedure, ...] = tuple(_on_stages(one) for one in STAGES_OF)
