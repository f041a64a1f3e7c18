"""The ledger of stored objects: which are exposed by what has failed, and why.

An object is exposed if its owner or a reader was compromised while it passed there, if what is known of its shares
gives it (see `known_shares`), or if whatever else its secrecy rests on has fallen. Then all of it counts.
"""

from __future__ import annotations

from collections.abc import Container, Set
from dataclasses import dataclass

from qkdsim.exposure.broken import QKD, Failures
from qkdsim.exposure.known_shares import KnownShares, Windows, known_shares
from qkdsim.exposure.object_story import StoredObject, stored_objects
from qkdsim.exposure.session_ledger import known_requests
from qkdsim.hybrid.assumptions import QKD_PAD, parse_assumptions
from qkdsim.results import RunResult


@dataclass(frozen=True, slots=True)
class ExposedObject:
    """An object, and why it is exposed; `why` is empty where it is not.

    holders       how many there are
    threshold     shares that give it
    known_shares  holders of whom a share is known, of any epoch
    """

    name: str
    bytes: int
    holders: int
    threshold: int
    operations: int
    known_shares: int
    why: str

    @property
    def is_exposed(self) -> bool:
        """Whether all of it is known."""
        return bool(self.why)


@dataclass(frozen=True, slots=True)
class ObjectExposure:
    """All objects of a run, in the order in which they were stored."""

    objects: tuple[ExposedObject, ...]

    @property
    def bytes(self) -> int:
        """Of all objects."""
        return sum(one.bytes for one in self.objects)

    @property
    def exposed_objects(self) -> int:
        """How many are exposed."""
        return sum(one.is_exposed for one in self.objects)

    @property
    def exposed_bytes(self) -> int:
        """Of exposed objects."""
        return sum(one.bytes for one in self.objects if one.is_exposed)


def object_exposure(result: RunResult, failures: Failures) -> ObjectExposure:
    """What failures expose of the objects of a run.

    Raises InputError for a node that is not in the run.
    """
    stored = stored_objects(result)
    if not stored:
        return ObjectExposure(())
    requests = frozenset(known_requests(result, failures).to_list())
    windows: dict[str, list[tuple[float, float]]] = {}
    for one in failures.compromises:
        windows.setdefault(one.node, []).append((one.from_s, one.until_s))
    return ObjectExposure(tuple(_exposed(one, requests, windows, failures.fallen) for one in stored))


def why_exposed(stored: StoredObject, requests: Container[int], windows: Windows, fallen: Set[str]) -> str:
    """Why an object is exposed, in words; empty where it is not.

    requests  indices of those whose keys are known
    windows   of compromised nodes
    fallen    names that do not hold, as `Failures.fallen` gives them
    """
    return _exposed(stored, requests, windows, fallen).why


def _exposed(stored: StoredObject, requests: Container[int], windows: Windows, fallen: Set[str]) -> ExposedObject:
    every = stored.requests if QKD in fallen else requests
    known = known_shares(stored, every, windows)
    clauses = [clause for clause in parse_assumptions(stored.rests_on) if QKD_PAD not in clause]
    broken = next((clause for clause in clauses if fallen >= set(clause)), None)
    why = ""
    if broken is not None:
        why = f"{' + '.join(broken)} broken"
    elif known.seen_at:
        why = f"{known.seen_at} compromised while the object passed there"
    elif known.is_enough:
        why = "QKD devices broken" if QKD in fallen else _words(stored, known)
    return ExposedObject(
        stored.name,
        stored.bytes,
        len(stored.holders),
        stored.threshold,
        len(stored.operations),
        len(known.holders),
        why,
    )


def _words(stored: StoredObject, known: KnownShares) -> str:
    shares = f"shares known: {', '.join(known.holders)}"
    return shares if len(known.holders) >= stored.threshold else f"{shares}, and blinded shares of a recovery"
