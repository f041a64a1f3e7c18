"""What goes wrong, as a scenario file states it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from pydantic import Field, StrictBool, model_validator

from qkdsim import library
from qkdsim.devices.quantity import ErrorProbability, NonNegative, Probability, Quantity
from qkdsim.scenario.duration import Duration

LinkFault: TypeAlias = Literal["cut", "loss", "disturbance", "eavesdropper", "off"]
Target: TypeAlias = Literal["link", "node", "satellite", "classical-link", "island", "controller"]

_ANY_LINK = ("link", "node", "satellite", "each link", "each node", "each satellite")
# what a kind may hit; `each ...` is drawn apart for every one of them
_TARGETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(get_args(LinkFault), _ANY_LINK),
        "node-lost": ("node", "satellite", "each node", "each satellite"),
        "controller-lost": (),
        "classical-cut": ("classical_link", "node", "island", "each classical-link", "each node"),
    }
)
# what describes a kind, and no other
_NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cut": ("classical",),
        "loss": ("loss_db",),
        "disturbance": ("noise_photon_rate_hz", "misalignment_error"),
        "eavesdropper": ("fraction",),
        "node-lost": ("key_lost",),
    }
)


class Fault(library.FileModel):
    """Something that goes wrong at `at` for `for`, or by chance.

    `cut`: no light; `loss`: more attenuation; `disturbance`: noise photons at the receiver's input and, or, a worse
    alignment; `eavesdropper`: a share of the pulses is intercepted and sent on; `off`: the modules of a link, or all at
    a node, lose power (cold start afterwards), while stored key is still used; `node-lost`: a whole site is gone;
    `controller-lost`: the controller is; `classical-cut`: classical links are down.

    A link is named by `link`, all links of a node by `node`, and with them its ground station; a satellite is named by
    `satellite`. A classical link is named by `classical_link`, all of a node by `node`, and all between some nodes and
    the rest of the network by `island`. `each` stands for every one of a kind, drawn apart.

    `repeat_every` with `repeat_for` makes a fault come and go between `at` and the end of `for`. `mtbf` and `mttr` in
    place of `at` and `for` draw it: the target works for exponential times with the mean `mtbf` (mean time between
    failures) and stands still for exponential times with the mean `mttr` (mean time to repair).
    """

    kind: Literal["cut", "loss", "disturbance", "eavesdropper", "off", "node-lost", "controller-lost", "classical-cut"]
    at: Duration | None = None
    for_: Duration | None = Field(default=None, alias="for")
    repeat_every: Duration | None = None
    repeat_for: Duration | None = None
    mtbf: Duration | None = None
    mttr: Duration | None = None
    link: str | None = None
    node: str | None = None
    satellite: str | None = None
    classical_link: str | None = None
    island: tuple[str, ...] = ()
    each: Literal["link", "node", "classical-link", "satellite"] | None = None
    noise_photon_rate_hz: NonNegative = Quantity(0.0)
    misalignment_error: ErrorProbability = Quantity(0.0)
    loss_db: NonNegative = Quantity(0.0)
    fraction: Probability = Quantity(0.0)  # of the pulses that an eavesdropper intercepts
    key_lost: StrictBool = True  # with a lost node the key in its stores
    classical: StrictBool | None = None  # whether a cut takes the classical link beside it; as [classical] says

    @model_validator(mode="after")
    def _is_told_rightly(self) -> Fault:
        lines = [*self._target_problems(), *self._time_problems(), *self._number_problems()]
        if lines:
            raise ValueError("\n".join(lines))
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """The keys that say what is hit; one in a valid file, none for the controller."""
        named = [key for key in ("link", "node", "satellite", "classical_link", "island") if getattr(self, key)]
        return (*named, f"each {self.each}") if self.each else tuple(named)

    def _target_problems(self) -> Iterator[str]:
        allowed, given = _TARGETS[self.kind], self.targets
        if len(given) != min(len(allowed), 1) or not set(given) <= set(allowed):
            words = ", ".join(given) or "no target"
            yield f"kind: got {self.kind!r} with {words}, expected {_one_of(allowed)}"
        for index, name in enumerate(self.island):
            if name in self.island[:index]:
                yield f"island[{index}]: got {name!r} twice, expected every node once"

    def _time_problems(self) -> Iterator[str]:
        stated = {key for key in ("at", "for", "mtbf", "mttr") if self._time(key) is not None}
        if stated not in ({"at", "for"}, {"mtbf", "mttr"}):
            yield "expected at and for, or mtbf and mttr"
        for key in ("for", "mtbf", "mttr", "repeat_every", "repeat_for"):
            if self._time(key) == 0.0:
                yield f"{key}: got 0.0, expected a duration above 0"
        repeats = {key for key in ("repeat_every", "repeat_for") if self._time(key) is not None}
        if repeats and (len(repeats) < 2 or "for" not in stated):
            yield "expected repeat_every and repeat_for together, with at and for"
        elif repeats and (self.repeat_for or 0.0) >= (self.repeat_every or 0.0):
            yield f"repeat_for: got {self.repeat_for:g}, expected less than repeat_every ({self.repeat_every:g} s)"

    def _time(self, key: str) -> float | None:
        value: float | None = self.for_ if key == "for" else getattr(self, key)
        return value

    def _number_problems(self) -> Iterator[str]:
        own = _NUMBERS.get(self.kind, ())
        for kind, keys in _NUMBERS.items():
            strange = [key for key in keys if key not in own and key in self.model_fields_set]
            yield from (f"{key}: got a value for kind {self.kind!r}, expected one for {kind!r} only" for key in strange)
        needed = [key for key in own if key not in ("classical", "key_lost")]
        if needed and not any(getattr(self, key) > 0.0 for key in needed):
            yield f"kind {self.kind!r} needs {' or '.join(needed)} above 0"


def _one_of(targets: tuple[str, ...]) -> str:
    if not targets:
        return "none"
    words = [f"each = {one.removeprefix('each ')!r}" if one.startswith("each ") else one for one in targets]
    return f"exactly one of {', '.join(words)}"
