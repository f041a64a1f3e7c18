"""`qkdsim exposure`: which keys, sessions and objects compromised nodes and broken algorithms give away."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from qkdsim.exposure import Compromise, ExposedKeys, Exposure, PairSecrecy, SmallestSets

SHOWN_ROWS = 40  # the rest is in the JSON document
SHOWN_SETS = 6


def exposure(
    run: Annotated[str, typer.Argument(help="A run folder.")],
    compromised: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NODE[@TIME[..TIME]]", help="A compromised node or satellite, from a time on, until a time. Repeat."
        ),
    ] = None,
    broken: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            help="Broken algorithms of sessions and objects; `qkd` for QKD devices that give their keys away. Repeat.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="From when on broken signatures let others impersonate. Default: the start."),
    ] = None,
    pair: Annotated[str | None, typer.Option(metavar="A,B", help="Keys of these two nodes, and smallest sets.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Keys, sessions and stored objects that failures expose, and the smallest sets of failures that do."""
    from qkdsim.cli.exposure_ledger import find_ledger, ledger_document, print_ledger
    from qkdsim.errors import InputError
    from qkdsim.exposure import Failures, check_broken, known_places, pair_secrecy
    from qkdsim.exposure import exposure as exposed_keys
    from qkdsim.results import open_run

    if not compromised and not broken and pair is None:
        raise InputError.of("exposure", "", None, "name a --compromised node, what is --broken, a --pair, or several")
    result = open_run(run)
    nodes, satellites = known_places(result)
    duration_s = float(result.summary["duration_s"])
    ends = None if pair is None else _pair(pair, nodes)
    compromises = [_compromise(text, nodes, satellites, duration_s) for text in compromised or ()]
    names = [name.strip() for text in broken or () for name in text.split(",")]
    failures = Failures(check_broken(result, names), tuple(compromises), _since_s(since, duration_s))
    found = exposed_keys(result, compromises, ends) if compromises else None
    secrecy = None if ends is None else pair_secrecy(result, ends)
    ledger = find_ledger(result, failures, ends)
    if broken and ledger is None:
        raise InputError.of("--broken", "", ",".join(names), "a run with sessions or stored objects; this one has none")
    if json_:
        from qkdsim.cli.output import print_json

        document = _document(str(result.summary["scenario"]), run, found, secrecy)
        print_json({**document, **ledger_document(failures, ledger)})
        return
    if found is not None:
        _print_keys(str(result.summary["scenario"]), found)
    if secrecy is not None:
        _print_pair(secrecy)
    if ledger is not None:
        print_ledger(str(result.summary["scenario"]), failures, ledger)


def _since_s(text: str | None, duration_s: float) -> float:
    from qkdsim.errors import InputError
    from qkdsim.units import parse_duration_s

    if text is None:
        return 0.0
    try:
        since_s = parse_duration_s(text)
    except ValueError:
        raise InputError.of("--since", "", text, "a time such as 6h, 1h30min or 90s") from None
    if since_s > duration_s:
        raise InputError.of("--since", "", text, f"a time within the run, which lasts {duration_s:g} s")
    return since_s


def _compromise(text: str, nodes: Sequence[str], satellites: Sequence[str], duration_s: float) -> Compromise:
    from qkdsim.errors import InputError
    from qkdsim.exposure import Compromise, expected_place
    from qkdsim.units import parse_duration_s

    known = {*nodes, *satellites}
    if text in known:
        return Compromise(text)
    node, at, times = text.rpartition("@")
    expected = f"{expected_place(nodes, satellites, node or text)}, or NODE@6h, or NODE@6h..8h"
    if not at or node not in known:
        raise InputError.of("--compromised", "", text, expected)
    start, until, end = times.partition("..")
    try:
        from_s, until_s = parse_duration_s(start), parse_duration_s(end) if until else math.inf
    except ValueError:
        raise InputError.of("--compromised", "", text, "times such as 6h, 1h30min or 90s") from None
    if from_s >= until_s:
        raise InputError.of("--compromised", "", text, "a second time after the first")
    if from_s > duration_s:
        raise InputError.of("--compromised", "", text, f"a time within the run, which lasts {duration_s:g} s")
    return Compromise(node, from_s, until_s)


def _pair(text: str, nodes: Collection[str]) -> tuple[str, str]:
    from qkdsim.errors import InputError

    for place, letter in enumerate(text):  # a name may hold a comma
        ends = text[:place], text[place + 1 :]
        if letter == "," and ends[0] in nodes and ends[1] in nodes and ends[0] != ends[1]:
            return ends
    raise InputError.of(
        "--pair", "", text, f"two different nodes of the run with a comma between, such as {_example(nodes)}"
    )


def _example(nodes: Collection[str]) -> str:
    return ",".join(sorted(nodes)[:2])


def _document(scenario: str, run: str, found: Exposure | None, secrecy: PairSecrecy | None) -> dict[str, Any]:
    compromises = [] if found is None else [asdict(one) for one in found.compromises]
    return {
        "format": "exposure/1",
        "scenario": scenario,
        "run": run,
        "compromised": compromises,
        "total": None if found is None else _figures(found.total),
        "groups": None
        if found is None
        else [{"class": group.key_class, "ends": list(group.ends or ()), **_figures(group)} for group in found.groups],
        "pair": None if secrecy is None else asdict(secrecy),
    }


def _figures(keys: ExposedKeys) -> dict[str, Any]:
    return {
        "keys": keys.keys,
        "bits": keys.bits,
        "exposed_keys": keys.exposed_keys,
        "exposed_bits": keys.exposed_bits,
        "exposed_fraction": keys.share,
        "by_relays_keys": keys.by_relays_keys,
        "at_ends_keys": keys.at_ends_keys,
        "first_s": keys.first_s,
        "last_s": keys.last_s,
    }


def _print_keys(scenario: str, found: Exposure) -> None:
    from qkdsim.cli.exposure_ledger import compromise_words
    from qkdsim.cli.output import print_table

    words = ", ".join(compromise_words(one) for one in found.compromises)
    rows = [_row(group) for group in found.groups[:SHOWN_ROWS]]
    if len(found.groups) > SHOWN_ROWS:
        rows.append([f"and {len(found.groups) - SHOWN_ROWS} more", *[""] * 8])
    print_table(
        f"{scenario}: keys exposed with {words} compromised",
        ["class", "pair", "keys", "exposed", "share", "bits exposed", "by relays", "at its ends", "first", "last"],
        [*rows, _row(found.total)],
        numeric=(2, 3, 4, 5, 6, 7, 8, 9),
    )


def _row(keys: ExposedKeys) -> list[str]:
    from qkdsim.cli.output import percent
    from qkdsim.plots.quantities import bits_text

    return [
        "all" if keys.key_class is None else keys.key_class,
        "" if keys.ends is None else " – ".join(keys.ends),
        str(keys.keys),
        str(keys.exposed_keys),
        percent(keys.share),
        bits_text(keys.exposed_bits),
        str(keys.by_relays_keys),
        str(keys.at_ends_keys),
        _time(keys.first_s),
        _time(keys.last_s),
    ]


def _print_pair(secrecy: PairSecrecy) -> None:
    from qkdsim.cli.output import print_table

    routes = secrecy.routes
    paths = "1 path" if routes.disjoint_paths == 1 else f"{routes.disjoint_paths} disjoint paths"
    direct = ", one of them a direct link" if routes.is_direct else ""
    print_table(
        f"{' – '.join(secrecy.ends)}: fewest nodes between them that expose",
        ["what", "nodes", "sets"],
        [
            ["a delivered key", *_sets(secrecy.any_key)],
            [f"every delivered key{_but(secrecy)}", *_sets(secrecy.every_key)],
            [f"every route through relays ({paths}{direct})", *_sets(routes.cuts)],
        ],
        numeric=(1,),
    )


def _but(secrecy: PairSecrecy) -> str:
    return f" but {secrecy.safe_keys} of {secrecy.keys} that no relay sees" if secrecy.safe_keys else ""


def _sets(found: SmallestSets) -> tuple[str, str]:
    if found.nodes is None:
        return "–", "none does"
    shown = [" + ".join(nodes) for nodes in found.sets[:SHOWN_SETS]]
    if len(found.sets) > SHOWN_SETS:
        more = len(found.sets) - SHOWN_SETS
        shown.append(f"{more} more" if found.complete else f"at least {more} more")
    return str(found.nodes), "; ".join(shown)


def _time(seconds: float | None) -> str:
    from qkdsim.units import format_duration

    return "–" if seconds is None else format_duration(seconds)
