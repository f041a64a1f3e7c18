"""One procedure: how evidence on one criterion is gathered by one method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Method

Needs = Literal["profile", "bench", "module", "link", "photons", "quadratures", "records"]


@dataclass(frozen=True, slots=True)
class Procedure:
    """A function from device under test and seed to evidence, and what it needs of the device to run at all.

    A `bench` may hold any device, that of a `module` one module alone, that of a `link` both; `photons` and
    `quadratures` are links that count photons, or measure quadratures.
    `is_slow` marks the randomness batteries and their like, which take more than a few seconds.
    `record` is the kind of record that it needs, where it needs one.
    """

    criterion: str
    method: Method
    run: Callable[[Device, int], Evidence]
    is_slow: bool = False
    needs: Needs = "profile"
    record: str = ""
