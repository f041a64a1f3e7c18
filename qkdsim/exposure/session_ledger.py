"""The ledger of sessions: which are exposed by what has failed, how many bytes, and why.

A session is exposed if one of these holds. All err on the side of telling too much.

end           one of its ends was compromised while the session lived, handshake included. Its key opens all that was
              sent under it; pads that were used and erased before are counted too, as tables do not tell which
clause        all alternatives of a clause of its secrecy have fallen: every secret that was mixed, or its cipher, or
              the hash that joins them. The QKD key falls as `keys.compromised_keys` says
pads          for a one-time pad, some of its keys are known: as many bytes as they can have covered
impersonated  it was established when all methods that authenticated it were broken, and its policy can be met without
              a QKD key, or that key is known
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from qkdsim.exposure.broken import Failures
from qkdsim.exposure.keys import compromised_keys
from qkdsim.exposure.session_verdict import SessionMake, Verdict, verdict
from qkdsim.results import RunResult

MAKE = ["rests_on", "policy", "mixed", "missing", "authentication"]


@dataclass(frozen=True, slots=True)
class ExposedSessions:
    """Established sessions, the bytes that they protected, and those of them that are exposed.

    plan     id of the scenario's `[[session]]`; None for all of them
    policy   None for all of them
    ends     the two nodes, in alphabetical order; None for all of them
    """

    plan: str | None
    policy: str | None
    ends: tuple[str, str] | None
    sessions: int
    bytes: int
    exposed_sessions: int
    exposed_bytes: int

    @property
    def sessions_share(self) -> float | None:
        """Exposed sessions over all; None without any."""
        return self.exposed_sessions / self.sessions if self.sessions else None

    @property
    def bytes_share(self) -> float | None:
        """Exposed bytes over all; None without any."""
        return self.exposed_bytes / self.bytes if self.bytes else None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why sessions are exposed: the first reason found, and what it exposes."""

    words: str
    sessions: int
    bytes: int


@dataclass(frozen=True, slots=True)
class SessionExposure:
    """All sessions together, by plan and policy, by plan and pair (most exposed bytes first), and why."""

    total: ExposedSessions
    policies: tuple[ExposedSessions, ...]
    pairs: tuple[ExposedSessions, ...]
    reasons: tuple[Reason, ...]


def session_exposure(result: RunResult, failures: Failures, pair: tuple[str, str] | None = None) -> SessionExposure:
    """What failures expose of the sessions of a run, of all pairs or of one.

    Raises InputError for a node that is not in the run.
    """
    rows = with_ends(session_ledger(result, failures), pair)
    figures = (
        pl.len().alias("sessions"),
        pl.col("protected_bytes").sum(),
        pl.col("exposed").sum().alias("exposed_sessions"),
        pl.col("exposed_bytes").sum(),
    )
    policies = rows.group_by("plan", "policy").agg(*figures).sort("plan", "policy").iter_rows()
    pairs = rows.group_by("plan", "first", "second").agg(*figures)
    pairs = pairs.sort("exposed_bytes", "plan", "first", "second", descending=[True, False, False, False])
    reasons = rows.filter("exposed").group_by("why").agg(pl.len(), pl.col("exposed_bytes").sum())
    return SessionExposure(
        ExposedSessions(None, None, None, *rows.select(*figures).row(0)),
        tuple(ExposedSessions(plan, policy, None, *rest) for plan, policy, *rest in policies),
        tuple(ExposedSessions(plan, None, (one, other), *rest) for plan, one, other, *rest in pairs.iter_rows()),
        tuple(Reason(*row) for row in reasons.sort("exposed_bytes", "why", descending=[True, False]).iter_rows()),
    )


def session_ledger(result: RunResult, failures: Failures) -> pl.DataFrame:
    """Every established session, in order of `index`.

    Columns: `index`, `plan`, `policy`, `from`, `to`, `protected_bytes`, `exposed`, `exposed_bytes`, `why` (empty where
    it is not exposed).

    Raises InputError as `session_exposure` does.
    """
    known = known_requests(result, failures)
    rows = _with_pads(result, _with_verdicts(established(result), failures), known)
    key_known = pl.col("key_request").is_in(known.implode())
    late = pl.col("established_s") >= failures.since_s
    pad_bytes = -(-pl.col("known_bits") // 8)
    why = pl.coalesce(
        *(_end_words(one.node, one.from_s, one.until_s) for one in failures.compromises),
        "fallen",
        pl.when(key_known).then("with_key"),
        pl.when((pl.col("known_bits") > 0) & (pl.col("known_bits") == pl.col("pad_bits"))).then(pl.lit("pads known")),
        pl.when(late).then("impersonated"),
        pl.when(late & key_known).then("impersonated_with_key"),
    )
    rows = rows.with_columns(why=why).with_columns(
        exposed_bytes=pl.when(pl.col("why").is_not_null())
        .then("protected_bytes")
        .otherwise(pl.min_horizontal(pad_bytes, "protected_bytes"))
    )
    part = pl.when(pl.col("known_bits") > 0).then(pl.lit("pads known in part"))
    return rows.with_columns(why=pl.coalesce("why", part, pl.lit(""))).select(
        *("index", "plan", "policy", "from", "to", "protected_bytes"),
        *((pl.col("why") != "").alias("exposed"), "exposed_bytes", "why"),
    )


def established(result: RunResult) -> pl.DataFrame:
    """The sessions that there were; a handshake that gave none protected nothing."""
    columns = ("index", "plan", "from", "to", "wanted_s", "established_s", "ended_s", "key_request", "protected_bytes")
    sessions = result.lazy("sessions").filter(pl.col("outcome") == "established")
    return sessions.select(*columns, *MAKE).sort("index").collect()


def with_ends(rows: pl.DataFrame, pair: tuple[str, str] | None) -> pl.DataFrame:
    """With `first` and `second`, the ends in alphabetical order; of all pairs or of one."""
    rows = rows.with_columns(first=pl.min_horizontal("from", "to"), second=pl.max_horizontal("from", "to"))
    return rows if pair is None else rows.filter((pl.col("first") == min(pair)) & (pl.col("second") == max(pair)))


def makes_of(rows: pl.DataFrame) -> list[SessionMake]:
    """The different makes among sessions."""
    return [SessionMake(*row) for row in rows.select(MAKE).unique().sort(MAKE).iter_rows()]


def known_requests(result: RunResult, failures: Failures) -> pl.Series:
    """Indices of the requests whose keys compromised nodes give away."""
    if not failures.compromises:
        return pl.Series("index", [], dtype=pl.Int64)
    return compromised_keys(result, failures.compromises)["index"]


def _with_verdicts(rows: pl.DataFrame, failures: Failures) -> pl.DataFrame:
    makes, fallen = makes_of(rows), failures.fallen
    words = [verdict(make, fallen) for make in makes]
    columns = {name: [getattr(make, name) for make in makes] for name in MAKE}
    columns |= {name: [getattr(one, name) for one in words] for name in Verdict.__slots__}
    return rows.join(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)), on=MAKE, how="left")


def _with_pads(result: RunResult, rows: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """With `pad_bits`, all key of a session's pads, and `known_bits`, the part of it that is known."""
    bits = pl.col("bits")
    pads = result.lazy("session_pads").group_by("session")
    sums = pads.agg(pad_bits=bits.sum(), known_bits=bits.filter(pl.col("request").is_in(known.implode())).sum())
    table = rows.join(sums.collect(), left_on="index", right_on="session", how="left")
    return table.with_columns(pl.col("pad_bits", "known_bits").fill_null(0))


def _end_words(node: str, from_s: float, until_s: float) -> pl.Expr:
    at_end = (pl.col("from") == node) | (pl.col("to") == node)
    alive = (pl.col("wanted_s") < until_s) & (pl.col("ended_s").fill_null(math.inf) >= from_s)
    return pl.when(at_end & alive).then(pl.lit(f"end {node} compromised"))
