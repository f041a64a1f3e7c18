"""The device under test as a procedure sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qkdsim.devices import DeviceProfile

if TYPE_CHECKING:
    from qkdsim.evaluation.records import Records
    from qkdsim.evaluation.specimen.bench import Bench


@dataclass(frozen=True, slots=True)
class Device:
    """A device under test: what its maker declares, and what a laboratory can do with it.

    `profile` has no `[truth]`; `bench` is there for specimens only; `records` are those of a laboratory, if any.
    `sha256` is the hash of the profile's file, and of those that it is based on; empty where no file holds the profile.
    `modules` are the two of a pair that is made of them: what one end can be judged by is asked of each.
    """

    name: str
    profile: DeviceProfile
    bench: Bench | None = None
    records: Records | None = None
    modules: tuple[Device, ...] = ()
    sha256: str = ""
