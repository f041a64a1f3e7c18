"""One row per handshake and the session that it gave, and one per pad; handed on in order when they are final."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

SessionCause = Literal["start", "time", "volume", "supply", "retry", "phase"]
SessionOutcome = Literal["", "established", "refused", "failed"]
_LENGTH = 20_000  # final rows are handed on when so many have gathered


@dataclass(slots=True, eq=False)
class SessionRecord:
    """A handshake and its session, growing until the session has ended and the pair's next handshake is settled."""

    index: int
    plan: str
    ends: tuple[str, str]
    cause: SessionCause
    suite: str
    policy: str
    cipher: str
    wanted_s: float
    simulated: bool
    outcome: SessionOutcome = ""
    reason: str = ""
    authentication: tuple[str, ...] = ()
    established_s: float | None = None
    ended_s: float | None = None
    mixed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    key_request: int = -1
    rests_on: str = ""
    messages: int = 0
    retransmissions: int = 0
    handshake_bytes: int = 0
    protected_bytes: int = 0
    blocked_bytes: int = 0
    is_final: bool = False

    @property
    def delay_s(self) -> float | None:
        """From wanted to established."""
        return None if self.established_s is None else self.established_s - self.wanted_s


@dataclass(frozen=True, slots=True)
class PadRecord:
    """Key of a request that became pad of a session."""

    session: int
    request: int
    bits: int


@dataclass(slots=True)
class SessionTotals:
    """What the rows of one plan come to."""

    handshakes: int = 0
    established: int = 0
    downgraded: int = 0
    refused: int = 0
    failed: int = 0
    protected_bytes: int = 0
    blocked_bytes: int = 0
    handshake_bytes: int = 0
    total_delay_s: float = 0.0

    def add(self, record: SessionRecord) -> None:
        """Count a final row."""
        self.handshakes += 1
        self.established += record.outcome == "established"
        self.refused += record.outcome == "refused"
        self.failed += record.outcome == "failed"
        self.downgraded += bool(record.missing)
        self.protected_bytes += record.protected_bytes
        self.blocked_bytes += record.blocked_bytes
        self.handshake_bytes += record.handshake_bytes
        self.total_delay_s += record.delay_s or 0.0


@dataclass(slots=True)
class SessionLog:
    """Keeps rows until they, and all that were begun before them, are final."""

    on_sessions: Callable[[Sequence[SessionRecord]], None] | None = None
    on_pads: Callable[[Sequence[PadRecord]], None] | None = None
    totals: dict[str, SessionTotals] = field(default_factory=dict)
    begun: int = 0
    _records: list[SessionRecord] = field(default_factory=list)
    _pads: list[PadRecord] = field(default_factory=list)
    _limit: int = _LENGTH

    def add(self, record: SessionRecord) -> None:
        """A handshake was begun; its index is `begun`."""
        self.begun += 1
        self._records.append(record)
        if len(self._records) >= self._limit:
            self.hand_over()

    def add_pad(self, pad: PadRecord) -> None:
        """Key became pad."""
        self._pads.append(pad)
        if len(self._pads) >= _LENGTH:
            self._hand_over_pads()

    def hand_over(self) -> None:
        """Hand rows on, up to the first that is not final."""
        final = next((i for i, one in enumerate(self._records) if not one.is_final), len(self._records))
        done = self._records[:final]
        for record in done:
            self.totals[record.plan].add(record)
        if done and self.on_sessions is not None:
            self.on_sessions(done)
        del self._records[:final]
        self._limit = len(self._records) + _LENGTH

    def close(self) -> None:
        """Hand on what is left; every row is final."""
        self.hand_over()
        self._hand_over_pads()

    def _hand_over_pads(self) -> None:
        pads, self._pads = self._pads, []
        if pads and self.on_pads is not None:
            self.on_pads(pads)
