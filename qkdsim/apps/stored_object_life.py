"""Stored objects in simulated time: operations that come due, one after another, and nodes that come and go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from qkdsim.apps.stored_object import Absence, KeyTaken, OperationKind, OperationRecord, StoredObject
from qkdsim.apps.stored_object_keys import KeyFetch
from qkdsim.apps.stored_object_operation import Operation, OperationRun
from qkdsim.apps.stored_object_shares import ShareKeeper
from qkdsim.network import KeyNetwork, KeyRequest, Turn
from qkdsim.securecloud import Message


@dataclass(slots=True)
class ObjectLog:
    """Counts the operations of a run and keeps what came of them; keys are handed on as they are taken."""

    on_key: Callable[[KeyTaken], None]
    operations: int = 0
    _records: list[OperationRecord] = field(default_factory=list, init=False)

    def next_index(self) -> int:
        """The number of one more operation."""
        self.operations += 1
        return self.operations - 1

    def add(self, record: OperationRecord) -> None:
        """An operation is over."""
        self._records.append(record)

    @property
    def records(self) -> list[OperationRecord]:
        """What came of the operations, in order of their numbers."""
        return sorted(self._records, key=lambda one: one.index)


class RunningObject:
    """A stored object under way.

    It is stored at its start. At each refresh, after each operation that left a node out, and when a node comes back,
    nodes that are there without a share of the present epoch get theirs back. A refresh that comes due while another
    one waits or runs is left out.
    """

    def __init__(self, stored: StoredObject, network: KeyNetwork, seed: int, log: ObjectLog) -> None:
        """Put everything that will happen on the agenda."""
        self.stored = stored
        self._network = network
        self._agenda = network.agenda
        self._log = log
        self._keeper = ShareKeeper(stored, seed)
        self._due: deque[Operation] = deque()
        fetch = KeyFetch(stored, network, self._taken)
        self._run = OperationRun(stored, network, self._keeper, fetch, self._finished)
        at = self._agenda.at
        for absence in stored.absences:
            at(absence.start_s, Turn.OUTAGE, self._gone, absence)
            at(absence.end_s, Turn.REPAIR, self._back)
        at(stored.start_s, Turn.REQUEST, lambda _: self._enqueue("store", stored.owner))
        for at_s in stored.refresh_s:
            at(at_s, Turn.REQUEST, self._refresh)
        for rebuild in stored.rebuilds:
            at(rebuild.at_s, Turn.REQUEST, lambda reader: self._enqueue("rebuild", reader), rebuild.reader)

    def close(self) -> None:
        """The run has ended: what is not finished stays so."""
        for operation in ([] if self._run.now is None else [self._run.now]) + list(self._due):
            self._log.add(self._record(operation, None))

    def _gone(self, absence: Absence) -> None:
        if absence.shares_lost:
            self._keeper.lose(absence.node)
            self._run.lost(absence.node)

    def _back(self, _: object) -> None:
        self._mend()

    def _refresh(self, _: object) -> None:
        if not any(one.kind == "refresh" for one in self._unfinished()):
            self._mend()
            self._enqueue("refresh", self.stored.owner)

    def _mend(self) -> None:
        """Have the shares recovered of all nodes that are there without one."""
        coming = {one.node for one in self._unfinished() if one.kind == "recover"}
        if self._keeper.is_stored:
            for node in self.stored.holders.nodes:
                is_up = self._network.is_up(self._network.node(node))
                if is_up and node not in coming and node not in self._keeper.current:
                    self._enqueue("recover", node)

    def _unfinished(self) -> list[Operation]:
        now = self._run.now
        return [*self._due] if now is None else [now, *self._due]

    def _enqueue(self, kind: OperationKind, node: str) -> None:
        self._due.append(Operation(self._log.next_index(), kind, node, self._agenda.now_s))
        self._agenda.at(self._agenda.now_s, Turn.REQUEST, self._next)

    def _next(self, _: object) -> None:
        if self._run.now is None and self._due:
            self._run.begin(self._due.popleft())

    def _finished(self, operation: Operation) -> None:
        self._log.add(self._record(operation, self._agenda.now_s))
        if operation.kind in ("store", "refresh") and operation.outcome == "done":
            self._mend()
        # by the agenda: any number of operations that end at once must not call each other
        self._agenda.at(self._agenda.now_s, Turn.REQUEST, self._next)

    def _taken(self, request: KeyRequest, message: Message, is_served: bool) -> None:
        operation = self._run.now
        if operation is None:
            return
        operation.link_bits += request.consumed_bits
        if is_served:
            operation.key_bits += request.bits
            holder = message.sender if operation.kind == "rebuild" else message.receiver
            self._log.on_key(KeyTaken(operation.index, request.index, holder, request.bits))

    def _record(self, operation: Operation, finished_s: float | None) -> OperationRecord:
        is_used = operation.outcome == "done" and operation.kind != "store"
        return OperationRecord(
            index=operation.index,
            stored=self.stored,
            kind=operation.kind,
            node=operation.node,
            epoch=self._keeper.epoch,
            started_s=operation.due_s,
            finished_s=finished_s,
            outcome=operation.outcome,
            reason=operation.reason,
            key_bits=operation.key_bits,
            link_bits=operation.link_bits,
            used=operation.party if is_used else (),
            matches=operation.matches,
        )


def start_objects(
    objects: Sequence[StoredObject], network: KeyNetwork, seed: int, log: ObjectLog
) -> tuple[RunningObject, ...]:
    """Let stored objects live on a network; close them, after the network, when the run has ended."""
    return tuple(RunningObject(one, network, seed, log) for one in objects)
