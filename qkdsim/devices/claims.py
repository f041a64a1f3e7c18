"""What of a profile is assumed rather than declared or measured."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from qkdsim.devices.profile import DeviceProfile
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


def assumed_values(profile: DeviceProfile) -> tuple[str, ...]:
    """What nobody declared or measured, as `key = value`: assumed numbers, and choices that the file leaves open.

    The choices are those on which a security proof depends.
    """
    numbers = [f"{path} = {float(value):g}" for path, value in claims(profile) if value.basis == "assumed"]
    return (*numbers, *_open_choices(profile))


def _open_choices(profile: DeviceProfile) -> Iterator[str]:
    source, detector = profile.source, profile.detector
    if source is not None and "phase_randomised" not in source.model_fields_set:
        yield "source.phase_randomised = true"
    if detector is not None and "dead_time_rule" not in detector.model_fields_set and detector.dead_time_s > 0.0:
        yield f"detector.dead_time_rule = {detector.dead_time_rule}"
    post = profile.post_processing
    if post is not None and detector is not None and "double_click_policy" not in post.model_fields_set:
        yield f"post_processing.double_click_policy = {post.double_click_policy}"
