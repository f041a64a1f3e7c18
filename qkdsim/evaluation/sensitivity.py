"""What would turn a verdict: the smallest change of one declared parameter, what an estimate would have to be, and for
performance the loss that would do.

Pure: profiles are changed in memory, inspected again and judged by the rules of the certification itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from qkdsim.devices import DeviceProfile
from qkdsim.devices.operation import HYBRID_CONTEXT, KEY_METADATA
from qkdsim.evaluation.catalogue import Criterion, Level
from qkdsim.evaluation.certification import Certification
from qkdsim.evaluation.declared import declared
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Value
from qkdsim.evaluation.gather import run_procedure
from qkdsim.evaluation.least_change import Change, Effect, changed_profile, has_effect, parameters, smallest_change
from qkdsim.evaluation.loss_that_passes import LossThatPasses, loss_that_passes, reaches
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.shown_value import ShownValue, shown_value
from qkdsim.evaluation.verdict import Verdict, judge_all

Aim = Literal["pass", "lose"]
NARROW = 0.1  # a pass with less relative margin is looked at as well

# the tables of a profile that a maker would turn to, by category
_TABLES: Mapping[str, tuple[str, ...]] = {
    "transmitter": ("source", "isolation", "receiver"),
    "receiver": ("receiver", "detector", "isolation"),
    "rng": ("rng",),
    "post-processing": ("post_processing", "source", "receiver", "detector"),
    "performance": ("source", "receiver", "detector", "post_processing", "performance", "platform"),
    "key-management": ("interfaces", "platform", "pqc"),
    "interface": ("interfaces",),
    "hybrid": ("pqc",),
    "cv-qkd": ("cv",),
    "platform": ("platform",),
}
# what is stated in names: the parameter, and what it could be, least first
_NAMES: Mapping[str, tuple[tuple[str, tuple[str | tuple[str, ...], ...]], ...]] = {
    "PP-11": (
        ("post_processing.privacy_amplification_seed", ("fresh",)),
        ("post_processing.privacy_amplification", ("toeplitz",)),
    ),
    "RN-05": (("rng.functionality_class", ("PTG.2", "PTG.3")),),
    "KM-13": (("interfaces.key_metadata", (KEY_METADATA,)),),
    "HY-02": (("pqc.context", (HYBRID_CONTEXT,)),),
    "HY-03": (("pqc.kem", (("ml-kem-768",), ("ml-kem-1024",))),),
    "CV-04": (("cv.local_oscillator", ("local",)),),
    "PS-02": (("platform.self_tests", (("start", "on-demand"),)),),
    "PS-03": (("platform.roles", (("operator", "maintainer", "auditor"),)),),
    "PS-05": (("platform.assurance_level", ("EAL2", "EAL4", "EAL4+ALC_DVS.2+AVA_VAN.5")),),
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would turn the verdict on a criterion.

    aim     `pass`: what would make it pass; `lose`: what would lose a narrow pass
    change  the smallest change of one declared parameter that does it; None where none was found
    shown   what a specimen or a record shows beside what is declared, and the estimate that would turn the verdict
    needed  what the finding would have to be, where no single change and no estimate tells
    trials  in how many trials, where that is no event
    loss    of performance, the loss up to which it would pass
    """

    criterion: str
    aim: Aim
    change: Change | None = None
    shown: ShownValue | None = None
    needed: Value | tuple[str, ...] | None = None
    trials: float | None = None
    loss: LossThatPasses | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return all(one is None for one in (self.change, self.shown, self.needed, self.loss))


def sensitivity(found: Certification) -> dict[str, Remedy]:
    """A remedy for every criterion that fails or passes narrowly, and for what is inconclusive where one is found."""
    remedies = {}
    for criterion, verdict in zip(found.criteria, found.verdicts, strict=True):
        has_limit = criterion.op in ("<=", ">=") and verdict.threshold != 0.0
        is_narrow = verdict.verdict == "pass" and has_limit and 0.0 <= _share(verdict) < NARROW
        if verdict.verdict in ("fail", "inconclusive") or is_narrow:
            remedy = _remedy(found, criterion, verdict, "lose" if is_narrow else "pass")
            if not remedy.is_empty:
                remedies[criterion.id] = remedy
    return remedies


def _share(verdict: Verdict) -> float:
    return 1.0 if verdict.relative_margin is None else verdict.relative_margin


def _remedy(found: Certification, criterion: Criterion, verdict: Verdict, aim: Aim) -> Remedy:
    profile, change = found.device.profile, None
    if verdict.basis in ("declared", "assumed", "none"):
        change = _stated_anew(profile, criterion, found.level, aim) or _smallest(found, criterion, verdict, aim)
    shown = shown_value(profile, criterion, verdict, found.evidence.get(criterion.id, ()), aim)
    is_told = change is not None or shown is not None or verdict.verdict == "inconclusive"
    return Remedy(
        criterion=criterion.id,
        aim=aim,
        change=change,
        shown=shown,
        needed=None if is_told else verdict.threshold,
        trials=None if is_told or verdict.evidence is None else verdict.evidence.planned_size,
        loss=loss_that_passes(profile, criterion, found.level, _deciding_end(criterion, verdict))
        if aim == "pass"
        else None,
    )


def _deciding_end(criterion: Criterion, verdict: Verdict) -> float | None:
    """The end of the interval of an estimate that decides; None for what is only declared."""
    if verdict.basis not in ("specimen", "measured") or verdict.interval is None:
        return None
    return verdict.interval[1 if criterion.op == "<=" else 0]


def _stated_anew(profile: DeviceProfile, criterion: Criterion, level: Level, aim: Aim) -> Change | None:
    """The limit itself, where the metric is a parameter that the profile leaves out."""
    limit, parameter = criterion.threshold(level), criterion.parameter
    if aim == "lose" or parameter is None or isinstance(limit, tuple) or limit is None:
        return None
    if declared(profile, parameter).value is not None:
        return None
    changed = changed_profile(profile, parameter, limit)
    return None if changed is None else Change(parameter, None, limit, None)


def _smallest(found: Certification, criterion: Criterion, verdict: Verdict, aim: Aim) -> Change | None:
    """The least change of the profile after which the inspection turns its verdict."""
    turns, profile = _turns(found, criterion, aim), found.device.profile
    if turns is None or turns(profile):
        return None
    candidates = dict(parameters(profile, _TABLES.get(criterion.category, ())))
    own = criterion.parameter
    contradicts = verdict.evidence is not None and verdict.evidence.contradiction
    if own in candidates and not contradicts:  # the metric itself is stated: nothing else moves it
        candidates = {own: candidates[own]}
    return smallest_change(profile, candidates, turns) or _renamed(profile, criterion.id, turns)


def _renamed(profile: DeviceProfile, criterion: str, turns: Effect) -> Change | None:
    """The first name, or set of names, in place of what is stated that turns the verdict."""
    for parameter, choices in _NAMES.get(criterion, ()):
        for one in choices:
            if has_effect(profile, parameter, one, turns):
                return Change(parameter, _at(profile, parameter), one, None)
    return None


def _at(profile: DeviceProfile, parameter: str) -> str | tuple[str, ...] | None:
    """The name or names that a profile states; None where it states none."""
    value: object = profile
    for name in parameter.split("."):
        value = getattr(value, name, None)
    return tuple(map(str, value)) or None if isinstance(value, tuple) else None if value is None else str(value)


def _turns(found: Certification, criterion: Criterion, aim: Aim) -> Effect | None:
    """Whether a changed profile has the verdict that is aimed at; None where nothing is inspected."""
    from qkdsim.evaluation.procedures import ALL

    limit = criterion.threshold(found.level)
    if criterion.id == "PF-03" and isinstance(limit, float):
        return lambda profile: reaches(profile, limit) == (aim == "pass")  # the inspection looks for the reach itself
    inspections = [one for one in ALL if one.criterion == criterion.id and is_inspection(one)]
    if not inspections:
        return None

    def turns(profile: DeviceProfile) -> bool:
        return (_verdict(inspections, criterion, found, profile) == "pass") == (aim == "pass")

    return turns


def is_inspection(procedure: Procedure) -> bool:
    """Whether a procedure computes from the declared profile alone, and fast; the ratio of PF-02 is such, too."""
    return procedure.needs == "profile" and (procedure.method == "inspection" or procedure.criterion == "PF-02")


def _verdict(inspections: list[Procedure], criterion: Criterion, found: Certification, profile: DeviceProfile) -> str:
    """The verdict on a profile if what it assumes were declared: only the number is in question."""
    device = Device(found.device.name, profile)
    evidence = [run_procedure(one, device, found.seed) for one in inspections]
    stated = [replace(one, basis="declared") if one.basis == "assumed" else one for one in evidence]
    return judge_all(criterion, found.level, stated).verdict
