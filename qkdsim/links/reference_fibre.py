"""A device on its reference fibre: what `rate` and `distill` are asked for, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile, NamedProfile, load_named_profile
from qkdsim.errors import InputError


def named_profile(profile: str | DeviceProfile, overrides: Mapping[str, Any] | None) -> NamedProfile:
    """A profile given by name, with changed values, or as an object.

    Raises InputError.
    """
    if isinstance(profile, str):
        return load_named_profile(profile, overrides=overrides)
    if not isinstance(profile, DeviceProfile):
        raise InputError.of("profile", "", str(profile), "the name or path of a profile, or a DeviceProfile")
    name = f"{profile.identity.vendor} {profile.identity.model}"
    if overrides:
        raise InputError.of(name, "overrides", None, "overrides go with a profile given by name")
    return NamedProfile(name, profile, "")


def reference_span(named: NamedProfile, length_km: float | None, loss_db: float | None) -> FibreSpan:
    """The profile's reference fibre over a length, or with a loss.

    Raises InputError unless exactly one of the two is given, in range.
    """
    if (length_km is None) == (loss_db is None):
        raise InputError.of(named.name, "", None, "expected exactly one of --length-km and --loss-db")
    for key, value in (("length_km", length_km), ("loss_db", loss_db)):
        if value is not None and not (is_number(value) and 0.0 <= value <= 1e5):
            raise InputError.of(named.name, key, value, "a number >= 0 and <= 100000")
    return span_of(named.profile, length_km, loss_db)


def span_of(profile: DeviceProfile, length_km: float | None, loss_db: float | None) -> FibreSpan:
    """The profile's reference fibre over a length, or with a loss, which are known to be in range."""
    fibre = profile.reference_fibre
    return FibreSpan(
        length_km=length_km,
        loss_db=loss_db,
        attenuation_db_per_km=float(fibre.attenuation_db_per_km),
        dispersion_ps_per_nm_km=float(fibre.dispersion_ps_per_nm_km),
    )


def check_block_bits(name: str, block_bits: float | None, most: float = 1e15) -> None:
    """Raise InputError unless the size of a block is left out or in range."""
    if block_bits is not None and not (is_number(block_bits) and 1.0 <= block_bits <= most):
        raise InputError.of(name, "block_bits", block_bits, f"a number >= 1 and <= {most:g}")


def is_number(value: object) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
