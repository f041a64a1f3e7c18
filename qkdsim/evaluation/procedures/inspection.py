"""Inspection: what follows from the declared profile alone. Criteria whose metric is a parameter of the profile."""

from __future__ import annotations

from qkdsim.evaluation.catalogue import load_criteria
from qkdsim.evaluation.declared import Declared, declared
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure

Facts = tuple[tuple[str, float | str], ...]


def inspected(
    criterion: str,
    found: Declared,
    what: str,
    *,
    facts: Facts = (),
    contradiction: str = "",
    method: str = "inspection",
) -> Evidence:
    """Evidence from a declared value; `what` names it, for the note."""
    states = {"none": f"the profile does not state {what}", "assumed": f"{what}: assumed, nobody declares it"}
    interval = found.interval
    return Evidence(
        criterion=criterion,
        method="experiment" if method == "experiment" else "inspection",
        basis=found.basis,
        value=found.value,
        interval=interval,
        confidence=1.0 if interval is None else 0.95,
        note=states.get(found.basis, what),
        facts=facts,
        contradiction=contradiction,
    )


def _reading(criterion: str, parameter: str) -> Procedure:
    """The procedure that reads one parameter, its worse end where an uncertainty is stated."""

    def read(device: Device, seed: int) -> Evidence:
        return inspected(criterion, declared(device.profile, parameter), parameter)

    return Procedure(criterion, "inspection", read)


# criteria whose parameter needs more than reading have a function of their own in another module
_MORE_THAN_READING = ("PP-09", "PS-01", "RN-03")
PROCEDURES: tuple[Procedure, ...] = tuple(
    _reading(one.id, one.parameter)
    for one in load_criteria().values()
    if one.parameter is not None and "inspection" in one.methods and one.id not in _MORE_THAN_READING
)
