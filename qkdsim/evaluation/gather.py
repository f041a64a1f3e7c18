"""Gathering evidence: every procedure that a device allows, for every criterion that concerns it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from qkdsim.errors import InputError
from qkdsim.evaluation.applicability import is_continuous, why_not
from qkdsim.evaluation.catalogue import Criterion
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure

NOT_RUN = "not run: the randomness batteries were left out"
_OF_ONE_END = ("transmitter", "receiver", "rng")
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

    `procedures`: those of `qkdsim.evaluation.procedures` when None. `skip_slow` leaves the randomness batteries out;
    their criteria then have evidence without a value that says so. `on_progress` hears the share that is done and the
    criterion in hand. A criterion that does not concern the device has one entry that says so. Of a pair made of
    modules each module is looked at as well.
    """
    from qkdsim.evaluation.procedures import ALL

    possible = ALL if procedures is None else procedures
    found: dict[str, tuple[Evidence, ...]] = {}
    for index, criterion in enumerate(criteria):
        if on_progress is not None:
            on_progress(index / len(criteria), criterion.id)
        found[criterion.id] = tuple(_evidence(device, criterion, possible, seed, skip_slow))
    return found


def _can_run(procedure: Procedure, device: Device) -> bool:
    if procedure.needs == "bench":
        return device.bench is not None
    if procedure.needs == "module":
        return device.bench is not None and device.profile.identity.role != "link"
    if procedure.needs in ("link", "photons", "quadratures"):
        is_kind = procedure.needs == "link" or (procedure.needs == "quadratures") == is_continuous(device.profile)
        return device.bench is not None and device.profile.identity.role == "link" and is_kind
    if procedure.needs == "records":
        return device.records is not None and device.records.has(procedure.record)
    return True


def _evidence(
    device: Device, criterion: Criterion, procedures: Sequence[Procedure], seed: int, skip_slow: bool
) -> Iterator[Evidence]:
    reason = why_not(criterion.applies, criterion.concerns, device.profile)
    if reason is not None:
        method = criterion.methods[0]
        yield Evidence(criterion.id, method, "none", None, applicable=False, note=reason)
        return
    of_modules = list(_of_modules(device, criterion, procedures, seed, skip_slow))
    yield from of_modules
    for procedure in procedures:
        if procedure.criterion != criterion.id or not _can_run(procedure, device):
            continue
        if of_modules and procedure.needs == "bench" and criterion.category in _OF_ONE_END:
            continue  # done on the module alone, at the clock of the laboratory
        if skip_slow and procedure.is_slow:
            yield Evidence(criterion.id, procedure.method, "none", None, note=NOT_RUN)
        else:
            yield run_procedure(procedure, device, seed)


def _of_modules(
    device: Device, criterion: Criterion, procedures: Sequence[Procedure], seed: int, skip_slow: bool
) -> Iterator[Evidence]:
    """What is found on each module of a pair alone, where one end can be judged by the criterion."""
    for module in device.modules if criterion.concerns == "device" else ():
        for one in _evidence(module, criterion, procedures, seed, skip_slow):
            if one.applicable:
                yield replace(one, facts=(("module", module.name), *one.facts))


def run_procedure(procedure: Procedure, device: Device, seed: int) -> Evidence:
    """What a procedure finds; valid values that nobody can compute with are no crash, but no value either.

    Formulas refuse what is out of their range with ValueError, and overflow with ArithmeticError; arrays would go on
    with inf and nan instead.
    """
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            return procedure.run(device, seed)
    except (InputError, ValueError, ArithmeticError) as error:
        note = f"cannot be computed from these values: {' '.join(str(error).split())}"
        return Evidence(procedure.criterion, procedure.method, "none", None, note=note)
