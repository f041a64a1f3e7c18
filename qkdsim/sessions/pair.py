"""The sessions of one pair of nodes over time: when handshakes are due, and which session traffic goes by."""

from __future__ import annotations

from functools import cached_property

from qkdsim import rng
from qkdsim.hybrid import Session
from qkdsim.hybrid.assumptions import format_assumptions, rests_on
from qkdsim.network import Agenda, KeyNetwork, Turn
from qkdsim.sessions.account import Account, LiveSession
from qkdsim.sessions.carrier import Carrier
from qkdsim.sessions.due import Due, due
from qkdsim.sessions.exchange import Surroundings
from qkdsim.sessions.fit import check_fit
from qkdsim.sessions.handshakes import Attempt, Handshakes
from qkdsim.sessions.identities import Identities
from qkdsim.sessions.pad_feed import PadFeed
from qkdsim.sessions.plan import SessionPair, SessionPlan
from qkdsim.sessions.records import SessionCause, SessionLog, SessionRecord
from qkdsim.sessions.setups import PairSetups

THE_END = "the end of the plan or of the run came first"


class RunningPair:
    """Keeps a session up from start to stop.

    There is one handshake at a time, at most one begins at an instant, and there is one session that traffic goes by:
    the last that was established, until it expires or a node is lost. Whatever gives no session is tried again.
    """

    def __init__(
        self,
        plan: SessionPlan,
        pair: SessionPair,
        network: KeyNetwork,
        carrier: Carrier,
        identities: Identities,
        log: SessionLog,
        seed: int,
    ) -> None:
        """Announce the start and the phases."""
        self._plan, self._pair, self._network, self._log = plan, pair, network, log
        self._ends = ends = (pair.initiator, pair.responder)
        self._initiator = network.node(pair.initiator)
        self._agenda: Agenda = network.agenda
        self._key_bytes = rng.stream(seed, "session key", plan.id, *ends).bytes  # drawn from the seed: not secret
        self._account = Account(self._agenda, plan.start_s, plan.traffic_bps)
        setups = PairSetups(pair, plan.cryptography, identities)
        around = Surroundings(
            self._agenda,
            carrier,
            {"initiator": self._initiator, "responder": network.node(pair.responder)},
            plan.rules,
            rng.stream(seed, "session handshakes", plan.id, *ends).bytes,
        )
        self._handshakes = Handshakes(
            plan, ends, network, setups, around, self._account, self._key_bytes, self._handshake_ended
        )
        self._dues: dict[str, Due] = {}
        self._begun = 0  # handshakes; a retry is off when another began meanwhile
        self._is_running = False
        self._agenda.at(plan.start_s, Turn.REQUEST, self._start)
        for phase in pair.phases:
            if plan.start_s < phase.from_s < plan.stop_s:
                self._agenda.at(phase.from_s, Turn.REQUEST, self._phase_begins)
        self._agenda.at(plan.stop_s, Turn.EXPIRY, self.stop)

    def stop(self, _: object = None) -> None:
        """Traffic ends, and whatever is under way with it."""
        if not self._is_running:
            return
        self._handshakes.give_up(THE_END)
        self._is_running = False
        self._account.close()

    def node_lost(self, node: str) -> None:
        """One of the two is gone, and with it all that it remembered."""
        if not self._is_running:
            return
        self._account.end_session()
        self._handshakes.give_up(f"node {node} was lost")
        self._retry_later()

    def node_back(self, node: str) -> None:
        """A node works again; if it begins handshakes, it does so at once. The other one waits to be asked."""
        if self._is_running and node == self._ends[0]:
            self._begin("retry")

    # --- when a handshake is due --------------------------------------------------------------------------------------

    def _start(self, _: object) -> None:
        self._is_running = True
        self._begin("start")

    def _phase_begins(self, _: object) -> None:
        """A handshake that is under way comes to its end first; it is followed by one of the new phase."""
        if self._is_running:
            self._begin("phase")

    def _begin(self, cause: SessionCause) -> None:
        """Begin a handshake, unless one is under way or was refused at this instant, the node that begins is down, or
        the plan is at its end.
        """
        plan, now_s, last = self._plan, float(self._agenda.now_s), self._account.last
        begins = self._network.is_up(self._initiator)
        if self._handshakes.is_busy or (last is not None and (last.wanted_s == now_s or not begins)):
            return
        if now_s >= plan.stop_s:
            return
        phase = self._pair.at(now_s)
        names = (phase.suite.name, phase.policy.name, phase.suite.cipher)
        simulated = plan.cryptography == "simulated"
        record = SessionRecord(self._log.begun, plan.id, self._ends, cause, *names, now_s, simulated)
        self._log.add(record)
        self._begun += 1
        if begins:
            self._handshakes.begin(record, phase)
        else:
            record.outcome, record.reason = "failed", f"node {self._ends[0]} is down"
            self._account.settled(record)

    def _retry_later(self) -> None:
        self._agenda.at(self._agenda.now_s + self._plan.rules.retry_interval_s, Turn.REQUEST, self._retry, self._begun)

    def _retry(self, begun: int) -> None:
        if self._is_running and begun == self._begun:
            self._begin("retry")

    def _handshake_ended(self, attempt: Attempt, sessions: tuple[Session, Session] | None) -> None:
        if sessions is None:
            self._retry_later()
        else:
            self._open(attempt, sessions)
        if attempt.phase is not self._pair.at(self._agenda.now_s):
            self._begin("phase")

    # --- a session ----------------------------------------------------------------------------------------------------

    def _open(self, attempt: Attempt, ends: tuple[Session, Session]) -> None:
        record, outcome = attempt.record, ends[0].outcome
        record.established_s = self._agenda.now_s
        record.authentication, record.mixed, record.missing = outcome.authenticated, outcome.mixed, outcome.missing
        record.rests_on = format_assumptions(rests_on(outcome.secrecy_rests_on, outcome.suite.cipher))
        if "qkd" in outcome.mixed and attempt.request is not None:
            record.key_request = attempt.request.index
        self._account.live = live = LiveSession(record, attempt.phase, ends)
        if live.has_pad:
            self._pads.ask(live)
        else:
            self._check_fit(live)
        self._announce_rekeying(live)

    @cached_property
    def _pads(self) -> PadFeed:
        return PadFeed(self._plan, self._ends, self._network, self._account, self._log, self._check_fit)

    def _check_fit(self, live: LiveSession) -> None:
        if not live.fits and self._plan.cryptography == "real":
            check_fit(*live.ends, self._key_bytes)
        live.fits = True

    # --- when a session must be renewed -------------------------------------------------------------------------------

    def _announce_rekeying(self, live: LiveSession) -> None:
        plan, suite, now_s = self._plan, live.phase.suite, self._agenda.now_s
        if suite.cipher not in self._dues:
            self._dues[suite.cipher] = due(plan.rules, suite.cipher, plan.traffic_bps)
        found = self._dues[suite.cipher]
        if now_s + found.rekey_s < plan.stop_s:
            self._agenda.at(now_s + found.rekey_s, Turn.REQUEST, self._rekey, (live, found.cause))
        if now_s + found.end_s < plan.stop_s:
            self._agenda.at(now_s + found.end_s, Turn.EXPIRY, self._expire, (live, found.end_cause))
        if plan.rules.rekey_supply_bits is not None and "qkd" in live.phase.policy.mixes:
            self._look_later(live)

    def _rekey(self, due_for: tuple[LiveSession, SessionCause]) -> None:
        if self._account.live is due_for[0]:
            self._begin(due_for[1])

    def _expire(self, due_for: tuple[LiveSession, SessionCause]) -> None:
        if self._account.live is due_for[0]:
            self._account.end_session()
            self._begin(due_for[1])

    def _look_for_key(self, live: LiveSession) -> None:
        """Rekeying by supply: is there as much key as the rules ask for?"""
        if self._account.live is not live:
            return
        if self._network.holds(self._handshakes.keys.queue, self._plan.rules.rekey_supply_bits or 0):
            self._begin("supply")
        self._look_later(live)

    def _look_later(self, live: LiveSession) -> None:
        self._agenda.at(self._agenda.now_s + self._plan.rules.retry_interval_s, Turn.REQUEST, self._look_for_key, live)
