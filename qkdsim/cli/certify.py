"""`qkdsim certify`: a device against the catalogue of criteria."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qkdsim.evaluation import Certification, Criterion, Verdict

EXIT_STATUS = {"pass": 0, "fail": 1, "inconclusive": 3}
WIDE = 140  # columns of a screen that all columns of the table fit on
COLUMNS = ["id", "criterion", "verdict", "value", "95 % interval", "threshold", "margin", "unit", "method", "basis"]
DETAILS = ["sample", "reason", "threshold from", "figures"]
SHORT_COLUMNS = ["id", "criterion", "verdict", "value [95 % interval]", "threshold", "basis"]
STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow"}


def certify(
    profile: Annotated[str, typer.Argument(help="Shipped profile name, `defective/NAME`, or a path to a TOML file.")],
    level: Annotated[str, typer.Option(help="L1, L2 or L3.")] = "L2",
    scheme: Annotated[str, typer.Option(help="Shipped scheme (see `qkdsim list schemes`), or a path.")] = "default",
    criteria: Annotated[
        str | None,
        typer.Option(
            metavar="IDS", help="Only these, such as TX-01,PP-18; or core, extra, all. Default: the scheme's."
        ),
    ] = None,
    require: Annotated[str | None, typer.Option(help="specimen or measured: weaker evidence is inconclusive.")] = None,
    evidence: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Records of a laboratory, with their evidence.toml.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the procedures.", min=0)] = 1,
    no_batteries: Annotated[
        bool, typer.Option("--no-batteries", help="Leave the randomness batteries out: what rests on them is not run.")
    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the evidence bundle.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report page.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the page: en or ja.")] = "en",
    sign: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sign the bundle with the keys of `qkdsim signing-key`.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Reasons, sources and figures of every criterion.")
    ] = False,
) -> None:
    """Judge a device by the criteria. Exit status: 0 pass, 1 fail, 3 inconclusive, 2 bad input."""
    from qkdsim.cli.certify_files import CertifyFiles
    from qkdsim.cli.output import print_json
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.evaluation import certify as certified
    from qkdsim.evaluation.mutual_recognition import scheme_documents

    files = CertifyFiles.of(out, html, junit, sign, lang)
    ids = None if criteria is None else [one.strip() for one in criteria.split(",")]
    with ProgressShown("certifying") as progress:
        found = certified(
            profile,
            level=level,
            scheme=scheme,
            criteria=ids,
            require=require,
            evidence=evidence,
            seed=seed,
            batteries=not no_batteries,
            on_progress=progress.show,
        )
    written = files.write(found)
    if json_:
        print_json({"format": "certify/1", **found.as_dict(), "schemes": scheme_documents(found)})
    else:
        _print(found, verbose=verbose)
    for line in written:
        typer.echo(line, err=json_)
    raise typer.Exit(EXIT_STATUS[found.verdict.verdict])


def _print(found: Certification, *, verbose: bool) -> None:
    """The verdict first, then what blocks it, then every criterion by category."""
    from qkdsim.evaluation.catalogue import LEVELS

    overall = found.verdict
    basis = {"declared": "conforms as declared", "none": "no evidence"}.get(overall.basis, f"{overall.basis} evidence")
    if overall.verdict != "pass":
        basis = f"weakest evidence: {overall.basis}"
    at = f"{found.level}, chosen criteria only" if found.left_out else found.level
    typer.echo(f"{found.device.name}: {overall.verdict.upper()} at {at}, scheme {found.scheme.name} ({basis})")
    typer.echo(f"  {found.scheme.title}")
    role = found.device.profile.identity.role
    if role != "link":
        typer.echo(f"  role: {role}, one module of a link; what takes both ends is not judged")
    elif found.device.modules:
        typer.echo(f"  role: link of {' and '.join(one.name for one in found.device.modules)}")
    counts = ", ".join(f"{number} {outcome}" for outcome, number in overall.counts.items() if number)
    typer.echo(f"  criteria: {counts}")
    grounds = Counter(one.basis for one in found.verdicts if one.verdict in ("pass", "fail"))
    if grounds:
        typer.echo(f"  evidence: {', '.join(f'{number} {basis}' for basis, number in grounds.most_common())}")
    if found.device.records is not None:
        typer.echo(f"  records: {found.device.records.description.line}")
    levels = ", ".join(f"{level} {one.verdict}" for level, one in zip(LEVELS, found.levels, strict=True))
    if found.left_out:
        typer.echo(f"  no verdict of a level: {len(found.left_out)} criteria of the scheme were not asked for")
    else:
        typer.echo(f"  level reached: {found.level_reached or 'none'} ({levels})")
    if overall.not_tested:
        typer.echo(f"  not tested, outside the verdict (no live endpoint): {', '.join(overall.not_tested)}")
    _print_blocking(found)
    pairs = list(zip(found.criteria, found.verdicts, strict=True))
    for category in dict.fromkeys(one.category for one in found.criteria):
        _print_category(category, [pair for pair in pairs if pair[0].category == category], verbose=verbose)


def _print_blocking(found: Certification) -> None:
    """Failed criteria with their reasons; inconclusive ones by reason, since many share one."""
    for criterion, verdict in zip(found.criteria, found.verdicts, strict=True):
        if verdict.verdict == "fail":
            value, limit = _short_row(criterion, verdict)[3:5]
            missed = f"{value}, limit {limit}; " if criterion.op in ("<=", ">=") and value != "–" else ""
            typer.echo(f"  fails {verdict.criterion}: {missed}{verdict.reason}")
    by_reason: dict[str, list[str]] = {}
    for verdict in found.verdicts:
        if verdict.verdict == "inconclusive":
            by_reason.setdefault(verdict.reason, []).append(verdict.criterion)
    for reason, ids in by_reason.items():
        typer.echo(f"  inconclusive {', '.join(ids)}: {reason}")


def _print_category(category: str, pairs: Sequence[tuple[Criterion, Verdict]], *, verbose: bool) -> None:
    from qkdsim.cli.output import print_table, screen_width

    if not verbose and screen_width() < WIDE:
        rows = [_short_row(criterion, verdict) for criterion, verdict in pairs]
        print_table(category, SHORT_COLUMNS, rows, dense=True, whole=[0, 2], styles=STYLES)
        return
    columns = [*COLUMNS, *DETAILS] if verbose else COLUMNS
    rows = [[*_row(*pair), *(_details(*pair) if verbose else ())] for pair in pairs]
    print_table(category, columns, rows, numeric=[3, 4, 6], dense=True, whole=[0, 2], styles=STYLES)


def _short_row(criterion: Criterion, verdict: Verdict) -> list[str]:
    """What fits a narrow screen: value, interval and unit in one column, no margin and no method."""
    from qkdsim.cli.output import number

    value, limit = _shown(verdict.value, 3), _limit(criterion, verdict, 3)
    if verdict.interval is not None:
        value += f" [{', '.join(number(end, 3) for end in verdict.interval)}]"
    unit = "" if criterion.unit in ("1", "bool", "enum", "fraction", "count") else f" {criterion.unit}"
    return [
        criterion.id,
        criterion.title,
        verdict.verdict,
        value if value == "–" else value + unit,
        limit if limit == "–" else limit + unit,
        verdict.basis,
    ]


def _row(criterion: Criterion, verdict: Verdict) -> list[str]:
    from qkdsim.cli.output import number

    return [
        criterion.id,
        criterion.title,
        verdict.verdict,
        _shown(verdict.value),
        "–" if verdict.interval is None else " … ".join(number(end) for end in verdict.interval),
        _limit(criterion, verdict),
        number(verdict.margin),
        criterion.unit,
        verdict.method or "–",
        verdict.basis,
    ]


def _limit(criterion: Criterion, verdict: Verdict, digits: int = 4) -> str:
    if isinstance(verdict.threshold, tuple):
        return ", ".join(verdict.threshold)
    threshold = _shown(verdict.threshold, digits)
    return threshold if threshold == "–" or isinstance(verdict.threshold, bool) else f"{criterion.op} {threshold}"


def _details(criterion: Criterion, verdict: Verdict) -> list[str]:
    from qkdsim.cli.output import number
    from qkdsim.evaluation.certification import attribution

    found = verdict.evidence
    figures = "" if found is None else "; ".join(f"{name} {_shown(value)}" for name, value in found.facts)
    sample = number(None if found is None else found.sample_size)
    return [sample, verdict.reason, attribution(criterion, verdict.level), figures]


def _shown(value: object, digits: int = 4) -> str:
    from qkdsim.cli.output import number

    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value, digits) if isinstance(value, int | float) else str(value)
