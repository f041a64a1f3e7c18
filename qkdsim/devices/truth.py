"""The truth of a specimen: what a simulated device under test really is, beside what its profile declares.

Only the specimen of `qkdsim.evaluation` reads it. Links, scenarios and rates live by what a profile declares, and no
procedure of a certification may look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from pydantic import Field

from qkdsim.devices.attack_surface import BrightLight, GateControl, KeyRule, Messages, Port
from qkdsim.devices.key_behaviour import GeneratorTruth, HybridTruth, KeyManagerTruth
from qkdsim.devices.overrides import with_value
from qkdsim.errors import InputError
from qkdsim.library import FileModel

TrueValue: TypeAlias = bool | float | str | tuple[dict[str, float], ...]

# what a device is; who it claims to be and what its maker's proof assumes has no truth of its own
_PHYSICAL = frozenset({"protocol", "source", "receiver", "detector", "post_processing", "performance"})
_PHYSICAL |= {"isolation", "rng", "cv", "platform", "telescope"}


class Behaviour(FileModel):
    """What a device does that no key of a profile names. Every default is that of a sound device.

    How it answers to attacks stands in the tables `bright_light`, `gates`, `port` and `messages`;
    random numbers, key management and hybrid keys in `generator`, `key_manager` and `hybrid`.
    """

    bit_bias: float = Field(default=0.0, ge=-0.5, le=0.5)  # P(bit 0) - 1/2 of the bits that Alice sends
    phase_bias: float = Field(default=0.0, ge=0.0, le=1.0)  # first harmonic of the distribution of pulse phases
    alignment_wander_error: float = Field(default=0.0, ge=0.0, le=0.5)  # extra error at the worst hour of a day
    gate_offset_ps: float = Field(default=0.0, ge=-1e6, le=1e6)  # by which the gate of detector 1 opens later
    double_click_random_share: float = Field(default=1.0, ge=0.0, le=1.0)  # of double clicks; others become 0
    unequal_key_share: float = Field(default=0.0, ge=0.0, le=1.0)  # of released keys: one bit differs
    leak_counted_share: float = Field(default=1.0, ge=0.0, le=1.0)  # of told bits that the key length takes off
    bright_light: BrightLight = BrightLight()
    gates: GateControl = GateControl()
    port: Port = Port()
    messages: Messages = Messages()
    key_rule: KeyRule = KeyRule()
    generator: GeneratorTruth = GeneratorTruth()
    key_manager: KeyManagerTruth = KeyManagerTruth()
    hybrid: HybridTruth = HybridTruth()


class Truth(FileModel):
    """`values` sets keys of the profile, by key path, to their true values; `behaviour` names misbehaviours."""

    values: dict[str, TrueValue] = Field(default={})  # key path of the profile -> true value
    behaviour: Behaviour = Behaviour()

    def applied_to(self, table: dict[str, Any]) -> dict[str, Any]:
        """A profile's table with the true values in place of the declared ones.

        Raises ValueError for a key that a device has no truth of, or a path that does not exist.
        """
        for key, value in self.values.items():
            if key.split(".")[0] not in _PHYSICAL:
                raise ValueError(f"truth.values: got {key}, expected a key such as detector.efficiency")
            try:
                table = with_value(table, key, value)
            except InputError as error:
                raise ValueError(f"truth.values: {error.problems[0]}") from None
        for key in self.values:
            _refuse_shadowed(key, self.values, table)
        return table


def _refuse_shadowed(key: str, values: Mapping[str, TrueValue], table: dict[str, Any]) -> None:
    """Raise ValueError for a true value of both detectors beside one of each, which would stand in its place."""
    part, _, name = key.partition(".")
    if part != "detector" or not any(other.startswith("detector.unit") for other in values):
        return
    units = table["detector"].get("unit", ())
    if len(units) == 2 and all(name in unit for unit in units):
        raise ValueError(
            f"truth.values: {key} has no effect: detector.unit[0].{name} and detector.unit[1].{name} stand"
        )


def without_true_values(table: dict[str, Any], changed: Iterable[str]) -> dict[str, Any]:
    """A profile's table whose true values at or under changed keys are gone: a changed claim has no known truth."""
    truth = table.get("truth")
    if not isinstance(truth, dict) or not isinstance(truth.get("values"), dict):
        return table
    kept = {
        key: value
        for key, value in truth["values"].items()
        if not any(key == one or key.startswith((f"{one}.", f"{one}[")) for one in changed)
    }
    return {**table, "truth": {**truth, "values": kept}}
