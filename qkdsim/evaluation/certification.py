"""Certification: evidence on a device, judged under a scheme at a level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from qkdsim.devices import DeviceProfile, NamedProfile, load_named_profile
from qkdsim.errors import InputError
from qkdsim.evaluation.catalogue import LEVELS, Criterion, Level, Scheme, load_criteria, load_scheme
from qkdsim.evaluation.comparison import Require
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.gather import GatheredEvidence, gather
from qkdsim.evaluation.level import LevelVerdict, level_reached, level_verdict
from qkdsim.evaluation.verdict import Verdict, judge_all

DEFAULT_LEVEL: Level = "L2"
DEFAULT_SCHEME = "default"
DEFAULT_SEED = 1
GROUPS = ("core", "extra", "all")


@dataclass(frozen=True, slots=True)
class Certification:
    """The outcome: a verdict for every criterion at the level asked for, and for every level as a whole.

    `criteria` carry the limits that were used, proof bounds among them, in the order of `verdicts`. `evidence` is all
    that was gathered: `conclude` judges it under another scheme. Without `batteries` the randomness batteries were not
    run, and what rests on them is inconclusive.
    """

    device: Device
    level: Level
    scheme: Scheme
    require: Require | None
    seed: int
    batteries: bool
    criteria: tuple[Criterion, ...]
    verdicts: tuple[Verdict, ...]
    levels: tuple[LevelVerdict, ...]
    evidence: GatheredEvidence

    @property
    def verdict(self) -> LevelVerdict:
        """The verdict of the level asked for."""
        return self.levels[LEVELS.index(self.level)]

    @property
    def level_reached(self) -> Level | None:
        """The highest level that passes with all below it; none where only a part of the scheme was asked for."""
        return None if self.left_out else level_reached(self.levels)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Criteria of the scheme that were not asked for: the verdict is then of the others, not of the level."""
        return tuple(one for one in self.scheme.criteria if one not in self.evidence)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `qkdsim certify --json` prints them."""
        overall = self.verdict
        return {
            "profile": self.device.name,
            "profile_sha256": self.device.sha256 or None,
            "role": self.device.profile.identity.role,
            "level": self.level,
            "scheme": self.scheme.name,
            "verdict": overall.verdict,
            "basis": overall.basis,
            "require": self.require,
            "seed": self.seed,
            "batteries": self.batteries,
            "records": None if self.device.records is None else self.device.records.as_dict(),
            "level_reached": self.level_reached,
            "counts": dict(overall.counts),
            "blocking": list(overall.blocking),
            "not_tested": list(overall.not_tested),
            "left_out": list(self.left_out),
            "criteria": [
                _row(criterion, verdict) for criterion, verdict in zip(self.criteria, self.verdicts, strict=True)
            ],
        }


def certify(
    profile: str | DeviceProfile,
    *,
    level: str = DEFAULT_LEVEL,
    scheme: str = DEFAULT_SCHEME,
    criteria: Sequence[str] | None = None,
    require: str | None = None,
    evidence: str | Path | None = None,
    seed: int = DEFAULT_SEED,
    batteries: bool = True,
    on_progress: Callable[[float, str], None] | None = None,
) -> Certification:
    """Gather evidence on a device and judge it.

    `profile`: a shipped name, a path, or a profile. `criteria`: ids, or `core`, `extra`, `all` of the catalogue; the
    selection of the scheme when None. `require`: `specimen` or `measured` makes weaker evidence inconclusive.
    `evidence`: a folder with records of a laboratory. `batteries`: false leaves the randomness batteries out, which
    take half of the time; what rests on them is then inconclusive.

    Raises InputError for a bad profile, level, scheme, criterion, requirement or folder of records.
    """
    _one_of("--level", level, LEVELS)
    if require is not None:
        _one_of("--require", require, get_args(Require))
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError.of("--seed", "", seed, "a whole number >= 0")
    chosen = load_scheme(scheme)
    wanted = _selected(chosen, criteria)
    device = open_device(profile, seed)
    if evidence is not None:
        from qkdsim.evaluation.records import read_records

        device = replace(device, records=read_records(Path(evidence), device.profile))
    gathered = gather(
        device, [one for one, inside in wanted if inside], seed, skip_slow=not batteries, on_progress=on_progress
    )
    # what `_one_of` has let pass
    asked, least = cast(Level, level), cast(Require | None, require)
    return _concluded(device, gathered, chosen, wanted, level=asked, require=least, seed=seed, batteries=batteries)


def conclude(found: Certification, scheme: str | Scheme, *, level: Level | None = None) -> Certification:
    """The same evidence judged under another scheme, or at another level.

    Raises InputError for an unknown scheme.
    """
    chosen = load_scheme(scheme) if isinstance(scheme, str) else scheme
    wanted = _selected(chosen, None)
    return _concluded(
        found.device,
        found.evidence,
        chosen,
        wanted,
        level=level or found.level,
        require=found.require,
        seed=found.seed,
        batteries=found.batteries,
    )


def open_device(profile: str | DeviceProfile, seed: int) -> Device:
    """The device under test of a profile, with a laboratory around it where the profile is a specimen.

    Raises InputError.
    """
    from qkdsim.evaluation.specimen import device_under_test

    if isinstance(profile, DeviceProfile):
        name = f"{profile.identity.vendor} {profile.identity.model}"
        return device_under_test(NamedProfile(name, profile, ""), seed)
    return device_under_test(load_named_profile(profile), seed)


def _concluded(
    device: Device,
    evidence: GatheredEvidence,
    scheme: Scheme,
    wanted: Sequence[tuple[Criterion, bool]],
    *,
    level: Level,
    require: Require | None,
    seed: int,
    batteries: bool,
) -> Certification:
    bounds = _proof_bounds(device.profile)
    criteria = tuple(_with_bounds(one, bounds) for one, _ in wanted)
    inside = [is_selected for _, is_selected in wanted]

    def verdicts_at(at: Level) -> Iterator[Verdict]:
        for criterion, is_selected in zip(criteria, inside, strict=True):
            if is_selected:
                yield judge_all(criterion, at, evidence.get(criterion.id, ()), require)
            else:
                yield Verdict(criterion.id, at, "not-applicable", f"outside the scheme {scheme.name}")

    by_level = {one: tuple(verdicts_at(one)) for one in LEVELS}
    return Certification(
        device=device,
        level=level,
        scheme=scheme,
        require=require,
        seed=seed,
        batteries=batteries,
        criteria=criteria,
        verdicts=by_level[level],
        levels=tuple(level_verdict(one, verdicts) for one, verdicts in by_level.items()),
        evidence=evidence,
    )


def _selected(scheme: Scheme, criteria: Sequence[str] | None) -> list[tuple[Criterion, bool]]:
    """The criteria to list, in the order of the catalogue, and whether each is judged.

    A scheme judges its selection, and every other core criterion is listed as outside of it.
    """
    catalogue = load_criteria()
    if criteria is None:
        listed = [one for one in catalogue.values() if one.part == "core" or one.id in scheme.criteria]
        return [(scheme.criteria.get(one.id, one), one.id in scheme.criteria) for one in listed]
    named: set[str] = set()
    for given in criteria:
        if given in GROUPS:
            named |= {one.id for one in catalogue.values() if given in ("all", one.part)}
        elif given in catalogue:
            named.add(given)
        else:
            expected = f"an id such as TX-01, or {', '.join(GROUPS)}; see `qkdsim list criteria`"
            raise InputError.of("--criteria", "", given, expected)
    if not named:
        raise InputError.of("--criteria", "", "nothing", "at least one id such as TX-01")
    return [(scheme.criteria.get(id_, one), True) for id_, one in catalogue.items() if id_ in named]


def _proof_bounds(profile: DeviceProfile) -> Mapping[str, list[tuple[str, float]]]:
    bounds: dict[str, list[tuple[str, float]]] = {}
    for one in profile.security_model.assumptions:
        if isinstance(one.bound, int | float):
            bounds.setdefault(one.parameter, []).append((one.op, float(one.bound)))
    return bounds


def _with_bounds(criterion: Criterion, bounds: Mapping[str, list[tuple[str, float]]]) -> Criterion:
    for op, bound in bounds.get(criterion.parameter or "", ()):
        criterion = criterion.bound_by_proof(op, bound)
    return criterion


def _one_of(option: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise InputError.of(option, "", given, f"one of {', '.join(known)}")


def attribution(criterion: Criterion, level: Level) -> str:
    """Whose number the limit of a criterion is at a level."""
    status = criterion.threshold_status[level]
    if status == "public":
        return "; ".join(one.cite for one in criterion.sources)
    return {"proof": "declared security proof", "assumed": "qkdsim default"}.get(status, "reported only")


def _row(criterion: Criterion, verdict: Verdict) -> dict[str, Any]:
    found: Evidence | None = verdict.evidence
    threshold = verdict.threshold
    return {
        "id": criterion.id,
        "category": criterion.category,
        "part": criterion.part,
        "title": criterion.title,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "value": verdict.value,
        "interval": None if verdict.interval is None else list(verdict.interval),
        "confidence": None if found is None else found.confidence,
        "op": criterion.op,
        "threshold": list(threshold) if isinstance(threshold, tuple) else threshold,
        "threshold_status": criterion.threshold_status[verdict.level],
        "threshold_source": attribution(criterion, verdict.level),
        "margin": verdict.margin,
        "relative_margin": verdict.relative_margin,
        "unit": criterion.unit,
        "sample_size": None if found is None else found.sample_size,
        "planned_size": None if found is None else found.planned_size,
        "seed": None if found is None else found.seed,
        "method": verdict.method,
        "basis": verdict.basis,
        "source": "; ".join(one.cite for one in criterion.sources),
        "facts": {} if found is None else dict(found.facts),
    }
