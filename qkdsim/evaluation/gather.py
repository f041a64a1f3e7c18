"""Gathering evidence: every procedure that a device allows, for every criterion that concerns it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from qkdsim.errors import InputError
from qkdsim.evaluation.applicability import why_not
from qkdsim.evaluation.catalogue import Criterion
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure

GatheredEvidence = Mapping[str, tuple[Evidence, ...]]


def gather(
    device: Device,
    criteria: Sequence[Criterion],
    seed: int,
    *,
    procedures: Sequence[Procedure] | None = None,
    skip_slow: bool = False,
    on_progress: Callable[[float, str], None] | None = None,
) -> GatheredEvidence:
    """All evidence on some criteria, by criterion: one body, to be judged under any scheme and at any level.

    `procedures`: those of `qkdsim.evaluation.procedures` when None. `on_progress` hears the share that is done and the
    criterion in hand. A criterion that does not concern the device has one entry that says so.
    """
    from qkdsim.evaluation.procedures import ALL

    possible = [one for one in (ALL if procedures is None else procedures) if _can_run(one, device, skip_slow)]
    found: dict[str, tuple[Evidence, ...]] = {}
    for index, criterion in enumerate(criteria):
        if on_progress is not None:
            on_progress(index / len(criteria), criterion.id)
        found[criterion.id] = tuple(_evidence(device, criterion, possible, seed))
    return found


def _can_run(procedure: Procedure, device: Device, skip_slow: bool) -> bool:
    if skip_slow and procedure.is_slow:
        return False
    if procedure.needs == "bench":
        return device.bench is not None
    if procedure.needs == "records":
        return device.records is not None and device.records.has(procedure.record)
    return True


def _evidence(device: Device, criterion: Criterion, procedures: Sequence[Procedure], seed: int) -> Iterator[Evidence]:
    reason = why_not(criterion.applies, device.profile)
    if reason is not None:
        method = criterion.methods[0]
        yield Evidence(criterion.id, method, "none", None, applicable=False, note=reason)
        return
    for procedure in procedures:
        if procedure.criterion == criterion.id:
            yield _run(procedure, device, seed)


def _run(procedure: Procedure, device: Device, seed: int) -> Evidence:
    """What a procedure finds; valid values that nobody can compute with are no crash, but no value either.

    Formulas refuse what is out of their range with ValueError, and overflow with ArithmeticError.
    """
    try:
        return procedure.run(device, seed)
    except (InputError, ValueError, ArithmeticError) as error:
        note = f"cannot be computed from these values: {' '.join(str(error).split())}"
        return Evidence(procedure.criterion, procedure.method, "none", None, note=note)
