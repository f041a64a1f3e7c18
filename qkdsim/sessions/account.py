"""Which bytes of a pair's traffic belong to which row, and when a row is final."""

from __future__ import annotations

from dataclasses import dataclass

from qkdsim.hybrid import Session
from qkdsim.network import Agenda
from qkdsim.sessions.plan import Phase
from qkdsim.sessions.records import SessionRecord
from qkdsim.sessions.traffic import Traffic


@dataclass(slots=True, eq=False)
class LiveSession:
    """The session that traffic goes by, as both ends hold it; `pad_bytes` are plain bytes that its pad still covers."""

    record: SessionRecord
    phase: Phase
    ends: tuple[Session, Session]
    pad_bytes: int = 0
    fits: bool = False

    @property
    def has_pad(self) -> bool:
        """Whether it goes only as far as its pad."""
        return self.phase.suite.cipher == "one-time-pad"


class Account:
    """Traffic goes by the live session as far as there is one and its pad reaches; the rest is blocked.

    Blocked bytes belong to the handshake that is settled next, those after the last one to the last. A row is final
    when its session has ended and another handshake has been settled.
    """

    def __init__(self, agenda: Agenda, start_s: float, traffic_bps: float) -> None:
        """Nothing is counted before the start."""
        self.live: LiveSession | None = None
        self.last: SessionRecord | None = None  # settled last
        self._agenda = agenda
        self._traffic = Traffic(start_s, traffic_bps)
        self._blocked_bytes = 0

    def count(self) -> None:
        """Share out the bytes since the last count."""
        new_bytes, live = self._traffic.until(self._agenda.now_s), self.live
        sent = 0
        if live is not None:
            sent = new_bytes
            if live.has_pad:
                sent = min(new_bytes, live.pad_bytes)
                live.pad_bytes -= sent
            live.record.protected_bytes += sent
        self._blocked_bytes += new_bytes - sent

    def settled(self, record: SessionRecord) -> None:
        """A handshake has come to an end."""
        self.count()
        before, self.last = self.last, record
        record.blocked_bytes, self._blocked_bytes = self._blocked_bytes, 0
        if before is not None and (self.live is None or self.live.record is not before):
            before.is_final = True

    def end_session(self) -> None:
        """Traffic leaves the session, if there is one."""
        self.count()
        live, self.live = self.live, None
        if live is not None:
            live.record.ended_s = self._agenda.now_s
            live.record.is_final = live.record is not self.last

    def close(self) -> None:
        """Traffic ends."""
        self.end_session()
        if self.last is not None:
            self.last.blocked_bytes += self._blocked_bytes
            self.last.is_final = True
