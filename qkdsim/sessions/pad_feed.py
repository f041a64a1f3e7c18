"""One-time pad for the sessions of one pair: a chunk of key for every interval, as long as a session lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from qkdsim.network import KeyNetwork, KeyRequest, Turn
from qkdsim.sessions.account import Account, LiveSession
from qkdsim.sessions.keys import KeySupply
from qkdsim.sessions.pads import PadChunk, pad_chunk
from qkdsim.sessions.plan import SessionPlan
from qkdsim.sessions.records import PadRecord, SessionLog


class PadFeed:
    """Asks for chunks of pad, and adds those that come to the session that they were asked for."""

    def __init__(
        self,
        plan: SessionPlan,
        ends: tuple[str, str],
        network: KeyNetwork,
        account: Account,
        log: SessionLog,
        came: Callable[[LiveSession], None],
    ) -> None:
        """`came(live)` hears of every chunk that the live session has got."""
        self._plan, self._ends, self._network = plan, ends, network
        self._account, self._log, self._came = account, log, came

    def ask(self, live: LiveSession) -> None:
        """Ask for a chunk now and after every interval, until the session is over."""
        if self._account.live is live and self._plan.traffic_bps > 0.0:
            self._keys.ask(live)
            agenda = self._network.agenda
            agenda.at(agenda.now_s + self._plan.rules.pad_interval_s, Turn.REQUEST, self.ask, live)

    @cached_property
    def _chunk(self) -> PadChunk:
        return pad_chunk(self._plan.rules, self._plan.traffic_bps)

    @cached_property
    def _keys(self) -> KeySupply[LiveSession]:
        plan = self._plan
        return KeySupply(self._network, plan.id, plan.service, self._ends, self._chunk.bits, self._settled)

    def _settled(self, live: LiveSession, request: KeyRequest) -> None:
        """A chunk is at both ends; for a session that has ended meanwhile it came too late, and is never used."""
        if self._account.live is not live or request.outcome != "served":
            return
        self._account.count()
        live.pad_bytes += self._chunk.plain_bytes
        self._log.add_pad(PadRecord(live.record.index, request.index, request.bits))
        self._came(live)
