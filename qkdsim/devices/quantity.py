"""A number that remembers what kind of claim it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Basis = Literal["measured", "declared", "assumed"]
_KEYS = {"value", "uncertainty", "basis", "source"}


class Quantity(float):
    """A device value: a plain float in every formula, with its basis, uncertainty and source attached.

    A plain number in a file is *declared*. `uncertainty` is one standard deviation in the unit of the value.
    """

    __slots__ = ("basis", "source", "uncertainty")

    basis: Basis
    uncertainty: float | None
    source: str | None

    def __new__(
        cls,
        value: float,
        basis: Basis = "declared",
        uncertainty: float | None = None,
        source: str | None = None,
    ) -> Quantity:
        """A number with its claim."""
        self = super().__new__(cls, value)
        self.basis = basis
        self.uncertainty = uncertainty
        self.source = source
        return self

    def __getnewargs__(self) -> tuple[float, Basis, float | None, str | None]:  # type: ignore[override]
        # pickling must keep the claim; typeshed's float returns a 1-tuple here
        return (float(self), self.basis, self.uncertainty, self.source)


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("quantity_type", "{what}", {"what": what})
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise PydanticCustomError("quantity_finite", "{what}", {"what": what})
    return number


def _from_table(table: Mapping[str, Any], what: str) -> Quantity:
    unknown = sorted(set(table) - _KEYS)
    if unknown or "value" not in table:
        raise PydanticCustomError(
            "quantity_table", "{what}, or a table of value, uncertainty, basis, source", {"what": what}
        )
    basis = table.get("basis", "declared")
    if basis not in get_args(Basis):
        raise PydanticCustomError("quantity_basis", "basis to be 'measured', 'declared' or 'assumed'")
    source = table.get("source")
    if source is not None and not isinstance(source, str):
        raise PydanticCustomError("quantity_source", "source to be a text")
    uncertainty = table.get("uncertainty")
    if uncertainty is not None:
        uncertainty = _number(uncertainty, "an uncertainty >= 0")
        if uncertainty < 0:
            raise PydanticCustomError("quantity_uncertainty", "an uncertainty >= 0")
    return Quantity(_number(table["value"], what), basis, uncertainty, source)


def _range_words(ge: float | None, gt: float | None, le: float | None, lt: float | None) -> str:
    words = []
    for sign, bound in ((">=", ge), (">", gt), ("<=", le), ("<", lt)):
        if bound is not None:
            words.append(f"{sign} {bound:g}")
    return "a number" + (f" {' and '.join(words)}" if words else "")


def bounded(
    *, ge: float | None = None, gt: float | None = None, le: float | None = None, lt: float | None = None
) -> tuple[PlainValidator, PlainSerializer, WithJsonSchema]:
    """The pydantic annotations of a quantity in a range: `Annotated[Quantity, *bounded(ge=0)]`."""
    what = _range_words(ge, gt, le, lt)

    def parse(value: object) -> Quantity:
        if isinstance(value, Quantity):
            quantity = value
        elif isinstance(value, Mapping):
            quantity = _from_table(value, what)
        else:
            quantity = Quantity(_number(value, what))
        inside = (
            (ge is None or quantity >= ge)
            and (gt is None or quantity > gt)
            and (le is None or quantity <= le)
            and (lt is None or quantity < lt)
        )
        if not inside:
            raise PydanticCustomError("quantity_range", "{what}", {"what": what})
        return quantity

    schema: dict[str, Any] = {"type": "number"}
    for name, bound in (("minimum", ge), ("exclusiveMinimum", gt), ("maximum", le), ("exclusiveMaximum", lt)):
        if bound is not None:
            schema[name] = bound
    table = {
        "type": "object",
        "properties": {
            "value": schema,
            "uncertainty": {"type": "number", "minimum": 0},
            "basis": {"enum": list(get_args(Basis))},
            "source": {"type": "string"},
        },
        "required": ["value"],
        "additionalProperties": False,
    }
    return (PlainValidator(parse), PlainSerializer(_as_claim), WithJsonSchema({"anyOf": [schema, table]}))


def _as_claim(quantity: Quantity) -> float | dict[str, Any]:
    if quantity.basis == "declared" and quantity.uncertainty is None and quantity.source is None:
        return float(quantity)
    claim: dict[str, Any] = {"value": float(quantity), "uncertainty": quantity.uncertainty}
    claim |= {"basis": quantity.basis, "source": quantity.source}
    return {key: value for key, value in claim.items() if value is not None}


Real = Annotated[Quantity, *bounded()]
NonNegative = Annotated[Quantity, *bounded(ge=0)]
Positive = Annotated[Quantity, *bounded(gt=0)]
Probability = Annotated[Quantity, *bounded(ge=0, le=1)]
ProperProbability = Annotated[Quantity, *bounded(ge=0, lt=1)]
OpenProbability = Annotated[Quantity, *bounded(gt=0, lt=1)]
PositiveProbability = Annotated[Quantity, *bounded(gt=0, le=1)]
Epsilon = Annotated[Quantity, *bounded(ge=1e-300, lt=1)]  # near the least number no logarithm can be formed
PulseRate = Annotated[Quantity, *bounded(gt=0, le=1e13)]  # beyond terahertz there is no pulse to speak of
MeanPhotonNumber = Annotated[Quantity, *bounded(ge=0, le=100)]  # far above any weak pulse; theories raise e to it
ShortTime = Annotated[Quantity, *bounded(ge=0, le=1e3)]
Length = Annotated[Quantity, *bounded(ge=0, le=1e5)]  # no fibre is longer than 100,000 km
ErrorProbability = Annotated[Quantity, *bounded(ge=0, le=0.5)]
