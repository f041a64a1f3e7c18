"""What goes wrong, as a scenario file states it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from qkdsim import library
from qkdsim.devices.quantity import ErrorProbability, NonNegative, Quantity
from qkdsim.scenario.duration import Duration


class Fault(library.FileModel):
    """Something that goes wrong at `at` for `for`.

    `cut`: no light; `off`: the modules of a link, or all at a node, lose power (cold start afterwards);
    `disturbance`: noise photons at the receiver's input and, or, a worse alignment.
    """

    kind: Literal["cut", "disturbance", "off"]
    at: Duration
    for_: Duration = Field(alias="for")
    link: str | None = None
    node: str | None = None
    noise_photon_rate_hz: NonNegative = Quantity(0.0)
    misalignment_error: ErrorProbability = Quantity(0.0)

    @model_validator(mode="after")
    def _has_a_target(self) -> Fault:
        if (self.link is None) == (self.node is None):
            raise ValueError("expected exactly one of link and node")
        if self.kind == "disturbance" and self.noise_photon_rate_hz <= 0.0 and self.misalignment_error <= 0.0:
            raise ValueError("a disturbance needs noise_photon_rate_hz or misalignment_error above 0")
        return self
