"""`qkdsim exposure`, the part on sessions and stored objects: one JSON document, or tables for people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qkdsim.exposure import (
        Compromise,
        ExposedSessions,
        Failures,
        FailureSets,
        ObjectExposure,
        ObjectSets,
        SessionExposure,
        SessionSets,
    )
    from qkdsim.results import RunResult

SHOWN_ROWS = 40  # the rest is in the JSON document
SHOWN_SETS = 8


@dataclass(frozen=True, slots=True)
class Ledger:
    """What failures expose of sessions and objects, and the smallest sets that would."""

    sessions: SessionExposure
    objects: ObjectExposure
    session_sets: tuple[SessionSets, ...]
    object_sets: tuple[ObjectSets, ...]


def find_ledger(result: RunResult, failures: Failures, pair: tuple[str, str] | None) -> Ledger | None:
    """The ledger, of all sessions or those of a pair; None for a run without sessions and objects."""
    from qkdsim.exposure import object_exposure, object_failure_sets, session_exposure, session_failure_sets

    sessions, objects = session_exposure(result, failures, pair), object_exposure(result, failures)
    if not sessions.total.sessions and not objects.objects:
        return None
    return Ledger(
        sessions,
        objects,
        session_failure_sets(result, failures.since_s, pair),
        object_failure_sets(result),
    )


def ledger_document(failures: Failures, ledger: Ledger | None) -> dict[str, Any]:
    """The keys of the JSON document that tell of sessions and objects; null where the run has none."""
    document: dict[str, Any] = {"broken": sorted(failures.broken), "since_s": failures.since_s}
    if ledger is None:
        return {**document, "sessions": None, "objects": None, "smallest_sets": None}
    sessions, objects = ledger.sessions, ledger.objects
    return {
        **document,
        "sessions": {
            "total": _figures(sessions.total),
            "policies": [{"plan": one.plan, "policy": one.policy, **_figures(one)} for one in sessions.policies],
            "pairs": [{"plan": one.plan, "ends": list(one.ends or ()), **_figures(one)} for one in sessions.pairs],
            "reasons": [asdict(one) for one in sessions.reasons],
        },
        "objects": {
            "objects": len(objects.objects),
            "bytes": objects.bytes,
            "exposed_objects": objects.exposed_objects,
            "exposed_bytes": objects.exposed_bytes,
            "rows": [{**asdict(one), "exposed": one.is_exposed} for one in objects.objects],
        },
        "smallest_sets": {
            "sessions": [
                {
                    "plan": one.plan,
                    "ends": None if one.ends is None else list(one.ends),
                    "any": _sets(one.any),
                    "every": _sets(one.every),
                }
                for one in ledger.session_sets
            ],
            "objects": [{"object": one.name, **_sets(one.sets)} for one in ledger.object_sets],
        },
    }


def print_ledger(scenario: str, failures: Failures, ledger: Ledger) -> None:
    """Tables of sessions, of reasons, of objects and of smallest sets."""
    if failures.broken or failures.compromises:
        if ledger.sessions.total.sessions:
            _print_sessions(scenario, failures, ledger.sessions)
        if ledger.objects.objects:
            _print_objects(scenario, failures, ledger.objects)
    _print_sets(ledger)


def compromise_words(one: Compromise) -> str:
    """A node, and from when until when it is compromised."""
    from qkdsim.units import format_duration

    if one.from_s == 0.0 and math.isinf(one.until_s):
        return one.node
    until = "" if math.isinf(one.until_s) else f" until {format_duration(one.until_s)}"
    return f"{one.node} from {format_duration(one.from_s)}{until}"


def _print_sessions(scenario: str, failures: Failures, found: SessionExposure) -> None:
    from qkdsim.cli.output import print_table
    from qkdsim.plots.quantities import bytes_text

    rows = [_row(one) for one in found.policies]
    rows += [_row(one) for one in found.pairs[:SHOWN_ROWS]] if len(found.pairs) > 1 else []
    if len(found.pairs) > SHOWN_ROWS:
        rows.append(["", f"and {len(found.pairs) - SHOWN_ROWS} pairs more", *[""] * 6])
    columns = ["plan", "policy or pair", "sessions", "exposed", "share", "bytes", "bytes exposed", "share"]
    title = f"{scenario}: sessions exposed with {_words(failures)}"
    print_table(title, columns, [*rows, _row(found.total)], numeric=range(2, 8))
    if found.reasons:
        shown = [[one.words, str(one.sessions), bytes_text(one.bytes)] for one in found.reasons[:SHOWN_ROWS]]
        print_table("why, by the first reason found", ["why", "sessions", "bytes exposed"], shown, numeric=(1, 2))


def _print_objects(scenario: str, failures: Failures, found: ObjectExposure) -> None:
    from qkdsim.cli.output import print_table
    from qkdsim.plots.quantities import bytes_text

    rows = [
        [
            one.name,
            bytes_text(one.bytes),
            f"{one.threshold} of {one.holders}",
            str(one.known_shares),
            "yes" if one.is_exposed else "no",
            one.why,
        ]
        for one in found.objects[:SHOWN_ROWS]
    ]
    if len(found.objects) > SHOWN_ROWS:
        rows.append([f"and {len(found.objects) - SHOWN_ROWS} more", *[""] * 5])
    rows.append(["all", bytes_text(found.bytes), "", "", f"{found.exposed_objects} of {len(found.objects)}", ""])
    columns = ["object", "bytes", "shares needed", "shares known", "exposed", "why"]
    print_table(f"{scenario}: objects exposed with {_words(failures)}", columns, rows, numeric=(1, 3))


def _print_sets(ledger: Ledger) -> None:
    from qkdsim.cli.output import print_table
    from qkdsim.exposure import MOST_FAILURES

    rows = []
    plans = [one for one in ledger.session_sets if one.ends is None]
    for one in plans or ledger.session_sets[:SHOWN_ROWS]:  # of a pair, there is nothing else
        what = f"{one.plan}, {' – '.join(one.ends)}" if one.ends else one.plan
        rows.append([what, "a session", *_set_words(one.any)])
        rows.append(["", "every session", *_set_words(one.every)])
    rows += [[one.name, "the object", *_set_words(one.sets)] for one in ledger.object_sets]
    title = f"smallest sets of failures that expose, besides ends, owners and readers (up to {MOST_FAILURES} failures)"
    print_table(title, ["plan or object", "exposes", "fewest", "sets"], rows, numeric=(2,))


def _row(one: ExposedSessions) -> list[str]:
    from qkdsim.cli.output import percent
    from qkdsim.plots.quantities import bytes_text

    return [
        "all" if one.plan is None else one.plan,
        " – ".join(one.ends) if one.ends else one.policy or "",
        str(one.sessions),
        str(one.exposed_sessions),
        percent(one.sessions_share),
        bytes_text(one.bytes),
        bytes_text(one.exposed_bytes),
        percent(one.bytes_share),
    ]


def _figures(one: ExposedSessions) -> dict[str, Any]:
    return {
        "sessions": one.sessions,
        "bytes": one.bytes,
        "exposed_sessions": one.exposed_sessions,
        "exposed_bytes": one.exposed_bytes,
        "exposed_sessions_fraction": one.sessions_share,
        "exposed_bytes_fraction": one.bytes_share,
    }


def _sets(found: FailureSets) -> dict[str, Any]:
    return {"fewest": found.fewest, "complete_to": found.complete_to, "sets": [asdict(one) for one in found.sets]}


def _set_words(found: FailureSets) -> tuple[str, str]:
    from qkdsim.exposure import MOST_FAILURES

    shown = [" + ".join((*one.broken, *one.compromised)) for one in found.sets[:SHOWN_SETS]]
    if len(found.sets) > SHOWN_SETS:
        shown.append(f"{len(found.sets) - SHOWN_SETS} more")
    if found.complete_to < MOST_FAILURES:
        shown.append(f"larger than {found.complete_to}: not all searched")
    return "–" if found.fewest is None else str(found.fewest), "; ".join(shown) or "none does"


def _words(failures: Failures) -> str:
    from qkdsim.units import format_duration

    parts = []
    if failures.broken:
        parts.append(f"{_joined(sorted(failures.broken))} broken")
    if failures.compromises:
        parts.append(f"{_joined(compromise_words(one) for one in failures.compromises)} compromised")
    since = f", signatures from {format_duration(failures.since_s)} on" if failures.broken else ""
    return f"{' and '.join(parts)}{since}"


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)
