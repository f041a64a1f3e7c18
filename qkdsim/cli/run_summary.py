"""What `qkdsim run` prints of a run: links, demands and classes, the worst first where there are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from qkdsim.cli.output import number, percent, print_table

if TYPE_CHECKING:
    from qkdsim.results import RunResult

SHOWN_ROWS = 20  # of a table on the screen; the rest is in the report and the run folder
_SHOWN = ("requests", "served_ratio", "delay_p95_s", "throughput_bps", "availability")

Measured = Mapping[str, Mapping[str, Any]]


def print_summary(result: RunResult, wall_s: float) -> None:
    """Print the tables of a run, and where its report is."""
    from qkdsim.units import format_duration

    summary = result.summary
    title = f"{summary['scenario']}: {format_duration(summary['duration_s'])}, seed {summary['seed']}"
    _print_links(title, summary["links"])
    if summary["demands"]:
        _print_demands(summary["demands"])
        _print_classes(class_measures(result), len(result.manifest.get("replica_seeds", [0])))
    _print_objects(summary.get("objects", ()))
    if summary.get("sessions"):
        _print_sessions(summary["sessions"])
    typer.echo(f"report: {Path(str(result.folder)) / 'report.html'}  ({wall_s:.1f} s)")


def class_measures(result: RunResult) -> dict[str, Measured]:
    """The measures of each class by name: value, unit, low, high and replicas of each."""
    import polars as pl

    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in result.lazy("measures").filter(pl.col("scope") == "class").collect().to_dicts():
        found.setdefault(row["name"], {})[row["measure"]] = row
    return dict(found)


def class_documents(result: RunResult) -> list[dict[str, Any]]:
    """The same for JSON: every measure by name, and its interval where there is one."""
    return [
        {
            "class": name,
            **{measure: row["value"] for measure, row in rows.items()},
            "intervals": {
                measure: [row["low"], row["high"]] for measure, row in rows.items() if row["low"] is not None
            },
        }
        for name, rows in class_measures(result).items()
    ]


def _print_links(title: str, links: Sequence[Mapping[str, Any]]) -> None:
    from qkdsim.plots.quantities import rate_text

    shown = _worst(links, lambda link: link["secret_key_rate_bps"])
    rows = [
        [
            link["id"],
            link["profile"],
            number(link["loss_db"]),
            percent(link["qber"]),
            rate_text(link["secret_key_rate_bps"]),
            str(link["blocks"]),
            str(link["keyless_blocks"]),
            _remark(link),
        ]
        for link in shown
    ]
    heads = ["link", "profile", "loss dB", "QBER", "secret key rate", "blocks", "no key", "proof"]
    print_table(title, heads, rows, numeric=(2, 3, 4, 5, 6))
    _say_rest(len(links), "links", "with the lowest rates")


def _print_demands(demands: Sequence[Mapping[str, Any]]) -> None:
    from qkdsim.plots.quantities import bits_text

    shown = _worst(demands, lambda demand: _or_one(demand["served_fraction"]))
    rows = [
        [
            demand["id"],
            *_ends(demand),
            bits_text(demand["requested_bits"]),
            bits_text(demand["served_bits"]),
            percent(demand["served_fraction"]),
            str(demand["blocked"]),
            str(demand["lost"]),
            _seconds(demand["mean_delay_s"]),
        ]
        for demand in shown
    ]
    heads = ["demand", "from", "to", "asked", "served", "share", "blocked", "lost", "mean delay"]
    print_table("demands", heads, rows, numeric=(3, 4, 5, 6, 7, 8))
    _say_rest(len(demands), "demands", "served least")


def _ends(demand: Mapping[str, Any]) -> tuple[str, str]:
    """The two nodes of a demand; how many pairs, where it has many."""
    return (f"{demand['pairs']:,} pairs", "") if demand["from"] is None else (demand["from"], demand["to"])


def _print_classes(classes: Mapping[str, Measured], replicas: int) -> None:
    """The service of each class, where there is more than one or several replicas."""
    from qkdsim.plots.quantities import rate_text

    if len(classes) < 2 and replicas < 2:
        return
    texts = (_count, percent, _seconds, rate_text, percent)
    names = _worst(list(classes), lambda name: _or_one(classes[name]["served_ratio"]["value"]))
    rows = [
        [name, *(_cell(classes[name][measure], text) for measure, text in zip(_SHOWN, texts, strict=True))]
        for name in names
    ]
    title = "classes" if replicas == 1 else f"classes: means and 95 % intervals of {replicas} replicas"
    heads = ["class", "requests", "served", "delay p95", "throughput", "availability"]
    print_table(title, heads, rows, numeric=(1, 2, 3, 4, 5))
    _say_rest(len(classes), "classes", "served least")


def _print_sessions(plans: Sequence[Mapping[str, Any]]) -> None:
    from qkdsim.plots.quantities import bytes_text

    shown = _worst(plans, lambda plan: plan["established"] / max(plan["handshakes"], 1))
    rows = [
        [
            plan["id"],
            f"{plan['pairs']:,}",
            *(f"{plan[key]:,}" for key in ("handshakes", "established", "downgraded", "refused", "failed")),
            bytes_text(plan["protected_bytes"]),
            bytes_text(plan["blocked_bytes"]),
            _seconds(plan["mean_delay_s"]),
        ]
        for plan in shown
    ]
    heads = ["sessions", "pairs", "handshakes", "made", "downgraded", "refused", "failed", "protected", "blocked"]
    print_table("sessions", [*heads, "mean delay"], rows, numeric=range(1, 10))
    _say_rest(len(plans), "plans of sessions", "with the fewest established")


def _print_objects(objects: Sequence[Mapping[str, Any]]) -> None:
    """The operations on stored objects, by kind."""
    from qkdsim.plots.quantities import bits_text

    rows = [
        [
            f"{one['id']} ({one['threshold']} of {len(one['holders'])})",
            kind,
            *(str(counts[outcome]) for outcome in ("done", "failed", "unfinished")),
            _seconds(counts["mean_s"]),
            bits_text(counts["key_bits"]),
            _byte_remark(counts),
        ]
        for one in objects[:SHOWN_ROWS]
        for kind, counts in one["operations"].items()
    ]
    heads = ["object", "operation", "done", "failed", "unfinished", "mean time", "key", "bytes"]
    if rows:
        print_table("stored objects", heads, rows, numeric=(2, 3, 4, 5, 6))
        _say_rest(len(objects), "stored objects", "that come first")


def _byte_remark(counts: Mapping[str, Any]) -> str:
    """Whether what was rebuilt is what was stored, where that was looked at."""
    if not counts["compared"]:
        return ""
    return f"{counts['mismatches']} wrong" if counts["mismatches"] else "all the same"


def _cell(row: Mapping[str, Any], text: Callable[[Any], str]) -> str:
    value = row["value"]
    if value is None:
        return "–"
    if row["low"] is None:
        return text(value)
    half = max(value - row["low"], row["high"] - value)
    return f"{text(value)} ± {text(half) if half else 0}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _seconds(value: float | None) -> str:
    from qkdsim.units import format_duration

    return "–" if value is None else format_duration(value)


def _or_one(share: float | None) -> float:
    return 1.0 if share is None else float(share)


def _worst(rows: Sequence[Any], rank: Callable[[Any], float]) -> Sequence[Any]:
    """All rows in their order, or the lowest ones where there are too many to read."""
    return rows if len(rows) <= SHOWN_ROWS else sorted(rows, key=rank)[:SHOWN_ROWS]


def _say_rest(count: int, what: str, which: str) -> None:
    if count > SHOWN_ROWS:
        typer.echo(f"{SHOWN_ROWS} of {count:,} {what}, those {which}; all of them are in the report\n")


def _remark(link: Mapping[str, Any]) -> str:
    from qkdsim.units import format_duration

    proof = "covered" if link["covered_by_proof"] else "not covered"
    if link["stopped_s"] is None:
        return proof
    return f"{proof}; stopped after {format_duration(link['stopped_s'])}: authentication pool empty"
