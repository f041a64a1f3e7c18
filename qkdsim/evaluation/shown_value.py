"""What a specimen or a record shows, beside what is declared, and the value that would turn the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from qkdsim.devices import DeviceProfile
from qkdsim.evaluation.catalogue import Criterion
from qkdsim.evaluation.declared import declared
from qkdsim.evaluation.evidence import Basis, Evidence, Value
from qkdsim.evaluation.verdict import Verdict

# criteria that hold readings against declared values: how their facts begin
_READINGS = {"TX-01": "mean photon number of ", "RX-01": "efficiency of detector ", "RX-06": "dead time of detector "}


@dataclass(frozen=True, slots=True)
class ShownValue:
    """An estimate beside what is declared of the same thing.

    what      the reading, where the metric is its distance from the declared value; empty where it is the metric itself
    interval  the 95 % interval of the value
    declared  None where the profile does not state it
    needed    with an interval as wide as it is, the value that would turn the verdict; None where none would
    op        on which side of `needed` it would have to be
    """

    basis: Basis
    what: str
    value: float
    interval: tuple[float, float]
    declared: Value | None
    needed: float | None
    op: Literal["<=", ">="]


def shown_value(
    profile: DeviceProfile,
    criterion: Criterion,
    verdict: Verdict,
    evidence: Sequence[Evidence],
    aim: Literal["pass", "lose"],
) -> ShownValue | None:
    """What the deciding evidence shows; None where it is no estimate of a number against a limit."""
    value, limit = verdict.value, verdict.threshold
    if verdict.basis not in ("specimen", "measured") or verdict.interval is None or limit == 0.0:
        return None
    if isinstance(value, bool | str) or value is None or isinstance(limit, bool | tuple) or limit is None:
        return None
    if criterion.op not in ("<=", ">="):
        return None
    reading = _reading(profile, criterion, verdict, limit, aim)
    if reading is not None:
        return reading
    is_most = (criterion.op == "<=") == (aim == "pass")
    low, high = verdict.interval
    needed = value + (limit - (high if criterion.op == "<=" else low))
    stated = _stated(profile, criterion, evidence)
    return ShownValue(verdict.basis, "", value, verdict.interval, stated, needed, "<=" if is_most else ">=")


def _stated(profile: DeviceProfile, criterion: Criterion, evidence: Sequence[Evidence]) -> Value | None:
    """The metric as the profile declares it: its parameter, or what an inspection found."""
    if criterion.parameter is not None:
        return declared(profile, criterion.parameter).value
    return next((one.value for one in evidence if one.basis == "declared" and one.method == "inspection"), None)


def _reading(
    profile: DeviceProfile, criterion: Criterion, verdict: Verdict, limit: float, aim: Literal["pass", "lose"]
) -> ShownValue | None:
    """Of several readings the one furthest from its declared value, relative to it."""
    start, interval = _READINGS.get(criterion.id), verdict.interval
    if start is None or interval is None or verdict.evidence is None:
        return None
    stated = _declared_readings(profile, criterion.id)
    found = [
        (name, float(shown), stated[place])
        for name, shown in verdict.evidence.facts
        if name.startswith(start) and isinstance(shown, int | float)
        if stated.get(place := name.removeprefix(start).removeprefix("class ").split(" ")[0])
    ]
    if not found:
        return None
    what, shown, wanted = max(found, key=lambda one: abs(one[1] / one[2] - 1.0))
    deviation = abs(shown / wanted - 1.0)
    error = max(interval[1] - deviation, deviation - interval[0])
    side = 1.0 if shown >= wanted else -1.0
    allowed = limit - error
    is_most = (side > 0.0) == (aim == "pass")
    return ShownValue(
        basis=verdict.basis,
        what=_named(profile, what),
        value=shown,
        interval=(shown - error * wanted, shown + error * wanted),
        declared=wanted,
        needed=wanted * (1.0 + side * allowed) if allowed >= 0.0 else None,
        op="<=" if is_most else ">=",
    )


def _named(profile: DeviceProfile, reading: str) -> str:
    """A reading of an intensity class by the name of the class, as its profile has it."""
    start, is_class, place = reading.partition("class ")
    return start + profile.source.intensity[int(place)].name if is_class and profile.source is not None else reading


def _declared_readings(profile: DeviceProfile, criterion: str) -> Mapping[str, float]:
    """What is declared of each reading, by how its fact names it: a number, or the name of an intensity."""
    if criterion == "TX-01":
        source = profile.source
        if source is None:
            return {}
        means = source.emitted_mean_photon_numbers
        names = [one.name for one in source.intensity]
        return dict(zip([*map(str, range(len(means))), *names], [*means, *means], strict=False))
    detector, key = profile.detector, "efficiency" if criterion == "RX-01" else "dead_time_s"
    if detector is None:
        return {}
    return {str(unit): float(detector.of_unit(unit, key) or 0.0) for unit in range(2)}
