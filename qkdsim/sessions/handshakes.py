"""The handshakes of one pair, one at a time: the QKD key for it, the exchange of messages, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from qkdsim.hybrid import QkdKey, Session, new_end
from qkdsim.network import KeyNetwork, KeyRequest
from qkdsim.sessions.account import Account
from qkdsim.sessions.exchange import Exchange, Surroundings
from qkdsim.sessions.keys import KeySupply, key_id
from qkdsim.sessions.plan import HANDSHAKE_KEY_BITS, Phase, SessionPlan
from qkdsim.sessions.records import SessionRecord
from qkdsim.sessions.setups import PairSetups


@dataclass(slots=True, eq=False)
class Attempt:
    """A handshake under way; `exchange` is None while its key is asked for, `request` names the key once it came."""

    record: SessionRecord
    phase: Phase
    exchange: Exchange | None = None
    request: KeyRequest | None = None


class Handshakes:
    """Carries out handshakes, each of which renews the live session if there is one."""

    def __init__(
        self,
        plan: SessionPlan,
        ends: tuple[str, str],
        network: KeyNetwork,
        setups: PairSetups,
        around: Surroundings,
        account: Account,
        key_bytes: Callable[[int], bytes],
        ended: Callable[[Attempt, tuple[Session, Session] | None], None],
    ) -> None:
        """`key_bytes(length)` stands for a QKD key. `ended(attempt, sessions)` hears of every handshake that came to
        its own end, with the session as both ends hold it; the session before has ended by then.
        """
        self._plan, self._ends, self._network = plan, ends, network
        self._setups, self._around, self._account = setups, around, account
        self._key_bytes, self._ended = key_bytes, ended
        self._now: Attempt | None = None

    @property
    def is_busy(self) -> bool:
        """Whether one is under way."""
        return self._now is not None

    @cached_property
    def keys(self) -> KeySupply[Attempt]:
        """Where the QKD keys of handshakes come from."""
        plan = self._plan
        return KeySupply(self._network, plan.id, plan.service, self._ends, HANDSHAKE_KEY_BITS, self._key_came)

    def begin(self, record: SessionRecord, phase: Phase) -> None:
        """Begin a handshake; none may be under way."""
        self._now = attempt = Attempt(record, phase)
        if "qkd" in phase.policy.mixes:
            self.keys.ask(attempt)
        else:
            self._exchange(attempt)

    def give_up(self, reason: str) -> None:
        """Stop the handshake that is under way, if there is one; `ended` does not hear of it."""
        attempt = self._now
        if attempt is None:
            return
        if attempt.exchange is not None:
            attempt.exchange.stop()
        attempt.record.outcome, attempt.record.reason = "failed", reason
        self._settle(attempt)

    def _key_came(self, attempt: Attempt, request: KeyRequest) -> None:
        if self._now is attempt:
            attempt.request = request if request.outcome == "served" else None
            self._exchange(attempt)

    def _exchange(self, attempt: Attempt) -> None:
        """Both ends have the key, or the initiator goes on without one."""
        keys: tuple[QkdKey, ...] = ()
        if attempt.request is not None:
            keys = (QkdKey(key_id(attempt.request), self._key_bytes(HANDSHAKE_KEY_BITS // 8)),)
        setups = self._setups.of(attempt.phase, None if self._account.live is None else self._account.live.ends)
        ends = (new_end(setups[0]), new_end(setups[1]))
        delivered = {key.key_id: key for key in keys}
        exchange = attempt.exchange = Exchange(self._around, ends, attempt.record, delivered, self._over)
        exchange.start(keys)

    def _over(self, exchange: Exchange) -> None:
        attempt, sessions = self._now, exchange.sessions
        if attempt is None or attempt.exchange is not exchange:
            raise AssertionError("a handshake ended that was not under way")
        if sessions is not None:
            self._account.end_session()
        self._settle(attempt)
        self._ended(attempt, sessions)

    def _settle(self, attempt: Attempt) -> None:
        self._now = None
        self._account.settled(attempt.record)
