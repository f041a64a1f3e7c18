"""Attributes of other formats under the keys of a topology file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qkdsim.errors import InputError
from qkdsim.topology.names import clean_text

_NODE_KEYS = {
    **dict.fromkeys(("latitude_deg", "latitude", "lat"), "latitude_deg"),
    **dict.fromkeys(("longitude_deg", "longitude", "lon", "lng", "long"), "longitude_deg"),
    **dict.fromkeys(("weight", "population"), "weight"),
    **dict.fromkeys(("label", "name"), "label"),
    "kind": "kind",
    "height_m": "height_m",
}
_LINK_KEYS = {
    **dict.fromkeys(("length_km", "distance_km", "dist_km"), "length_km"),
    **{
        name: name
        for name in (
            *("id", "note", "kind", "profile", "transmitter", "receiver", "loss_db", "attenuation_db_per_km"),
            *("connectors", "connector_loss_db", "splices", "splice_loss_db", "multiplexer_loss_db", "amplifiers"),
            *("quantum_bypass", "dispersion_ps_per_nm_km"),
        )
    },
}
_TEXTS = {"label", "kind", "id", "note", "profile", "transmitter", "receiver"}
_WHOLE = {"connectors", "splices", "amplifiers"}
_TRUTH = {"quantum_bypass": {"true": True, "1": True, "false": False, "0": False}}
_LIMITS = {"latitude_deg": 90.0, "longitude_deg": 180.0}
_WITHOUT_UNIT = ("length", "distance", "dist")


@dataclass(slots=True)
class AttributeReader:
    """Reads the attributes of one file, and remembers which of them have no place.

    file        name for messages
    length      an attribute that is a length, and its unit in km: `("dist", 0.001)` for metres
    """

    file: str
    length: tuple[str, float] | None = None
    unused: dict[str, None] = field(default_factory=dict)
    has_length: bool = False  # whether some edge has the attribute `length`

    def node(self, attributes: Mapping[str, Any], where: str) -> dict[str, Any]:
        """The keys of a node. Raises InputError for a value that cannot be one."""
        return self._values(attributes, where, _NODE_KEYS)

    def edge(self, attributes: Mapping[str, Any], where: str) -> dict[str, Any]:
        """The keys of a link. Raises InputError for a value that cannot be one."""
        values = self._values(attributes, where, _LINK_KEYS)
        for name, given in attributes.items():
            if self.length is not None and self._is_length(name):
                self.has_length = True
                if not _is_empty(given):
                    values["length_km"] = self.length[1] * number(self.file, f"{where}: {name}", given)
        return values

    def _is_length(self, name: str) -> bool:
        return self.length is not None and name.strip().lower() == self.length[0].lower()

    def _values(self, attributes: Mapping[str, Any], where: str, keys: Mapping[str, str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, given in attributes.items():
            key = keys.get(name.strip().lower())
            if key is None:
                if not self._is_length(name):
                    self.unused[clean_text(name)] = None
            elif not _is_empty(given) and key not in values:  # the first of several names of the same thing counts
                values[key] = _value(self.file, f"{where}: {name}", key, given)
        return values

    def unused_names(self) -> tuple[str, ...]:
        """Attributes without a place; one that may be a length says how to have it read."""
        hint = " (a length? it has no unit: say --length {}=km or {}=m)"
        return tuple(name + hint.format(name, name) * (name.lower() in _WITHOUT_UNIT) for name in self.unused)


def _is_empty(given: object) -> bool:
    return given is None or (isinstance(given, str) and not given.strip())


def _value(file: str, where: str, key: str, given: Any) -> Any:
    if key in _TEXTS:
        return clean_text(text(file, where, given))
    if key in _TRUTH:
        if (truth := _TRUTH[key].get(str(given).strip().lower())) is None:
            raise InputError.of(file, where, given, "true or false")
        return truth
    found = number(file, where, given)
    if key in _WHOLE:
        if not found.is_integer() or found < 0:
            raise InputError.of(file, where, given, "a whole number >= 0")
        return int(found)
    limit = _LIMITS.get(key, math.inf)
    if abs(found) > limit:
        raise InputError.of(file, where, given, f"degrees from {-limit:g} to {limit:g}")
    return found


def text(file: str, where: str, given: object) -> str:
    """A text, or a number as one. Raises InputError for anything else."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise InputError.of(file, where, given, "a text or a number")
    return str(given)


def number(file: str, where: str, given: object) -> float:
    """A finite number, also one that is written as text. Raises InputError for anything else."""
    try:
        found = float(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise InputError.of(file, where, "nothing" if given is None else given, "a number")
    return found
