"""`qkdsim rate`: the key rate of one link."""

from __future__ import annotations

from collections.abc import Iterator
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
    bounds: Annotated[
        str | None, typer.Option(metavar="NAME", help="Tail bound or key-length theory in place of the profile's.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the profile; may be repeated."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Gain, QBER and secret key rate of a device over a length of fibre or a loss."""
    from qkdsim.cli.output import print_json
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.cli.values import overrides
    from qkdsim.links import key_rate

    with ProgressShown("optimising") as progress:
        found = key_rate(
            profile,
            length_km=length_km,
            loss_db=loss_db,
            block_bits=block_bits,
            asymptotic=asymptotic,
            optimise=optimise,
            bounds=bounds,
            overrides=overrides(set_),
            on_progress=lambda fraction: progress.show(fraction, ""),
        )
    if json_:
        print_json({"format": "rate/1", **found.as_dict()})
    else:
        _print(found)


def _print(found: KeyRate) -> None:
    typer.echo(f"{found.profile} ({found.protocol})")
    for label, text in _rows(found):
        if not text.startswith("–"):  # a dash: this profile or mode does not know it
            typer.echo(f"  {label:34s} {text}")
    if not found.in_validity:
        note = "dead time or afterpulses are outside the range for which counts are corrected"
        typer.echo(f"qkdsim: note: {note}", err=True)


def _rows(found: KeyRate) -> Iterator[tuple[str, str]]:
    """What a person reads, with units; what is not known is left out."""
    from qkdsim.cli.output import number, percent
    from qkdsim.plots.quantities import bits_text, rate_text
    from qkdsim.units import format_duration

    def rate_or_dash(rate_bps: float | None) -> str:
        return "–" if rate_bps is None else rate_text(rate_bps)

    yield "theory and bounds", found.bounds
    yield "proof", found.coverage
    if found.length_km is not None:
        yield "fibre length", f"{number(found.length_km)} km"
    yield "loss of the fibre", f"{number(found.loss_db)} dB (transmittance {number(found.transmittance)})"
    yield "gain of the signal", number(found.gain)
    yield "QBER of the sifted key", percent(found.qber)
    yield "gain of single photons, at least", number(found.single_photon_gain)
    yield "phase error rate, at most", percent(found.phase_error_rate)
    yield "sifted rate", rate_or_dash(found.sifted_rate_bps)
    if found.block_bits is not None and found.block_duration_s is not None:
        yield "block", f"{bits_text(found.block_bits)} sifted, in {format_duration(found.block_duration_s)}"
    if found.epsilon is not None:
        yield "epsilon per block", number(found.epsilon)
    yield "secret key per pulse", f"{number(found.secret_key_bits_per_pulse)} bit"
    yield "secret key rate", rate_or_dash(found.secret_key_rate_bps)
    if found.max_length_km is not None:
        yield "reach on the reference fibre", f"{number(found.max_length_km)} km"
    for name, value in (found.optimised or {}).items():
        values = value if isinstance(value, tuple) else (value,)
        yield f"optimised {name.replace('_', ' ')}", ", ".join(f"{one:.6g}" for one in values)
