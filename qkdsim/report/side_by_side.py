"""Devices side by side: rows for a table, and a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qkdsim.evaluation.side_by_side import LIFE_YEARS, ComparedDevice, SecurityMargin
from qkdsim.plots import rate_text, three_digits, to_svg
from qkdsim.plots.side_by_side import side_by_side_figure
from qkdsim.report.words import NONE, length, percent
from qkdsim.version import __version__


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One property, and what each device has of it."""

    group: str
    name: str
    cells: tuple[str, ...]


def compared_rows(devices: Sequence[ComparedDevice], loss_db: float) -> list[ComparedRow]:
    """All properties in the order of the page. What a profile does not state is a dash."""
    at = f"at {loss_db:g} dB"

    def row(group: str, name: str, words: Callable[[ComparedDevice], str]) -> ComparedRow:
        return ComparedRow(group, name, tuple(words(one) for one in devices))

    rows = [
        row("Device", "maker and model", lambda one: one.maker + (" (fictional)" if one.fictional else "")),
        row("Device", "protocol", lambda one: one.protocol),
        row("Key", f"secret key rate {at}", lambda one: rate_text(one.rate_bps)),
        row("Key", "reach", lambda one: f"{three_digits(one.reach_db)} dB, {three_digits(one.reach_km)} km"),
        row("Key", f"QBER {at}", lambda one: percent(one.qber)),
        row("Key", "QBER margin to abort", lambda one: percent(one.qber_margin)),
        row("Time", f"power-on to first key {at}", lambda one: length(one.first_key_s)),
        row("Time", "recovery after a disturbance", lambda one: length(one.recovery_s)),
        row("Effort", "power", lambda one: _number(one.power_w, "W")),
        row("Effort", f"energy per secret Mbit {at}", lambda one: _number(one.energy_j_per_mbit, "J")),
        row("Effort", "price", lambda one: _number(one.cost_eur, "EUR")),
        row(
            "Effort",
            f"price per secret Mbit {at}, over {LIFE_YEARS:g} years",
            lambda one: _number(one.cost_eur_per_mbit, "EUR"),
        ),
        row("Housing", "rack units", lambda one: _number(one.rack_units, "U")),
        row("Housing", "operating temperature", _temperature),
        row("Housing", "interfaces", lambda one: ", ".join(one.interfaces) or NONE),
    ]
    level = devices[0].level.level
    rows.append(row("Security", f"verdict at {level} on what is declared", _verdict))
    for index, criterion in enumerate(devices[0].security):
        name = f"{criterion.criterion} {criterion.title}: margin to {level}"
        rows.append(ComparedRow("Security", name, tuple(_margin(one.security[index]) for one in devices)))
    return rows


def write_side_by_side(devices: Sequence[ComparedDevice], loss_db: float) -> str:
    """The comparison as one self-contained page: no scripts, nothing fetched."""
    environment = Environment(
        loader=PackageLoader("qkdsim.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = compared_rows(devices, loss_db)
    groups = list(dict.fromkeys(one.group for one in rows))
    return environment.get_template("side_by_side.html.j2").render(
        devices=devices,
        groups=[(group, [one for one in rows if one.group == group]) for group in groups],
        figure=Markup(to_svg(side_by_side_figure(devices), "Secret key rate against loss", "rates")),
        loss_db=f"{loss_db:g}",
        version=__version__,
    )


def _number(value: float | None, unit: str) -> str:
    return NONE if value is None else f"{three_digits(value)} {unit}"


def _temperature(one: ComparedDevice) -> str:
    return NONE if one.temperature_c is None else f"{one.temperature_c[0]:g} to {one.temperature_c[1]:g} °C"


def _verdict(one: ComparedDevice) -> str:
    counts = one.level.counts
    return f"{counts['pass']} pass, {counts['fail']} fail, {counts['inconclusive']} inconclusive"


def _margin(one: SecurityMargin) -> str:
    if one.verdict == "not-applicable":
        return "not applicable"
    if one.relative_margin is None:
        return "not stated"
    words = f"{one.relative_margin:+.0%}".replace("%", " %")
    return words if one.verdict == "pass" else f"{words} ({one.verdict})"
