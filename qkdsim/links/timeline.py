"""A link's life as a timeline of slices: dark, off, or lit with a given disturbance."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import Literal, TypeAlias

from qkdsim.channels import combined_error

_Darkness: TypeAlias = Literal["dark", "off"]
_Effect: TypeAlias = _Darkness | int  # or the number of a disruption of the channel
_Change: TypeAlias = tuple[float, _Effect, int]  # when, and +1 where the effect begins, -1 where it ends


@dataclass(frozen=True, slots=True)
class Disruption:
    """What a fault does to one link between two moments.

    `cut`: no light arrives, and the link needs its relock time afterwards; `off`: the modules lose power and the raw
    data of the open block, and start cold afterwards; `node-lost`: the same, since the site at one end is gone;
    `classical-cut`: the two ends cannot talk to each other: no light is counted, the open block and finished ones wait,
    and go on at once afterwards; `disturbance`: noise photons at the receiver's input, or a worse alignment; `loss`:
    more attenuation; `eavesdropper`: intercept-resend of a share of the pulses.
    """

    kind: Literal["cut", "off", "node-lost", "classical-cut", "disturbance", "loss", "eavesdropper"]
    start_s: float
    end_s: float
    noise_photon_rate_hz: float = 0.0
    misalignment_error: float = 0.0
    loss_db: float = 0.0
    intercepted_fraction: float = 0.0

    def recovery_s(self, *, cold_start_s: float, relock_s: float) -> float:
        """Time without key that follows, as long as nothing else happens."""
        match self.kind:
            case "cut":
                return relock_s
            case "off" | "node-lost":
                return cold_start_s
            case _:
                return 0.0


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of time in which nothing changes; `intercepted` holds one fraction of pulses per eavesdropper."""

    start_s: float
    end_s: float
    state: Literal["lit", "dark", "off"]
    noise_photon_rate_hz: float = 0.0
    misalignment_error: float = 0.0
    loss_db: float = 0.0
    intercepted: tuple[float, ...] = ()

    @property
    def is_disturbed(self) -> bool:
        """Whether something acts on the channel whose harm only physics can tell (loss is in every rate table)."""
        return self.noise_photon_rate_hz > 0.0 or self.misalignment_error > 0.0 or bool(self.intercepted)

    @property
    def channel(self) -> tuple[float, float, float, tuple[float, ...]]:
        """All that distinguishes the channel from the undisturbed one."""
        return self.noise_photon_rate_hz, self.misalignment_error, self.loss_db, self.intercepted


def timeline(
    duration_s: float, disruptions: Iterable[Disruption], *, cold_start_s: float, relock_s: float
) -> list[Slice]:
    """Cut a run into slices. The modules are switched on at time 0 and need `cold_start_s` before pulses count.

    One sweep over the sorted ends of all disruptions: n log n for n of them, times the number that act at one moment.
    """
    if duration_s <= 0.0:
        return []
    acting = list(disruptions)
    changes = list(_span(0.0, cold_start_s, "dark"))
    for number, one in enumerate(acting):
        changes += _changes(one, number, cold_start_s, relock_s)
    changes = [(max(time_s, 0.0), effect, step) for time_s, effect, step in changes if time_s < duration_s]
    changes.sort(key=itemgetter(0))
    now = _Moment(acting)
    slices = [Slice(0.0, duration_s, "lit")]
    for time_s, group in groupby(changes, key=itemgetter(0)):
        for _, effect, step in group:
            now.change(effect, step)
        _begin(slices, now.slice(time_s, duration_s))
    return slices


def _begin(slices: list[Slice], fresh: Slice) -> None:
    """End the last slice where a new one begins; neighbours that do not differ stay one: an edge is a change."""
    last = slices[-1]
    if (last.state, last.channel) == (fresh.state, fresh.channel):
        return
    if last.start_s == fresh.start_s:
        slices[-1] = fresh
        return
    slices[-1] = replace(last, end_s=fresh.start_s)
    slices.append(fresh)


def _span(start_s: float, end_s: float, effect: _Effect) -> Iterator[_Change]:
    if start_s < end_s and end_s > 0.0:
        yield start_s, effect, 1
        yield end_s, effect, -1


def _changes(one: Disruption, number: int, cold_start_s: float, relock_s: float) -> Iterator[_Change]:
    recovered_s = one.end_s + one.recovery_s(cold_start_s=cold_start_s, relock_s=relock_s)
    match one.kind:
        case "cut" | "classical-cut":
            yield from _span(one.start_s, recovered_s, "dark")
        case "off" | "node-lost":
            yield from _span(one.start_s, one.end_s, "off")
            yield from _span(one.end_s, recovered_s, "dark")
        case _:
            yield from _span(one.start_s, one.end_s, number)


@dataclass(slots=True)
class _Moment:
    """What acts at one moment of the sweep."""

    disruptions: list[Disruption]
    count: dict[_Darkness, int] = field(default_factory=lambda: {"dark": 0, "off": 0})
    channel: list[int] = field(default_factory=list)  # in the order of the disruptions: sums do not depend on history

    def change(self, effect: _Effect, step: int) -> None:
        """Let an effect begin or end."""
        if not isinstance(effect, int):
            self.count[effect] += step
        elif step > 0:
            insort(self.channel, effect)
        else:
            del self.channel[bisect_left(self.channel, effect)]

    def slice(self, start_s: float, end_s: float) -> Slice:
        """A slice with what acts now."""
        if self.count["off"]:
            return Slice(start_s, end_s, "off")
        if self.count["dark"]:
            return Slice(start_s, end_s, "dark")
        acting = [self.disruptions[number] for number in self.channel]
        return Slice(
            start_s,
            end_s,
            "lit",
            sum((one.noise_photon_rate_hz for one in acting), 0.0),
            combined_error(*(one.misalignment_error for one in acting)),
            sum((one.loss_db for one in acting), 0.0),
            tuple(sorted(one.intercepted_fraction for one in acting if one.intercepted_fraction > 0.0)),
        )
