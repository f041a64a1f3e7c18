"""An object that is kept as shares on nodes of a network, what is done with it and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from qkdsim.network.service import ServiceClass
from qkdsim.securecloud import Holders, KeyUse, rebuild_plan, recover_plan, refresh_plan, share_plan

OperationKind: TypeAlias = Literal["store", "refresh", "recover", "rebuild"]
OperationOutcome: TypeAlias = Literal["done", "failed", "unfinished"]


@dataclass(frozen=True, slots=True)
class Content:
    """What is stored: a file with the hash that it had when the run was planned, or so many bytes drawn by the seed."""

    size_bytes: int
    file: Path | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A reader wants the object."""

    at_s: float
    reader: str


@dataclass(frozen=True, slots=True)
class Absence:
    """A node is gone from start to end; with `shares_lost` it comes back empty."""

    node: str
    start_s: float
    end_s: float
    shares_lost: bool


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object, who has it and who holds its shares, and what happens to it.

    service        class of the requests by which its key is asked for: one request waits as long as its budget says
    request_bits   most key that one request asks for
    retries        how often a request that got no key is repeated, each time `retry_after_s` later
    refresh_s      when the shares are to be refreshed
    absences       when nodes are gone, as the faults of the run say
    """

    id: str
    owner: str
    holders: Holders
    content: Content
    service: ServiceClass
    chunk_bytes: int
    request_bits: int
    retries: int
    retry_after_s: float
    start_s: float
    refresh_s: tuple[float, ...] = ()
    rebuilds: tuple[Rebuild, ...] = ()
    absences: tuple[Absence, ...] = ()

    @property
    def rests_on(self) -> str:
        """What the secrecy of the object rests on: not all shares are read, and QKD key was used as one-time pads."""
        return f"shares:{self.holders.threshold}-of-{len(self.holders.nodes)} & qkd-pad"

    def use(self, kind: OperationKind, node: str, party: tuple[str, ...]) -> KeyUse:
        """The messages of an operation of these holders.

        node    the owner who stores, the reader who rebuilds, or the node whose share is recovered
        party   who is dealt a share, whose shares are refreshed, or who gives its share or helps

        Raises ValueError if the party is too small.
        """
        holders, sizes = self.holders, (self.content.size_bytes, self.chunk_bytes)
        match kind:
            case "store":
                holders.check_enough(holders.number(one) for one in party)
                dealt = share_plan(holders, node, *sizes)
                return KeyUse(tuple(message for message in dealt.messages if message.receiver in party))
            case "refresh":
                return refresh_plan(holders, *sizes, nodes=party)
            case "recover":
                return recover_plan(holders, node, *sizes, nodes=party)
            case "rebuild":
                return rebuild_plan(holders, node, *sizes, nodes=party)


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """What came of an operation.

    index       counts the operations of the whole run in the order in which they were due
    node        the owner, the reader, or the node whose share was recovered
    epoch       of the shares when the operation was over
    started_s   when it was due: operations on one object follow each other
    key_bits    pad and tag bits, from end to end of each message
    link_bits   the same on all links together, with the tags of relays and with what was lost on the way
    used        holders whose shares went into it
    matches     of a rebuilt object, whether it is the stored one: "yes", "no", or "" where the bytes were not kept
    """

    index: int
    stored: StoredObject
    kind: OperationKind
    node: str
    epoch: int
    started_s: float
    finished_s: float | None
    outcome: OperationOutcome
    reason: str
    key_bits: int
    link_bits: int
    used: tuple[str, ...]
    matches: str


@dataclass(frozen=True, slots=True)
class KeyTaken:
    """A key that carried part of a message: for which operation and whose share, and the number of its request."""

    operation: int
    request: int
    holder: str
    bits: int


def refresh_times(start_s: float, every_s: float, stop_s: float) -> Iterator[float]:
    """Every `every_s` after the start, up to before the stop; multiplied, so that they do not drift."""
    number = 1
    while (at_s := start_s + number * every_s) < stop_s:
        yield at_s
        number += 1


def planned_requests(stored: StoredObject) -> float:
    """Requests for key of the operations that are planned; recoveries and what is asked for again come on top."""
    nodes = stored.holders.nodes
    counts: dict[OperationKind, int] = {"store": 1, "refresh": len(stored.refresh_s), "rebuild": len(stored.rebuilds)}
    total = 0.0
    for kind, times in counts.items():
        messages = stored.use(kind, stored.owner, nodes).messages if times else ()
        total += times * sum(-(-(message.bits + message.tag_bits) // stored.request_bits) for message in messages)
    return total
