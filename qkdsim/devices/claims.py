"""What of a profile is assumed rather than declared or measured."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from qkdsim.devices.quantity import Quantity


def claims(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Quantity]]:
    """Every number of a model with its key path, in file order."""
    for name in type(model).model_fields:
        yield from _claims(getattr(model, name), f"{prefix}{name}")


def _claims(value: object, path: str) -> Iterator[tuple[str, Quantity]]:
    if isinstance(value, Quantity):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from claims(value, f"{path}.")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _claims(item, f"{path}[{index}]")


def assumed_values(model: BaseModel) -> tuple[str, ...]:
    """The assumed numbers of a profile, as `key = value`; defaults that a file does not state are among them."""
    return tuple(f"{path} = {float(value):g}" for path, value in claims(model) if value.basis == "assumed")
