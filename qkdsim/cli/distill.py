"""`qkdsim distill`: clicks to key on one link, with the ledger of every block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    loss_db: Annotated[float | None, typer.Option(help="Loss of the fibre; exactly one of the two.")] = None,
    blocks: Annotated[int, typer.Option(help="Blocks to process.")] = 1,
    block_bits: Annotated[float | None, typer.Option(help="Sifted key bits per block, at most 5e7.")] = None,
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
    """What a person reads: the main entries of each block in a table, then the whole of the ledger for a single one."""
    from qkdsim.cli.output import number, percent, print_table

    rows = document["blocks"]
    print_table(
        f"{document['profile']}: {number(document['loss_db'])} dB, seed {document['seed']}",
        ["block", "sifted", "QBER", "leaked", "f", "secret", "keys"],
        [
            [
                str(index),
                f"{row['sifted_bits']:,}",
                percent(row["qber"]),
                f"{row['leak_ec_bits']:,}",
                number(row["ec_efficiency"]),
                f"{row['secret_bits']:,}",
                row["reason"] or ("equal" if row["keys_equal"] else "DIFFERENT"),
            ]
            for index, row in enumerate(rows)
        ],
        numeric=range(6),
    )
    if len(rows) == 1:
        for label, text in _ledger(rows[0]):
            typer.echo(f"  {label:34s} {text}")
    for label in ("reconciliation", "bounds", "coverage"):
        typer.echo(f"  {label:34s} {document[label]}")


def _ledger(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The rest of a block's entries, with units."""
    from qkdsim.cli.output import number, percent
    from qkdsim.units import format_duration

    yield "block open for", format_duration(row["end_s"] - row["start_s"])
    yield "raw bits, double clicks", f"{row['raw_bits']:,}, {row['double_clicks']:,}"
    yield "published for estimation", f"{row['disclosed_bits']:,} bits, error rate {percent(row['estimated_qber'])}"
    yield "phase error rate, at most", percent(row["phase_error_rate"])
    yield "authentication pads destroyed", f"{row['authentication_bits']:,} bits"
    yield "key back into the pools", f"{row['pool_refill_bits']:,} bits"
    yield "epsilon", number(row["epsilon"])
    told = f"{row['messages']:,} messages, {row['bits_to_alice'] + row['bits_to_bob']:,} bits"
    yield "service channel", f"{told}, {format_duration(row['service_channel_s'])}"
