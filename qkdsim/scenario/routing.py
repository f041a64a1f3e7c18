"""How keys find their way, as a scenario file states it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictInt, model_validator

from qkdsim import library
from qkdsim.devices.quantity import NonNegative, Quantity
from qkdsim.scenario.duration import Duration


class Routing(library.FileModel):
    """Which route a key takes, and who decides on the basis of what.

    `policy`: `fewest-hops`; `least-loss` of the light on the links; `widest`, with most key in its poorest store;
    `key-aware`, fewest hops with a charge for links that lack key. `control`: `ideal`, everybody knows all stores at
    every moment; `central`, a `controller` node looks at them every `update_interval` and is asked for each route;
    `link-state`, links announce themselves when they cross a watermark, at most once in `update_interval`, and each
    announcement crosses one hop in `flooding_delay_s`.
    """

    policy: Literal["fewest-hops", "least-loss", "widest", "key-aware"] = "fewest-hops"
    control: Literal["ideal", "central", "link-state"] = "ideal"
    controller: str | None = None
    update_interval: Duration = 60.0
    flooding_delay_s: NonNegative = Quantity(0.01, "assumed")
    max_attempts: StrictInt = Field(default=3, ge=1, le=100)  # routes tried when stores turn out to lack key
    patience: Duration = 60.0  # key-aware: a link that needs so long to fill up again counts as one hop more

    @model_validator(mode="after")
    def _fits(self) -> Routing:
        if self.control == "central" and self.controller is None:
            raise ValueError("controller: missing, expected the node of the controller for control = 'central'")
        if self.control != "central" and self.controller is not None:
            raise ValueError(f"controller: got {self.controller!r}, expected none unless control = 'central'")
        for key in ("update_interval", "patience"):
            if getattr(self, key) <= 0.0:
                raise ValueError(f"{key}: got 0, expected a duration above 0")
        return self
