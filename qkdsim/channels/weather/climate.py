"""Shipped clear fractions by name of place; where each comes from is in `climate.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from qkdsim import library
from qkdsim.devices.quantity import Positive, PositiveProbability, Quantity
from qkdsim.errors import InputError

_FILE = Path(__file__).with_name("climate.toml")
_PROXY_UNCERTAINTY = 0.10  # ten points: night is not day, and thin cirrus counts as sun


class _Place(library.FileModel):
    clear_fraction: PositiveProbability | None = None
    sunshine_h_per_year: Positive | None = None
    basis: Literal["measured", "assumed"] = "assumed"  # a proxy is an assumption, whatever it is made from
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_of_two(self) -> _Place:
        if (self.clear_fraction is None) == (self.sunshine_h_per_year is None):
            raise ValueError("expected either clear_fraction or sunshine_h_per_year")
        return self


class _Climate(library.FileModel):
    daylight_h_per_year: Positive
    place: dict[str, _Place]


def clear_fraction(place: str) -> Quantity:
    """Share of time with a clear sky at a shipped place, with its basis, source and, for a proxy, uncertainty.

    `measured` counts clear nights; `assumed` is a proxy (sunshine hours over daylight hours, Japan Meteorological
    Agency normals 1991-2020 for Japan) or a guess, as its source says.

    Raises InputError for a place that is not shipped.
    """
    climate = _climate()
    if place not in climate.place:
        raise InputError.of("clear fraction", "place", place, f"one of {', '.join(places())}, or a number of your own")
    entry = climate.place[place]
    if entry.sunshine_h_per_year is None:
        return Quantity(float(entry.clear_fraction or 0.0), entry.basis, source=entry.source)
    hours = float(entry.sunshine_h_per_year)
    source = f"proxy: {hours:g} h of sunshine in {climate.daylight_h_per_year:g} h of daylight a year; {entry.source}"
    return Quantity(hours / climate.daylight_h_per_year, "assumed", _PROXY_UNCERTAINTY, source)


def places() -> list[str]:
    """Names of the shipped places, sorted."""
    return sorted(_climate().place)


@cache
def _climate() -> _Climate:
    source = library.read(_FILE)
    return library.validated(_Climate, source.table, source.name)
