"""From the sessions of a scenario file to plans that can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qkdsim.network.service import ServiceClass
from qkdsim.scenario.migration import Migration, phases
from qkdsim.scenario.model import Scenario
from qkdsim.scenario.sessions import Session

if TYPE_CHECKING:
    from qkdsim.sessions import Phase, SessionPlan, SessionRules


def session_plans(scenario: Scenario, duration_s: float) -> tuple[SessionPlan, ...]:
    """Plans in file order; one that begins after the end of the run is left out. Everything has been checked."""
    if not scenario.session:
        return ()
    classes = {one.name: one.service() for one in scenario.class_}
    plans = [_plan(one, scenario.migration, classes, duration_s) for one in scenario.session if one.start < duration_s]
    return tuple(plans)


def phases_of(session: Session, ends: tuple[str, str], migration: Migration | None) -> tuple[Phase, ...]:
    """Suites and policies of a pair over time."""
    from qkdsim.sessions import Phase

    if session.migrates and migration is not None:
        return phases(migration, ends)
    return (Phase(0.0, *session.suite_and_policy()),)


def longest_key_bits(session: Session, migration: Migration | None) -> int:
    """The longest key that a session asks for at a time: that of a handshake, or a chunk of its pad."""
    from qkdsim.sessions.pads import pad_chunk
    from qkdsim.sessions.plan import HANDSHAKE_KEY_BITS

    if session.migrates:
        stages = () if migration is None else migration.stage
        ciphers = {_cipher(stage.suite) for stage in stages}
    else:
        ciphers = {session.suite_and_policy()[0].cipher}
    if "one-time-pad" not in ciphers or not session.traffic_bps:
        return HANDSHAKE_KEY_BITS
    return max(HANDSHAKE_KEY_BITS, pad_chunk(session_rules(session), float(session.traffic_bps)).bits)


def session_rules(session: Session) -> SessionRules:
    """The rules of a session, as the engine knows them."""
    from qkdsim.sessions import SessionRules

    return SessionRules(
        rekey_after_s=session.rekey_after,
        rekey_after_bytes=session.rekey_after_bytes,
        rekey_supply_bits=session.rekey_supply_bits,
        expire_after_s=session.expire_after,
        retry_interval_s=session.retry_interval,
        timeout_s=session.handshake_timeout,
        max_repeats=session.max_repeats,
        processing_s=session.processing,
        pad_interval_s=session.pad_interval,
        message_bytes=session.message_bytes,
    )


def _cipher(suite: str) -> str:
    from qkdsim.hybrid import find_suite

    return find_suite(suite).cipher


def _plan(
    session: Session, migration: Migration | None, classes: Mapping[str, ServiceClass], duration_s: float
) -> SessionPlan:
    from qkdsim.sessions import SessionPair, SessionPlan

    own = ServiceClass(session.id, latency_budget_s=session.key_wait)
    return SessionPlan(
        id=session.id,
        pairs=tuple(SessionPair(*ends, phases_of(session, ends, migration)) for ends in session.ends),
        service=own if session.class_ is None else classes[session.class_],
        start_s=session.start,
        stop_s=duration_s if session.stop is None else min(session.stop, duration_s),
        traffic_bps=float(session.traffic_bps),
        cryptography=session.cryptography,
        rules=session_rules(session),
    )
