"""Who asks for key, as a scenario file states it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, PlainSerializer, PlainValidator, StrictInt, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from qkdsim import library
from qkdsim.apps.day_shape import HOURS, NAMED_SHAPES, DayShape, ShapeName
from qkdsim.devices.quantity import Positive, Quantity, bounded
from qkdsim.scenario.duration import Duration
from qkdsim.scenario.gravity import Gravity

PatternName = Literal["constant", "poisson", "diurnal", "bursts"]
RequestRate = Annotated[Quantity, *bounded(ge=1e-12, le=1e9)]
UtcOffset = Annotated[Quantity, *bounded(ge=-12, le=14)]

_OF_PATTERN: dict[PatternName, tuple[str, ...]] = {
    "diurnal": ("shape", "utc_offset_h"),
    "bursts": ("burst_size", "mean_on", "mean_off"),
}
_MAX_BURST = 100_000


def _hourly(value: object) -> tuple[float, ...]:
    """The relative rates of the hours of a day, from the name of a shape or from 24 numbers."""
    named = next((hours for name, hours in NAMED_SHAPES.items() if name == value), value)
    numbers = [one for one in named if isinstance(one, int | float)] if isinstance(named, list | tuple) else []
    try:
        return DayShape(tuple(map(float, numbers))).hourly
    except (ValueError, OverflowError):
        names = ", ".join(repr(name) for name in NAMED_SHAPES)
        raise PydanticCustomError("shape", "{names}, or 24 numbers >= 0, not all 0", {"names": names}) from None


Shape = Annotated[
    tuple[float, ...],
    PlainValidator(_hourly),
    PlainSerializer(list),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(get_args(ShapeName))},
                {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": HOURS, "maxItems": HOURS},
            ]
        }
    ),
]


class Demand(library.FileModel):
    """Who asks for key, how, and how long it may wait.

    `one-time-pad`: a constant stream of `rate_bps`, fetched every `interval`; `rekeying`: one key of `key_bits`
    every `interval` (AES-256); `requests`: single keys of `key_bits`, with a mean of `requests_per_s`.

    One pair of nodes asks, `from` and `to`, or many: those of a CSV file (`matrix`), or pairs by the weights of nodes
    (`gravity`). With a matrix, `requests_per_s` is the sum over its pairs; left out, the file's rates hold.

    `pattern`: `constant` (that of streams and rekeying), `poisson` (that of requests), `diurnal` with the `shape` of a
    day, or `bursts`: of `burst_size` requests at once, or while a source is on, which it is for times with the mean
    `mean_on`, and off with the mean `mean_off`. All patterns keep the mean rate.

    `class` names a `[[class]]`, which states the latency budget; without it a demand is a class of its own.
    """

    id: str = ""
    kind: Literal["one-time-pad", "rekeying", "requests"] = "one-time-pad"
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    matrix: str | None = None  # path of a CSV file, beside the scenario
    gravity: Gravity | None = None
    class_: str | None = Field(default=None, alias="class")
    rate_bps: Positive | None = None
    interval: Duration | None = None
    key_bits: Positive = Quantity(256.0)  # 128 to 1048576 (1 Mbit)
    requests_per_s: RequestRate | None = None
    pattern: PatternName | None = None
    shape: Shape | None = None
    utc_offset_h: UtcOffset | None = None  # of the clock that `shape` goes by; UTC when left out
    burst_size: StrictInt | None = Field(default=None, ge=1, le=_MAX_BURST)
    mean_on: Duration | None = None
    mean_off: Duration | None = None
    latency_budget: Duration = 1.0  # from request to key at both ends
    start: Duration = 0.0
    stop: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, data: Any) -> Any:
        """Many pairs ask by single keys; a demand is named by what it is and who asks."""
        if not isinstance(data, dict):
            return data
        many = [key for key in ("matrix", "gravity") if key in data]
        if many and "kind" not in data:
            data = {**data, "kind": "requests"}
        if not data.get("id"):
            kind = data.get("kind", "one-time-pad")
            if {"from", "to"} <= data.keys():
                return {**data, "id": f"{kind}-{data['from']}-{data['to']}"}
            if many:
                name = PurePath(str(data["matrix"])).stem if many == ["matrix"] else "gravity"
                return {**data, "id": f"{kind}-{name}"}
        return data

    @model_validator(mode="after")
    def _is_told_rightly(self) -> Demand:
        lines = [*self._pair_problems(), *self._kind_problems(), *self._pattern_problems()]
        if self.class_ is not None and "latency_budget" in self.model_fields_set:
            lines.append(f"latency_budget: got {self.latency_budget:g}, expected none: class {self.class_!r} states it")
        if lines:
            raise ValueError("\n".join(lines))
        return self

    def _pair_problems(self) -> Iterator[str]:
        ends = {"from": self.from_, "to": self.to}
        given = [key for key, value in ends.items() if value is not None]
        many = [key for key in ("matrix", "gravity") if getattr(self, key) is not None]
        if many:
            for key in (*given, *many[1:]):
                yield f"{key}: got a value, expected none beside {many[0]}"
            return
        for key in ends.keys() - set(given):
            yield f"{key}: got nothing, expected a value: this key is required"
        if len(given) == 2 and self.from_ == self.to:
            yield f"to: got {self.to!r}, expected another node than `from`"

    def _kind_problems(self) -> Iterator[str]:
        if self.kind != "requests" and (self.matrix is not None or self.gravity is not None):
            yield f"kind: got {self.kind!r}, expected 'requests' for many pairs"
            return
        needed = {"one-time-pad": "rate_bps", "rekeying": "interval", "requests": "requests_per_s"}[self.kind]
        if getattr(self, needed) is None and self.matrix is None:
            yield f"{needed}: required for kind {self.kind!r}"

    def _pattern_problems(self) -> Iterator[str]:
        for pattern, keys in _OF_PATTERN.items():
            strange = [key for key in keys if self.law != pattern and getattr(self, key) is not None]
            yield from (f"{key}: got a value, expected one with pattern = {pattern!r} only" for key in strange)
        if self.law == "diurnal" and self.shape is None:
            yield f"shape: got nothing, expected {', '.join(map(repr, NAMED_SHAPES))}, or 24 numbers"
        if self.law == "bursts":
            given = {key for key in _OF_PATTERN["bursts"] if getattr(self, key) is not None}
            if given not in ({"burst_size"}, {"mean_on", "mean_off"}):
                yield "pattern 'bursts' needs burst_size, or mean_on and mean_off"
            for key in sorted(given - {"burst_size"}):
                if getattr(self, key) <= 0.0:
                    yield f"{key}: got 0.0, expected a duration above 0"

    @property
    def law(self) -> PatternName:
        """The pattern by which requests come."""
        return self.pattern or ("poisson" if self.kind == "requests" else "constant")
