"""Clicks one by one, from the same click table as the tallies: exact, and at a cost that follows clicks, not pulses.

The order is that of the physics: pulses that would fire a detector, drawn by exact thinning; dead time of each
detector; afterpulses, which may breed; double clicks are left as they are. A click, registered or not, leaves with the
detector's afterpulse probability one afterpulse behind, an exponential time after its dead time; it fires on top of
whatever its gate brings, with that gate's setting, and is lost if the detector is dead by then. The rules of dead time
are those of `detections.memory`. A channel that changes in time is a series of stretches with one click table each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections.candidates import Candidates
from qkdsim.detections.clickbuffer import ClickBuffer
from qkdsim.detections.clicks import Clicks, Stretch
from qkdsim.detections.memory import DetectorMemory
from qkdsim.detections.walk import (
    COIN_BITS,
    COUNTED,
    DARK,
    LAST_SLOT,
    LIVE_0,
    LIVE_1,
    MOST_NEW_PENDING,
    NEXT,
    PENDING,
    WORDS_PER_STEP,
    draw_candidates,
    walk,
)
from qkdsim.protocols.clicktable import BOTH, ClickTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BATCH = 1 << 15  # steps between draws: their random numbers stay in the processor's second cache
FIRST_BATCH = 1 << 8  # a stretch may be short; its batches grow fourfold
NO_TARGET = -1  # no number of clicks equals it


class ClickSampler:
    """A receiver that registers clicks one by one, and remembers its detectors between stretches.

    Slots are numbers of pulses, from 0 to 2^61. What remains is when each detector is live again and which afterpulses
    are pending, so a stretch cut in two has the same law as the whole (not the same draws).
    """

    def __init__(self, memory: DetectorMemory, first_slot: int = 0) -> None:
        """Start with rested detectors at `first_slot`."""
        blocked = np.minimum(memory.blocked_gates, LAST_SLOT).astype(np.int64)
        self._blocked = np.full(2, blocked.max()) if memory.rule == "blank-all" else blocked
        self._afterpulse = np.array(memory.afterpulse_probability, dtype=np.float64)
        self._lifetime = np.array(memory.afterpulse_lifetime_gates, dtype=np.float64)
        self._coin_limit = math.ceil(float(self._afterpulse.max()) * 2**COIN_BITS)
        self._also_blinded = BOTH if memory.rule == "blank-all" else 0
        self._must_be_live = BOTH if memory.rule == "accept-all-live" else 0
        self._state = np.zeros(6, dtype=np.int64)
        self._state[[NEXT, LIVE_0, LIVE_1]] = first_slot
        self._pending_slot = np.zeros(64, dtype=np.int64)
        self._pending_detector = np.zeros(64, dtype=np.uint8)
        self._exponentials = np.empty(BATCH)
        self._gaps = np.empty(BATCH, dtype=np.int64)
        self._codes = np.empty(BATCH, dtype=np.uint16)
        self._candidates: Candidates | None = None

    @property
    def slot(self) -> int:
        """First slot not sampled yet."""
        return int(self._state[NEXT])

    def skip_to(self, slot: int) -> None:
        """Let dark time pass up to `slot`: nothing is sampled, detectors recover, afterpulses due by then are lost.

        Raises ValueError if the slot lies in the past or beyond 2^61.
        """
        self._check_end(slot)
        pending = self._pending_slot[: self._state[PENDING]]
        self._state[PENDING] = np.count_nonzero(pending >= slot)  # the next ones stand last
        self._state[NEXT] = slot

    def stretch(
        self,
        table: ClickTable,
        end_slot: int,
        generator: np.random.Generator,
        *,
        counted: NDArray[np.bool_] | None = None,
        target: int | None = None,
        most_clicks: int = 1 << 20,
    ) -> Stretch:
        """Clicks from the present slot on, up to `end_slot` (exclusive), the target or `most_clicks`, what comes first.

        generator  of 64-bit words, such as those of `qkdsim.rng`
        counted  bool, (K, 2, 2, 2, 4) over setting and pattern: which registered clicks count; all if left out
        target   stop right after the click that makes so many counted ones

        The end changes no click before it: a longer stretch begins like a shorter one.
        What is prepared from a click table is kept for the next stretch with the same table object.
        Raises ValueError if the end lies in the past or beyond 2^61, or a number or shape makes no sense.
        """
        self._check_end(end_slot)
        counts = _counts(table, counted)
        for name, number in (("target", target), ("most_clicks", most_clicks)):
            if number is not None and number < 1:
                raise ValueError(f"{name}: got {number}, expected at least 1")
        if self._candidates is None or self._candidates.table is not table:
            self._candidates = Candidates.of(table)
        candidates, first_slot = self._candidates, self.slot
        self._state[[COUNTED, DARK]] = 0
        goal = NO_TARGET if target is None else target
        walked = np.zeros(len(candidates.setting_probability), dtype=np.int64)
        clicks = self._walked(candidates, end_slot, generator, counts, goal, most_clicks, walked)
        dark = int(self._state[DARK])
        quiet = self.slot - first_slot - dark - int(walked.sum())
        # pulses of dark time may be anything; those between candidates were quiet
        sent = walked + generator.multinomial(dark, candidates.setting_probability)
        sent += generator.multinomial(quiet, candidates.quiet_probability)
        reached = int(self._state[COUNTED])
        return Stretch(clicks, self.slot, sent.reshape(table.setting_probability.shape), reached, reached == goal)

    def _walked(
        self,
        candidates: Candidates,
        end: int,
        generator: np.random.Generator,
        counts: NDArray[np.bool_],
        goal: int,
        most_clicks: int,
        walked: IntArray,
    ) -> Clicks:
        """Walk on in batches until something ends the stretch."""
        quiet = candidates.quiet_alias
        share = float(candidates.pattern_share.ravel() @ counts) if goal != NO_TARGET else 0.0
        # unused room costs nothing, room that has to grow does; this alone may look ahead to the end
        likely = 1.1 * (end - self.slot) / (candidates.mean_gap + 1.0) + BATCH
        output = ClickBuffer(most_clicks, expected=int(min(likely, goal / share + BATCH if share > 0.0 else likely)))
        state, batch = self._state, FIRST_BATCH
        while state[NEXT] < end and len(output) < most_clicks and state[COUNTED] != goal:
            # the number of draws must not look at the end: what comes later changes nothing that came before
            steps = min(batch, self._steps_to_target(share, goal), most_clicks - len(output))
            batch = min(4 * batch, BATCH)
            output.make_room(steps)
            gaps, codes = self._drawn(candidates, steps, generator)
            rare_words = _words(generator, self._rare_words(candidates, steps))
            self._make_room()
            found = walk(
                gaps,
                codes,
                rare_words,
                quiet.threshold,
                quiet.outcome,
                self._afterpulse,
                self._coin_limit,
                self._lifetime,
                self._blocked,
                self._also_blinded,
                self._must_be_live,
                counts,
                end,
                goal,
                state,
                self._pending_slot,
                self._pending_detector,
                walked,
                *output.free(),
            )
            output.advance(found)
        return output.clicks()

    def _drawn(
        self, candidates: Candidates, steps: int, generator: np.random.Generator
    ) -> tuple[IntArray, NDArray[np.uint16]]:
        """Candidates for so many steps, in arrays that the next draw fills again."""
        exponentials, gaps, codes = self._exponentials[:steps], self._gaps[:steps], self._codes[:steps]
        generator.standard_exponential(out=exponentials)
        alias, words = candidates.alias, _words(generator, steps)
        draw_candidates(
            exponentials, words, candidates.mean_gap, alias.threshold, alias.outcome, self._coin_limit, gaps, codes
        )
        return gaps, codes

    def _steps_to_target(self, share: float, goal: int) -> int:
        """About how many steps are left to the target, generously, if a share of the candidates counts."""
        if share <= 0.0:
            return BATCH
        expected = min((goal - int(self._state[COUNTED])) / share, float(BATCH))
        return int(expected + 5.0 * math.sqrt(expected) + 32.0)

    def _rare_words(self, candidates: Candidates, steps: int) -> int:
        """How many rare words those steps are likely to need; should they not do, the walk comes back for more."""
        share = 3.0 * self._coin_limit / 2**COIN_BITS + 4.0 * candidates.both_share
        return int(steps * share + 8.0 * math.sqrt(steps * share)) + 2 * WORDS_PER_STEP

    def _make_room(self) -> None:
        """Double the queue of afterpulses before it could overflow in one step."""
        if self._state[PENDING] > len(self._pending_slot) - MOST_NEW_PENDING:
            self._pending_slot = np.concatenate([self._pending_slot, np.zeros_like(self._pending_slot)])
            self._pending_detector = np.concatenate([self._pending_detector, np.zeros_like(self._pending_detector)])

    def _check_end(self, slot: int) -> None:
        if not self.slot <= slot <= LAST_SLOT:
            raise ValueError(f"slot: got {slot}, expected {self.slot} to 2^61")


def _words(generator: np.random.Generator, count: int) -> NDArray[np.uint64]:
    return generator.bit_generator.random_raw(count)  # whole 64-bit words, as of SFC64 and PCG64


def _counts(table: ClickTable, counted: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Which cells count, flat."""
    shape = table.pattern_probability.shape
    if counted is None:
        return np.ones(table.pattern_probability.size, dtype=np.bool_)
    if counted.shape != shape or counted.dtype != np.bool_:
        raise ValueError(f"counted: got {counted.dtype} of shape {counted.shape}, expected bool of shape {shape}")
    return np.ascontiguousarray(counted).ravel()
