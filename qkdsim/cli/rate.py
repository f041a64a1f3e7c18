"""`qkdsim rate`: the key rate of one link."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qkdsim.links import KeyRate


def rate(
    profile: Annotated[str, typer.Argument(help="Shipped profile name, or a path to a TOML file.")],
    length_km: Annotated[float | None, typer.Option(help="Length of the profile's reference fibre.")] = None,
    loss_db: Annotated[float | None, typer.Option(help="Loss of the fibre in place of a length.")] = None,
    block_bits: Annotated[float | None, typer.Option(help="Sifted key-basis bits per block.")] = None,
    asymptotic: Annotated[bool, typer.Option("--asymptotic", help="Infinite data, infinitely many decoys.")] = False,
    optimise: Annotated[
        bool, typer.Option("--optimise", "--optimize", help="Choose intensities, probabilities and basis bias.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the profile; may be repeated."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Gain, QBER and secret key rate of a device over a length of fibre or a loss."""
    from qkdsim.cli.output import print_json
    from qkdsim.cli.values import overrides
    from qkdsim.links import key_rate

    found = key_rate(
        profile,
        length_km=length_km,
        loss_db=loss_db,
        block_bits=block_bits,
        asymptotic=asymptotic,
        optimise_settings=optimise,
        overrides=overrides(set_),
    )
    if json_:
        print_json({"format": "rate/1", **found.as_dict()})
    else:
        _print(found)


def _print(found: KeyRate) -> None:
    from qkdsim.cli.output import number, percent
    from qkdsim.plots.quantities import bits_text, rate_text

    words = {field.name: number(getattr(found, field.name)) for field in fields(found) if _is_number(found, field.name)}
    words["qber"] = percent(found.qber)
    words["phase_error_rate"] = percent(found.phase_error_rate)
    words["secret_key_rate_bps"] = rate_text(found.secret_key_rate_bps)
    if found.sifted_rate_bps is not None:
        words["sifted_rate_bps"] = rate_text(found.sifted_rate_bps)
    if found.block_bits is not None:
        words["block_bits"] = bits_text(found.block_bits)
    typer.echo(f"{found.profile} ({found.protocol}), {found.bounds}; {found.coverage}")
    for name, text in words.items():
        typer.echo(f"  {name.replace('_', ' '):28s} {text}")
    if found.optimised is not None:
        typer.echo(f"  {'optimised':28s} {found.optimised}")
    if not found.in_validity:
        typer.echo("  note: dead time or afterpulses are outside the range for which counts are corrected", err=True)


def _is_number(found: KeyRate, name: str) -> bool:
    value = getattr(found, name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number or (value is None and name != "optimised")
