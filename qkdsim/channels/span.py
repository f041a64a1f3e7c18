"""What lies between two QKD modules, as a link sees it: a fibre or a path through the air."""

from __future__ import annotations

from typing import Protocol

from qkdsim.channels.state import ChannelState


class Span(Protocol):
    """A quantum channel from module to module, while nothing acts on it."""

    @property
    def length_km(self) -> float | None:
        """Length, where known."""
        ...

    @property
    def total_loss_db(self) -> float:
        """Mean loss from end to end, without the modules' own optics."""
        ...

    @property
    def delay_s(self) -> float:
        """Travel time of light from end to end."""
        ...

    def state(
        self,
        *,
        wavelength_nm: float,
        filter_width_nm: float | None = None,
        isolation_db: float | None = None,
        stabilisation_period_s: float | None = None,
    ) -> ChannelState:
        """The channel as a receiver with such a filter and such a time between alignments meets it."""
        ...
