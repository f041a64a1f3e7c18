"""`qkdsim distill`: clicks to key on one link, with the ledger of every block."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qkdsim.postprocessing.wire import Message
    from qkdsim.results.transcript import TranscriptFolder


def distill(
    profile: Annotated[str, typer.Argument(help="Shipped profile name, or a path to a TOML file.")],
    length_km: Annotated[float | None, typer.Option(help="Length of the profile's reference fibre.")] = None,
    loss_db: Annotated[float | None, typer.Option(help="Loss of the fibre in place of a length.")] = None,
    blocks: Annotated[int, typer.Option(help="Blocks to process.")] = 1,
    block_bits: Annotated[float | None, typer.Option(help="Sifted key bits per block.")] = None,
    reconciliation: Annotated[
        str | None, typer.Option(metavar="NAME", help="cascade, cascade-option7 or ldpc; else as the profile says.")
    ] = None,
    intercept_fraction: Annotated[
        float, typer.Option(metavar="P", help="Share of pulses that an eavesdropper intercepts and resends.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 1,
    transcript: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the messages of the service channel.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Sample every click of a link and process the bits to key; prints the ledger of each block."""
    from qkdsim.cli.output import print_json
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.links.distillation import distill as distill_blocks
    from qkdsim.links.distillation import laboratory_link
    from qkdsim.results.transcript import TranscriptFolder

    link = laboratory_link(
        profile,
        length_km=length_km,
        loss_db=loss_db,
        block_bits=block_bits,
        reconciliation=reconciliation,
        intercept_fraction=intercept_fraction,
    )
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        progress = stack.enter_context(ProgressShown("distilling"))
        folder = None if transcript is None else stack.enter_context(TranscriptFolder(transcript))
        for block in distill_blocks(link, blocks=blocks, seed=seed, on_message=_recorder(folder)):
            rows.append({**block.raw.times, **block.distilled.ledger.as_dict()})
            progress.show(len(rows) / blocks, f"{len(rows)} of {blocks} blocks")
        if folder is not None:
            folder.commit()
    document = {
        "format": "distill/1",
        "profile": link.profile_name,
        "length_km": link.length_km,
        "loss_db": link.loss_db,
        "seed": seed,
        "reconciliation": link.reconciliation,
        "bounds": link.bounds,
        "covered_by_proof": link.coverage.covered,
        "coverage": str(link.coverage),
        "intercept_fraction": intercept_fraction,
        "blocks": rows,
    }
    if json_:
        print_json(document)
    else:
        _print(document)


def _recorder(folder: TranscriptFolder | None) -> Callable[[int, Message], None] | None:
    if folder is None:
        return None
    return lambda block, message: folder.add(block, message.kind, message.receiver, message.body)


def _print(document: dict[str, Any]) -> None:
    """What a person reads: one column per block would grow wide, so one table row per block, then what it rests on."""
    from qkdsim.cli.output import number, percent, print_table
    from qkdsim.units import format_duration

    print_table(
        f"{document['profile']}: {number(document['loss_db'])} dB, seed {document['seed']}",
        ["block", "time", "raw", "sifted", "disclosed", "QBER", "leaked", "f", "tags", "phase error", "secret", "keys"],
        [
            [
                str(index),
                format_duration(row["end_s"] - row["start_s"]),
                f"{row['raw_bits']:,}",
                f"{row['sifted_bits']:,}",
                f"{row['disclosed_bits']:,}",
                percent(row["qber"]),
                f"{row['leak_ec_bits']:,}",
                number(row["ec_efficiency"]),
                f"{row['authentication_bits']:,}",
                percent(row["phase_error_rate"]),
                f"{row['secret_bits']:,}",
                row["reason"] or ("equal" if row["keys_equal"] else "DIFFERENT"),
            ]
            for index, row in enumerate(document["blocks"])
        ],
        numeric=range(11),
    )
    for label in ("reconciliation", "bounds", "coverage"):
        typer.echo(f"  {label:16s} {document[label]}")
