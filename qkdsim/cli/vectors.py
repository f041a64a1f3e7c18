"""`qkdsim vectors`: inputs and outputs of every stage of a block, and the comparison of a device with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qkdsim.results.vectors_check import VectorCheck

DIFFERENT = 1  # exit status


def vectors(
    target: Annotated[
        str,
        typer.Argument(
            metavar="PROFILE|CANDIDATE",
            help="With --out a shipped profile name, or a path to a TOML file; with --check the device's folder.",
        ),
    ],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write the vectors to.")] = None,
    check: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of vectors to compare the device's folder with.")
    ] = None,
    length_km: Annotated[float | None, typer.Option(help="Length of the profile's reference fibre.")] = None,
    loss_db: Annotated[float | None, typer.Option(help="Loss of the fibre in place of a length.")] = None,
    block_bits: Annotated[float | None, typer.Option(help="Sifted key bits of the block.")] = None,
    reconciliation: Annotated[
        str | None, typer.Option(metavar="NAME", help="cascade, cascade-option7 or ldpc; else as the profile says.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all draws, 1 when left out.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write test vectors of every key-processing stage of a block, or check a device's outputs against them.

    Exit status of a check: 0 if all stages agree, 1 if not. The folder holds key, for testing only.
    """
    _check_options(
        out,
        check,
        {
            "--length-km": length_km,
            "--loss-db": loss_db,
            "--block-bits": block_bits,
            "--reconciliation": reconciliation,
            "--seed": seed,
        },
    )
    if check is not None:
        _compare(check, target, json_)
    elif out is not None:
        options = {
            "length_km": length_km,
            "loss_db": loss_db,
            "block_bits": block_bits,
            "reconciliation": reconciliation,
        }
        _write(target, out, options, 1 if seed is None else seed, json_)


def _check_options(out: Path | None, check: Path | None, of_writing: dict[str, object]) -> None:
    """Raise InputError unless just one of --out and --check is given, the latter without options of the former."""
    from qkdsim.errors import InputError

    if (out is None) == (check is None):
        raise InputError.of("vectors", "", None, "expected exactly one of --out and --check")
    given = [name for name, value in of_writing.items() if value is not None]
    if check is not None and given:
        raise InputError.of("--check", "", None, f"{given[0]} goes with --out")


def _write(profile: str, out: Path, options: dict[str, Any], seed: int, json_: bool) -> None:
    from qkdsim.cli.output import print_json
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.links.distillation import laboratory_link
    from qkdsim.links.stage_vectors import stage_vectors
    from qkdsim.results.vectors import VectorFolder

    link = laboratory_link(profile, **options)
    with VectorFolder(out) as folder, ProgressShown("sampling a block") as progress:
        progress.show(0.0, link.profile_name)
        manifest = folder.write(stage_vectors(link, seed))
    if json_:
        print_json({**manifest, "out": str(out)})
        return
    ledger = manifest["ledger"]
    sizes = f"{ledger['sifted_bits']:,} sifted bits, {ledger['secret_bits']:,} secret bits"
    typer.echo(f"{out}: {len(manifest['stages'])} stages of a block of {link.profile_name}, {sizes}")
    typer.echo(f"SHA-256 of the stages {manifest['stages_sha256']}")
    typer.echo("qkdsim: note: the folder holds key material, for testing only", err=True)


def _compare(reference: Path, candidate: str, json_: bool) -> None:
    from qkdsim.cli.output import print_json
    from qkdsim.results.vectors_check import check_vectors

    found = check_vectors(reference, candidate)
    if json_:
        print_json(
            {"format": "vectors-check/1", "reference": str(reference), "candidate": candidate, **found.as_dict()}
        )
    else:
        typer.echo(_line(found))
    if found.failed:
        raise typer.Exit(DIFFERENT)


def _line(found: VectorCheck) -> str:
    """The result in one line."""
    if not found.failed:
        compared = [stage for stage in found.stages if stage.state == "equal"]
        given = len(found.stages) - len(compared)
        return f"all {len(compared)} stages agree" + (f"; {given} inputs not given" if given else "")
    first, *later = found.failed
    line = f"first difference at stage {first.name} ({first.file}): {first.difference or 'missing'}"
    for state in ("different", "missing"):
        if names := [stage.name for stage in later if stage.state == state]:
            line += f"; also {state}: {', '.join(names)}"
    return line
