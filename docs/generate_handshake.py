"""The tables in docs/explanation/hybrid.md that follow from the code: policies, transitions, suites and message sizes.

Each stands between a pair of comments that names it; the rest of the page is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from qkdsim.hybrid import (
    POLICIES,
    TRANSITIONS,
    End,
    KeyAnswer,
    QkdKey,
    Received,
    Send,
    Setup,
    SimulatedCryptography,
    Start,
    Step,
    Suite,
    decide,
    find_policy,
    find_suite,
    new_end,
    size_bytes,
    step,
    suites,
)
from qkdsim.hybrid.table import Role

PAGE = Path(__file__).parent / "explanation" / "hybrid.md"


def hybrid_page() -> str:
    """The whole page with fresh tables."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: written by docs/generate.py -->\n", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not found or not found_end:
            raise ValueError(f"{PAGE}: {begin.strip()} and {end} must stand there")
        text = f"{before}{begin}\n{table()}\n\n{end}{after}"
    return text


def policies() -> str:
    """What each policy mixes, for every supply of keys, a classical exchange being there."""
    inputs = find_suite("hybrid").inputs
    supplies = (("qkd", "ml-kem-768"), ("qkd",), ("ml-kem-768",), ())
    rows = ["| policy | QKD and PQC | only QKD | only PQC | neither |", "|---|---|---|---|---|"]
    for name, policy in POLICIES.items():
        decisions = [decide(policy, inputs, ("x25519", *supply)) for supply in supplies]
        cells = ["no key" if one.refusal else " + ".join(map(_short, one.mixed)) for one in decisions]
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def _short(name: str) -> str:
    return {"qkd": "QKD", "ml-kem-768": "PQC", "x25519": "classical"}[name]


def diagram() -> str:
    """Both ends as a state diagram; strays, which change nothing, are left out."""
    parts = []
    roles: tuple[Role, ...] = ("initiator", "responder")
    for role in roles:
        arrows: dict[tuple[str, str], list[str]] = {}
        for row in TRANSITIONS:
            if row.role == role and row.event != "stray":
                arrows.setdefault((row.state, row.next_state), []).append(row.event)
        first = next(row.state for row in TRANSITIONS if row.role == role)
        lines = [f"    {_id(one)} --> {_id(other)}: {', '.join(events)}" for (one, other), events in arrows.items()]
        parts.append("\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {_id(first)}", *lines, "```"]))
    return "\n\n".join(parts)


def _id(state: str) -> str:
    return state.replace("-", "_")


def transitions() -> str:
    """Every row of the transition table."""
    rows = ["| end | state | event | next state | asks for |", "|---|---|---|---|---|"]
    for row in TRANSITIONS:
        next_state = "—" if row.next_state == row.state else row.next_state
        rows.append(f"| {row.role} | {row.state} | {row.event} | {next_state} | {', '.join(row.actions) or '—'} |")
    return "\n".join(rows)


def sizes() -> str:
    """The named suites and the bytes of their messages, with one QKD key between nodes of five letters."""
    head = "| suite | KEMs | authentication | cipher | Hello | Response | Finish | Done | Refuse |"
    rows = [head, "|---|---|---|---|---|---|---|---|---|"]
    for suite in suites().values():
        sent = " | ".join(f"{size:,}" for size in _sizes(suite))
        kems, methods = ", ".join(suite.kems) or "none", ", ".join(suite.authentication)
        rows.append(f"| `{suite.name}` | {kems} | {methods} | {suite.cipher} | {sent} |")
    return "\n".join(rows)


def _sizes(suite: Suite) -> list[int]:
    policy, crypto = find_policy("AtLeastQkdRequired"), SimulatedCryptography()
    key = QkdKey("00000000-0000-0000-0000-000000000001", bytes(32))
    one = new_end(Setup("initiator", "tokyo", "osaka", suite, policy, cryptography=crypto))
    other = new_end(Setup("responder", "osaka", "tokyo", suite, policy, cryptography=crypto))
    hello = step(one, Start(bytes, (key,)), 0.0)
    asked = _hears(other, hello)
    response = step(asked.end, KeyAnswer(bytes, key), 0.0)
    finish = _hears(hello.end, response)
    done = _hears(response.end, finish)
    refuse = step(asked.end, KeyAnswer(bytes, None), 0.0)
    return [size_bytes(_sent(one).message) for one in (hello, response, finish, done, refuse)]


def _hears(end: End, said: Step) -> Step:
    return step(end, Received(_sent(said).message), 0.0)


def _sent(said: Step) -> Send:
    return next(one for one in said.requests if isinstance(one, Send))


TABLES: Mapping[str, Callable[[], str]] = {
    "policies": policies,
    "diagram": diagram,
    "transitions": transitions,
    "sizes": sizes,
}
