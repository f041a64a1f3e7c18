"""What of sessions only shows when they are read together with the topology and the rest of the scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from qkdsim.errors import InputError, Problem, shown
from qkdsim.scenario.model import Scenario
from qkdsim.scenario.reach import Reach
from qkdsim.scenario.session_plans import longest_key_bits, phases_of
from qkdsim.scenario.sessions import Session
from qkdsim.scenario.unknown_names import unknown_name

if TYPE_CHECKING:
    from qkdsim.sessions import Phase

MOST_PAD_BITS = 10**12  # of one chunk of a one-time pad


def session_problems(source: str, scenario: Scenario, reach: Reach) -> Iterator[Problem]:
    """Unknown nodes and classes, names that stand for two things, cryptography that is not here, pairs that need QKD
    and that nothing joins, and a migration that no session follows.
    """
    if scenario.migration is not None and not any(session.migrates for session in scenario.session):
        yield Problem(
            source, "migration", "", "a [[session]] with migrates = true, which follows the stages; there is none"
        )
    taken = {one.id: f"demand[{index}]" for index, one in enumerate(scenario.demand)}
    taken |= {one.name: f"class[{index}]" for index, one in enumerate(scenario.class_)}
    taken |= {one.id: f"object[{index}]" for index, one in enumerate(scenario.object_)}
    for index, session in enumerate(scenario.session):
        key = f"session[{index}]"
        if session.id in taken:
            expected = f"another name than that of {taken[session.id]}"
            yield Problem(source, f"{key}.id", shown(session.id), expected)
        yield from _class_problems(source, key, session, scenario)
        if session.migrates and scenario.migration is None:
            yield Problem(source, f"{key}.migrates", "true", "a [migration] of the scenario")
            continue
        missing = ""
        for place, ends in enumerate(session.ends):
            names = (f"{key}.pairs[{place}][0]", f"{key}.pairs[{place}][1]")
            strangers = list(_strangers(source, names if session.pairs else (f"{key}.from", f"{key}.to"), ends, reach))
            yield from strangers
            phases = phases_of(session, ends, scenario.migration)
            missing = missing or (_missing(phases) if session.cryptography == "real" else "")
            if not strangers and any(map(_needs_qkd, phases)) and not reach.joins(*ends):
                text = f"a path from {ends[0]} to {ends[1]} over links and relaying nodes, for QKD; there is none"
                yield Problem(source, names[0][:-3] if session.pairs else key, "", text)
        if missing:
            expected = f"'simulated', or all algorithms installed: {missing}"
            yield Problem(source, f"{key}.cryptography", "'real'", expected)


def _strangers(source: str, keys: Sequence[str], ends: tuple[str, str], reach: Reach) -> Iterator[Problem]:
    for key, name in zip(keys, ends, strict=True):
        if name not in reach.index:
            yield unknown_name(source, key, name, "the id of a node of the topology", sorted(reach.ids))
        elif not (name.isascii() and name.isprintable() and len(name) <= 255):
            yield Problem(source, key, shown(name), "a node with an id of printable ASCII, since handshakes name it")


def _class_problems(source: str, key: str, session: Session, scenario: Scenario) -> Iterator[Problem]:
    bits = longest_key_bits(session, scenario.migration)
    if bits > MOST_PAD_BITS:
        given = shown(session.pad_interval)
        yield Problem(source, f"{key}.pad_interval", given, f"less: one fetch asks for more than {MOST_PAD_BITS:g} bit")
    if session.class_ is None:
        return
    classes = {one.name: one for one in scenario.class_}
    if session.class_ not in classes:
        yield unknown_name(source, f"{key}.class", session.class_, "the name of a class of the scenario", classes)
    elif (classes[session.class_].burst_bits or bits) < bits:
        words = f"a class whose burst_bits hold one request of {bits} bit"
        yield Problem(source, f"{key}.class", shown(session.class_), words)


def _needs_qkd(phase: Phase) -> bool:
    return phase.suite.cipher == "one-time-pad" or all("qkd" in enough for enough in phase.policy.enough)


def _missing(phases: Sequence[Phase]) -> str:
    """The first algorithm of any phase that is not installed, and how to get it."""
    from qkdsim.crypto.kem import find_kem
    from qkdsim.crypto.signature import find_signature
    from qkdsim.hybrid.suites import PRE_SHARED

    for phase in phases:
        try:
            for kem in phase.suite.kems:
                find_kem(kem)
            for method in phase.suite.authentication:
                if method != PRE_SHARED:
                    find_signature(method)
        except InputError as error:
            return error.problems[0].expected.removeprefix("an available algorithm: ")
    return ""
