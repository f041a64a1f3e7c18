"""Policies against failures: the share of bytes that single failures, and a few telling ones together, expose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal, TypeAlias

import polars as pl

from qkdsim.crypto.kem import kem_facts
from qkdsim.crypto.signature import signature_facts
from qkdsim.exposure.broken import QKD, Failures, UsedAlgorithms, used_algorithms
from qkdsim.exposure.compromise import Compromise
from qkdsim.exposure.object_ledger import object_exposure
from qkdsim.exposure.session_ledger import session_exposure
from qkdsim.hybrid.suites import PRE_SHARED
from qkdsim.results import RunResult

FailureKind: TypeAlias = Literal["kem", "signature", "cipher", "qkd", "node", "together"]
LATTICES: Final = ("ml-kem-", "frodokem-", "ml-dsa-", "falcon-")  # names that begin so rest on lattices


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """One failure, or several together, from the start of the run.

    label       a few words for a heading
    broken      names as `Failures.broken` has them
    compromised nodes
    """

    label: str
    kind: FailureKind
    broken: tuple[str, ...]
    compromised: tuple[str, ...]

    @property
    def failures(self) -> Failures:
        """The same as the ledger takes it."""
        return Failures(frozenset(self.broken), tuple(Compromise(node) for node in self.compromised))


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """Sessions of a plan under one policy, or an object.

    label   id of the plan or the object
    policy  of the sessions; how many shares give the object, such as `3-of-5`
    count   sessions established; operations for an object
    bytes   protected by them; of the object
    """

    label: str
    kind: Literal["sessions", "object"]
    policy: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ExposureMatrix:
    """Shares of bytes exposed: `share[row][column]`, from 0 to 1, None for rows without bytes."""

    rows: tuple[MatrixRow, ...]
    columns: tuple[MatrixColumn, ...]
    share: tuple[tuple[float | None, ...], ...]

    @property
    def is_empty(self) -> bool:
        """Whether the run has neither sessions nor objects."""
        return not self.rows


def exposure_matrix(result: RunResult) -> ExposureMatrix:
    """The matrix of a run: rows are its session plans by policy, and its objects; columns are failures that matter.

    A pure function of the tables `sessions`, `session_pads`, `objects`, `object_keys`, `requests`, `relays`, `nodes`
    and `links`. Empty for a run without sessions and objects.
    """
    rows: tuple[MatrixRow, ...] = ()
    shares: list[tuple[float | None, ...]] = []
    columns = matrix_columns(result)
    for column in columns:
        rows, values = _column(result, column.failures)
        shares.append(values)
    return ExposureMatrix(rows, columns if rows else (), tuple(zip(*shares, strict=True)))


def matrix_columns(result: RunResult) -> tuple[MatrixColumn, ...]:
    """The failures worth a column: each algorithm used, QKD, the most used relays, and telling ones together."""
    used = used_algorithms(result)
    columns: dict[tuple[frozenset[str], frozenset[str]], MatrixColumn] = {}
    for column in _candidates(used, most_used_relays(result)):
        if column.broken or column.compromised:
            columns.setdefault((frozenset(column.broken), frozenset(column.compromised)), column)
    return tuple(columns.values())


def most_used_relays(result: RunResult, most: int = 2) -> tuple[str, ...]:
    """The nodes between the ends that saw the keys of most sessions and objects, if any saw one; most used first."""
    sessions = result.lazy("sessions").filter((pl.col("outcome") == "established") & (pl.col("key_request") >= 0))
    used = [
        sessions.select(index="key_request"),
        result.lazy("session_pads").select(index="request"),
        result.lazy("object_keys").select(index="request"),
    ]
    paths = result.lazy("requests").join(pl.concat(used), on="index").group_by("path").agg(keys=pl.len()).collect()
    counts: dict[str, int] = {}
    for path, keys in paths.iter_rows():
        for node in {node for one in path.split("|") for node in one.split(">")[1:-1]}:
            counts[node] = counts.get(node, 0) + keys
    return tuple(sorted(counts, key=lambda node: (-counts[node], node))[:most])


def _candidates(used: UsedAlgorithms, relays: Sequence[str]) -> Iterator[MatrixColumn]:
    mathematics = (*used.kems, *used.signatures)
    quantum = tuple(name for name in mathematics if _is_classical(name))
    lattices = tuple(name for name in mathematics if name.startswith(LATTICES))
    yield from (MatrixColumn(name, "kem", (name,), ()) for name in used.kems)
    yield from (MatrixColumn(name, "signature", (name,), ()) for name in used.signatures)
    yield from (MatrixColumn(name, "cipher", (name,), ()) for name in used.others if name != QKD)
    yield from (MatrixColumn("QKD devices", "qkd", (QKD,), ()) for name in used.others if name == QKD)
    yield from (MatrixColumn(node, "node", (), (node,)) for node in relays)
    yield from (MatrixColumn(" + ".join(pair), "together", (), pair) for pair in combinations(relays, 2))
    yield MatrixColumn("quantum computer", "together", quantum, ())
    yield MatrixColumn("lattices", "together", lattices, ())
    yield MatrixColumn("every KEM", "together", used.kems, ())
    for relay in relays[:1]:
        yield MatrixColumn(f"quantum computer + {relay}", "together", quantum, (relay,))
        yield MatrixColumn(f"every KEM + {relay}", "together", used.kems, (relay,))
    yield MatrixColumn("every KEM and signature", "together", mathematics, ())
    if QKD in used.others:
        yield MatrixColumn("every KEM + QKD devices", "together", (*used.kems, QKD), ())


def _is_classical(name: str) -> bool:
    """Whether a quantum computer breaks it; X-Wing stands by its other half, a pre-shared key by itself."""
    if name == PRE_SHARED:
        return False
    facts = signature_facts(name) if name in _signatures() else kem_facts(name)
    return facts.family == "classical"


def _signatures() -> set[str]:
    from qkdsim.crypto.signature import list_signatures

    return {one.facts.name for one in list_signatures()}


def _column(result: RunResult, failures: Failures) -> tuple[tuple[MatrixRow, ...], tuple[float | None, ...]]:
    sessions = session_exposure(result, failures)
    objects = object_exposure(result, failures)
    found = [
        (MatrixRow(one.plan or "", "sessions", one.policy or "", one.sessions, one.bytes), one.bytes_share)
        for one in sessions.policies
    ]
    for one in objects.objects:
        scheme = f"{one.threshold}-of-{one.holders}"
        share = float(one.is_exposed) if one.bytes else None
        found.append((MatrixRow(one.name, "object", scheme, one.operations, one.bytes), share))
    return tuple(row for row, _ in found), tuple(share for _, share in found)
