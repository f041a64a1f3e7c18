"""One operation on a stored object: who takes part, the key of all messages, the messages themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from qkdsim.apps.stored_object import OperationKind, OperationOutcome, StoredObject
from qkdsim.apps.stored_object_keys import KeyFetch
from qkdsim.apps.stored_object_shares import ShareKeeper
from qkdsim.network import KeyNetwork, Turn
from qkdsim.securecloud import Message

LOST = "lost"


@dataclass(slots=True, eq=False)
class Operation:
    """An operation that is due, runs, or is over. `left_out` says why holders have no part in it."""

    index: int
    kind: OperationKind
    node: str
    due_s: float
    left_out: dict[str, str] = field(default_factory=dict)
    party: tuple[str, ...] = ()
    carried: set[tuple[str, str]] = field(default_factory=set)
    key_bits: int = 0
    link_bits: int = 0
    outcome: OperationOutcome = "unfinished"
    reason: str = "waits for another operation on the object"
    matches: str = ""

    @property
    def reads(self) -> bool:
        """Whether it takes `threshold` holders only, whichever there are."""
        return self.kind in ("rebuild", "recover")


class OperationRun:
    """Lets operations on one object run, one at a time.

    A round: the key of all messages among those who take part is gathered, then the messages are sent. A holder that
    is lost meanwhile, or to whom no key comes, is left out, and what is missing then is done in another round; too few
    holders end the operation.
    """

    def __init__(
        self,
        stored: StoredObject,
        network: KeyNetwork,
        keeper: ShareKeeper,
        fetch: KeyFetch,
        finished: Callable[[Operation], None],
    ) -> None:
        """`finished(operation)` hears of the end of each."""
        self._stored = stored
        self._network = network
        self._keeper = keeper
        self._fetch = fetch
        self._finished = finished
        self._now: Operation | None = None

    @property
    def now(self) -> Operation | None:
        """The operation under way."""
        return self._now

    def begin(self, operation: Operation) -> None:
        """Start an operation; none may be under way."""
        self._now = operation
        operation.reason = "the run ended"
        for node in self._stored.holders.nodes:
            if node != operation.node or operation.kind != "recover":
                self._look_at(operation, node)
        self._round(operation)

    def lost(self, node: str) -> None:
        """A node has lost all that it had: shares, and key that it was using."""
        operation = self._now
        if operation is None:
            return
        if node in self._stored.holders.nodes or (node == operation.node and operation.kind != "refresh"):
            operation.left_out[node] = LOST

    def _look_at(self, operation: Operation, node: str) -> None:
        """Leave a holder out that is not there or has no share to take part with."""
        if not self._is_up(node):
            operation.left_out[node] = LOST
        elif operation.kind != "store" and node not in self._keeper.current:
            operation.left_out[node] = "no share"

    def _round(self, operation: Operation) -> None:
        """Choose who takes part, and gather the key that is missing for their messages."""
        needed = self._stored.holders.threshold
        there = self._there(operation)
        if self._lacks_its_node(operation):
            self._end(operation, "failed", f"{operation.node}: {LOST}")
            return
        if len(there) < needed:
            what = "holders needed can be reached" if operation.kind == "store" else "shares needed can be had"
            self._end(operation, "failed", f"{len(there)} of the {needed} {what}")
            return
        party = there[:needed] if operation.reads else there
        if operation.kind == "recover" and party != operation.party:
            operation.carried.clear()  # what helpers deal each other holds for one set of helpers only
        operation.party = party
        missing = [one for one in self._messages(operation) if (one.sender, one.receiver) not in operation.carried]
        self._fetch.start(missing, self._settled)

    def _there(self, operation: Operation) -> tuple[str, ...]:
        """Who can take part, a reader that holds a share first, since that costs nothing."""
        nodes = [node for node in self._stored.holders.nodes if node not in operation.left_out]
        if operation.kind == "recover" and operation.node in nodes:
            nodes.remove(operation.node)
        return tuple(sorted(nodes, key=lambda node: node != operation.node)) if operation.reads else tuple(nodes)

    def _messages(self, operation: Operation) -> tuple[Message, ...]:
        return self._stored.use(operation.kind, operation.node, operation.party).messages

    def _settled(self, failed: dict[Message, str]) -> None:
        """The key of a round is there, or is not to be had."""
        operation = self._now
        if operation is None:
            return
        messages = self._messages(operation)
        operation.carried |= {(one.sender, one.receiver) for one in messages if one not in failed}
        if self._leave_out(operation, failed):
            self._round(operation)
            return
        self._send(operation, messages)

    def _leave_out(self, operation: Operation, failed: dict[Message, str]) -> bool:
        """Drop who is gone, then those whom most messages failed to reach; whether anybody of the party was dropped."""
        for node in operation.party:
            if not self._is_up(node):
                operation.left_out[node] = LOST
        open_ = [one for one in failed if operation.left_out.keys().isdisjoint((one.sender, one.receiver))]
        while open_:
            ends = (node for one in open_ for node in (one.sender, one.receiver))
            missed = Counter(node for node in ends if self._may_drop(operation, node))
            # of equals the one with the highest number, so that the choice does not depend on chance
            worst = max(missed, key=lambda node: (missed[node], self._stored.holders.number(node)))
            operation.left_out[worst] = next(failed[one] for one in open_ if worst in (one.sender, one.receiver))
            open_ = [one for one in open_ if worst not in (one.sender, one.receiver)]
        return self._lacks_its_node(operation) or not operation.left_out.keys().isdisjoint(operation.party)

    def _lacks_its_node(self, operation: Operation) -> bool:
        """Whether the owner, the reader or the node to be recovered is lost: nobody can take its place."""
        is_lost = not self._is_up(operation.node) or operation.left_out.get(operation.node) == LOST
        return is_lost and operation.kind != "refresh"

    def _is_up(self, node: str) -> bool:
        return self._network.is_up(self._network.node(node))

    def _may_drop(self, operation: Operation, node: str) -> bool:
        """An operation cannot do without its owner, reader, or the node that is recovered."""
        return node in operation.party and (node != operation.node or operation.kind == "refresh")

    def _send(self, operation: Operation, messages: tuple[Message, ...]) -> None:
        """All messages are on their way over the classical network; helpers first talk to each other."""
        times_s = {one: self._message_s(one) for one in messages}
        cut_off: dict[Message, str] = {one: "cut off" for one, time_s in times_s.items() if time_s is None}
        if cut_off:
            self._leave_out(operation, cut_off)
            self._round(operation)
            return
        sums = {one for one in messages if operation.kind == "recover" and one.receiver == operation.node}
        last = [time_s or 0.0 for one, time_s in times_s.items() if one in sums]
        first = [time_s or 0.0 for one, time_s in times_s.items() if one not in sums]
        agenda = self._network.agenda
        agenda.at(
            agenda.now_s + max(first, default=0.0) + max(last, default=0.0), Turn.OUTCOME, self._arrived, operation
        )

    def _message_s(self, message: Message) -> float | None:
        network = self._network
        path = network.classical.path(network.node(message.sender), network.node(message.receiver))
        return None if path is None else path.message_s(message.bits + message.tag_bits)

    def _arrived(self, operation: Operation) -> None:
        """All messages have come, unless somebody was lost meanwhile."""
        if self._leave_out(operation, {}):
            self._round(operation)
            return
        keeper, party = self._keeper, operation.party
        match operation.kind:
            case "store":
                keeper.store(party)
            case "refresh":
                keeper.refresh(party)
            case "recover":
                keeper.recover(operation.node, party)
            case "rebuild":
                operation.matches = keeper.rebuild(operation.node, party)
        self._end(operation, "done", "")

    def _end(self, operation: Operation, outcome: OperationOutcome, reason: str) -> None:
        details = [f"{node}: {why}" for node, why in operation.left_out.items()]
        operation.outcome = outcome
        operation.reason = "; ".join([reason, *(one for one in details if one != reason)] if reason else details)
        self._now = None
        self._finished(operation)
