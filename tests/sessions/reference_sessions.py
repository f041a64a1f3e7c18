"""A plain second account of the life of one pair's sessions, without chance: no jitter, no loss, no cryptography.

What the network does is given to it: when key that was asked for came or was refused, whether routes held key when that
was looked at, and when messages can pass. Messages must be much faster than the timeout, so that each try of a message
is answered before the next one, or not at all. Bytes are worked out afterwards, from when sessions lived.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

from qkdsim.hybrid import decide
from qkdsim.network.outage import Outage
from qkdsim.sessions import Phase, SessionPlan

HANDSHAKE_BITS = 256
FIRST, MESSAGE, ASK, LATE = 0, 4, 7, 8  # at one instant: faults, messages, what becomes due, ends of waiting


@dataclass
class Row:
    cause: str
    phase: Phase
    wanted_s: float
    outcome: str = ""
    reason: str = ""
    settled_s: float = math.inf
    established_s: float | None = None
    ended_s: float | None = None
    key_request: int = -1
    mixed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    sends: list[tuple[float, bool]] = field(default_factory=list)  # when, and whether again
    pads: list[tuple[float, int]] = field(default_factory=list)  # when they came, and their requests


def moment(time_s: float) -> float:
    """A time by which both accounts find the same thing, however they rounded."""
    return round(time_s, 7)


@dataclass
class Seen:
    """What the network said: of requests (bits, moment) the index, when it was settled, and whether served."""

    requests: dict[tuple[int, float], list[tuple[int, float, bool]]]
    holds: Mapping[float, bool]
    delay_s: Callable[[float], float | None]  # of a message that leaves at this time; None if it cannot pass
    chunk_bits: int
    chunk_bytes: int


class Reference:
    """The rows of a plan of one pair."""

    def __init__(self, plan: SessionPlan, outages: Sequence[Outage], seen: Seen) -> None:
        self.plan, self.rules, self.seen = plan, plan.rules, seen
        self.pair = plan.pairs[0]
        self.a, self.b = self.pair.initiator, self.pair.responder
        self.down = [one for one in outages if one.kind == "node"]
        self.rows: list[Row] = []
        self.live: Row | None = None
        self.attempt: Row | None = None
        self.is_running = False
        self.heap: list[tuple[float, int, int, Callable[..., None], tuple[Any, ...]]] = []
        self.count = 0
        self.at(plan.start_s, ASK, self.start)
        self.at(plan.stop_s, LATE, self.stop)
        for phase in self.pair.phases:
            if plan.start_s < phase.from_s < plan.stop_s:
                self.at(phase.from_s, ASK, self.begin, "phase")
        for one in self.down:
            if one.target in (self.a, self.b):
                self.at(one.start_s, FIRST, self.lost, one.target)
                self.at(one.end_s, FIRST + 1, self.back, one.target)
        while self.heap:
            self.now_s, _, _, call, values = heappop(self.heap)
            call(*values)

    def at(self, time_s: float, turn: int, call: Callable[..., None], *values: Any) -> None:
        if time_s <= self.plan.stop_s:
            self.count += 1
            heappush(self.heap, (time_s, turn, self.count, call, values))

    def request(self, bits: int) -> tuple[int, float, bool]:
        return self.seen.requests[bits, moment(self.now_s)].pop(0)

    def is_up(self, node: str) -> bool:
        return not any(one.target == node and one.start_s <= self.now_s < one.end_s for one in self.down)

    # --- what becomes due

    def start(self) -> None:
        self.is_running = True
        self.begin("start")

    def stop(self) -> None:
        if self.is_running:
            self.fail("the end of the plan or of the run came first")
            self.leave()
            self.is_running = False

    def lost(self, node: str) -> None:
        if self.is_running:
            self.leave()
            self.fail(f"node {node} was lost")
            self.later()

    def back(self, node: str) -> None:
        if node == self.a and self.is_up(node):
            self.begin("retry")

    def later(self) -> None:
        self.at(self.now_s + self.rules.retry_interval_s, ASK, self.again, len(self.rows))

    def again(self, begun: int) -> None:
        if begun == len(self.rows):  # no other handshake since
            self.begin("retry")

    def rekey(self, row: Row, cause: str) -> None:
        if self.live is row:
            self.begin(cause)

    def expire(self, row: Row) -> None:
        if self.live is row:
            self.leave()
            self.begin("time")

    def look(self, row: Row) -> None:
        if self.live is row:
            if self.seen.holds[moment(self.now_s)]:
                self.begin("supply")
            self.at(self.now_s + self.rules.retry_interval_s, ASK, self.look, row)

    # --- a handshake

    def begin(self, cause: str) -> None:
        is_over = not self.is_running or self.now_s >= self.plan.stop_s
        if self.rows and self.rows[-1].wanted_s == self.now_s:
            return  # one at an instant
        if is_over or self.attempt is not None or (self.rows and not self.is_up(self.a)):
            return
        phase = next(one for one in reversed(self.pair.phases) if one.from_s <= self.now_s)
        row = self.attempt = Row(cause, phase, self.now_s)
        self.rows.append(row)
        if not self.is_up(self.a):
            self.fail(f"node {self.a} is down")
        elif "qkd" not in phase.policy.mixes:
            self.talk(row, -1)
        else:
            index, settled_s, served = self.request(HANDSHAKE_BITS)
            has_waited = not served and settled_s > self.now_s
            self.at(settled_s, LATE if has_waited else ASK, self.talk, row, index if served else -1)

    def talk(self, row: Row, key: int) -> None:
        """The key is there or is not: what is said, and when it ends."""
        if self.attempt is not row:
            return
        inputs = row.phase.suite.inputs
        there = tuple(one.name for one in inputs if one.name != "qkd" or key >= 0)
        decision = decide(row.phase.policy, inputs, there)
        if decision.refusal:
            self.end(row, "refused", decision.refusal)
            return
        heard_s = self.answered(row, self.now_s)
        if heard_s is None:
            self.at(
                self.now_s + self.rules.patience_s, LATE, self.end, row, "failed", "given up while awaiting-response"
            )
            return
        done_s = self.answered(row, heard_s)
        if done_s is None:
            self.at(heard_s + self.rules.patience_s, LATE, self.end, row, "failed", "given up while awaiting-done")
            return
        self.at(done_s, MESSAGE, self.established, row, key, decision.mixed, decision.missing)

    def answered(self, row: Row, first_s: float) -> float | None:
        """When a message sent at a time, and repeated, has its answer; None if never."""
        at_s, was_heard = first_s, False
        for attempt in range(self.rules.max_repeats + 1):
            row.sends.append((at_s, attempt > 0))
            leaves_s = at_s + (0.0 if attempt else self.rules.processing_s)
            there_s = self.seen.delay_s(leaves_s)
            if there_s is not None:
                heard_s = leaves_s + there_s
                row.sends.append((heard_s, was_heard))
                leaves_s = heard_s + (0.0 if was_heard else self.rules.processing_s)
                back_s = self.seen.delay_s(leaves_s)
                if back_s is not None:
                    return leaves_s + back_s
                was_heard = True
            at_s += self.rules.timeout_s * 2.0**attempt
        return None

    def end(self, row: Row, outcome: str, reason: str) -> None:
        if self.attempt is row:
            self.settle(row, outcome, reason)
            self.later()
            self.next_phase(row)

    def fail(self, reason: str) -> None:
        if self.attempt is not None:
            self.attempt.sends = [one for one in self.attempt.sends if one[0] < self.now_s]
            self.settle(self.attempt, "failed", reason)

    def settle(self, row: Row, outcome: str, reason: str = "") -> None:
        row.outcome, row.reason, row.settled_s = outcome, reason, self.now_s
        self.attempt = None

    def next_phase(self, row: Row) -> None:
        if any(row.phase.from_s < one.from_s <= self.now_s for one in self.pair.phases):
            self.begin("phase")

    # --- a session

    def established(self, row: Row, key: int, mixed: tuple[str, ...], missing: tuple[str, ...]) -> None:
        if self.attempt is not row:
            return
        self.leave()
        self.settle(row, "established")
        row.established_s, row.key_request, row.mixed, row.missing = self.now_s, key, mixed, missing
        self.live = row
        rules, traffic_bps = self.rules, self.plan.traffic_bps
        if row.phase.suite.cipher == "one-time-pad" and traffic_bps:
            self.ask_for_pad(row)
        time_s, volume_s = rules.rekey_after_s or math.inf, math.inf
        if rules.rekey_after_bytes is not None:
            volume_s = 8.0 * rules.rekey_after_bytes / traffic_bps
        cause = "volume" if volume_s <= time_s else "time"
        self.at(self.now_s + min(time_s, volume_s), ASK, self.rekey, row, cause)
        self.at(self.now_s + (rules.expire_after_s or math.inf), LATE, self.expire, row)
        if rules.rekey_supply_bits is not None and "qkd" in row.phase.policy.mixes:
            self.at(self.now_s + rules.retry_interval_s, ASK, self.look, row)
        self.next_phase(row)

    def leave(self) -> None:
        if self.live is not None:
            self.live.ended_s = self.now_s
            self.live = None

    def ask_for_pad(self, row: Row) -> None:
        if self.live is row:
            index, settled_s, served = self.request(self.seen.chunk_bits)
            if served:
                self.at(settled_s, ASK, self.pad, row, index)
            self.at(self.now_s + self.rules.pad_interval_s, ASK, self.ask_for_pad, row)

    def pad(self, row: Row, index: int) -> None:
        if self.live is row:
            row.pads.append((self.now_s, index))

    # --- bytes

    def sent(self, row: Row, until_s: float) -> int:
        """Plain bytes that went by a session until a time."""
        if row.established_s is None or row.ended_s is None or until_s <= row.established_s:
            return 0
        end_s = min(until_s, row.ended_s)
        if row.phase.suite.cipher != "one-time-pad":
            return self.made(end_s) - self.made(row.established_s)
        sent, pad, since_s = 0, 0, row.established_s
        for at_s, more in [*((at_s, self.seen.chunk_bytes) for at_s, _ in row.pads if at_s < end_s), (end_s, 0)]:
            new = min(self.made(at_s) - self.made(since_s), pad)
            sent, pad, since_s = sent + new, pad - new + more, at_s
        return sent

    def made(self, until_s: float) -> int:
        return math.floor((until_s - self.plan.start_s) * self.plan.traffic_bps / 8.0)

    def blocked(self) -> list[int]:
        """Of each row: what had no session to go by since the row before was settled; the last has the rest, too."""
        times_s = [self.plan.start_s, *(row.settled_s for row in self.rows[:-1]), self.plan.stop_s]
        gone = [self.made(at_s) - sum(self.sent(row, at_s) for row in self.rows) for at_s in times_s]
        return [after - before for before, after in pairwise(gone)]
