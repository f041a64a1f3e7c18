"""What may fail besides nodes: algorithms by name, QKD devices, pre-shared keys; and what follows from a failure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from qkdsim.crypto.algorithms import canonical
from qkdsim.crypto.kem import list_kems
from qkdsim.crypto.signature import list_signatures
from qkdsim.errors import InputError
from qkdsim.exposure.compromise import Compromise, nearest
from qkdsim.hybrid.assumptions import QKD_PAD, names_in, parse_assumptions
from qkdsim.hybrid.suites import CIPHERS, COMBINER, PRE_SHARED
from qkdsim.results import RunResult

QKD: Final = "qkd"  # the devices: all link keys of the run are known
Y00: Final = "y-00"
SESSION: Final = "session"  # proof by a key of the session before, when rekeying


@dataclass(frozen=True, slots=True)
class Failures:
    """What has failed, all of it together.

    broken       algorithms (KEMs, signatures, ciphers, `hkdf-sha384`, `y-00`), `qkd` (the devices gave all link keys
                 away), `pre-shared` (authentication keys were given away)
    compromises  nodes and satellites in the wrong hands
    since_s      from when on a broken signature can be used to impersonate; secrecy that was broken is broken for the
                 past as well, whatever this says
    """

    broken: frozenset[str] = frozenset()
    compromises: tuple[Compromise, ...] = ()
    since_s: float = 0.0

    @property
    def fallen(self) -> frozenset[str]:
        """The broken names and what falls with them: X-Wing with both of its parts, pads with the QKD devices."""
        whole = {one.facts.name for one in list_kems() if one.facts.parts and self.broken.issuperset(one.facts.parts)}
        return self.broken | whole | ({QKD_PAD} if QKD in self.broken else set())


@dataclass(frozen=True, slots=True)
class UsedAlgorithms:
    """Names that the secrecy and the authentication of a run's sessions and objects rest on, in alphabetical order."""

    kems: tuple[str, ...]
    signatures: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.kems, *self.signatures, *self.others)


def used_algorithms(result: RunResult) -> UsedAlgorithms:
    """The algorithms of a run's established sessions and of its objects; QKD is among the others."""
    sessions = result.lazy("sessions").filter(pl.col("outcome") == "established")
    lines = _values(sessions, "rests_on") | _values(result.lazy("objects"), "rests_on")
    found = {name for line in lines for name in names_in(parse_assumptions(line))}
    methods = {name for line in _values(sessions, "authentication") for name in line.split(",")} - {"", SESSION}
    kems = found & _kems()
    others = {QKD if name in (QKD, QKD_PAD) else name for name in found - kems if not name.startswith("shares:")}
    return UsedAlgorithms(tuple(sorted(kems)), tuple(sorted(methods)), tuple(sorted(others)))


def known_names() -> list[str]:
    """Everything that may be called broken, in alphabetical order."""
    ciphers = set(CIPHERS) - {"one-time-pad"}
    return sorted({*_kems(), *(one.facts.name for one in list_signatures()), *ciphers, COMBINER, Y00, QKD, PRE_SHARED})


def check_broken(result: RunResult, names: Sequence[str]) -> frozenset[str]:
    """The names as tables write them.

    Raises InputError, with the nearest names of those used in the run and of all known, for another; and for the
    one-time pad, which rests on QKD alone.
    """
    used, known = used_algorithms(result).names, known_names()
    for name in names:
        if canonical(name) in ("one-time-pad", QKD_PAD):
            raise InputError.of("--broken", "", name, "an algorithm, or qkd: a one-time pad falls with its keys only")
        if canonical(name) not in known and canonical(name) not in used:
            raise InputError.of("--broken", "", name, _expected(name, used, known))
    return frozenset(canonical(name) for name in names)


def _expected(name: str, used: Sequence[str], known: Collection[str]) -> str:
    near = nearest(canonical(name), {*known, *used})
    here = f"the run uses {', '.join(used)}" if used else "no session or object of the run uses any"
    return f"{' or '.join(near)}; {here}" if near else f"an algorithm or qkd; {here}"


def _kems() -> set[str]:
    return {one.facts.name for one in list_kems()}


def _values(rows: pl.LazyFrame, column: str) -> set[str]:
    return set(rows.select(pl.col(column).unique()).collect()[column].to_list())
