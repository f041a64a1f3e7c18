"""The walk over candidates: the compiled heart of sampled detection.

A *candidate* is a pulse in which light or noise fires a detector if it is live. Gaps between candidates are geometric
and one table says what a candidate is, so quiet pulses cost nothing. While both detectors are dead nothing can happen,
so the walk goes on with the first slot in which one is live: pulses do not know of each other, so the wait from there
has the same law.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel

# where things stand in the walk's state: the first slot not walked; when each detector is live again; afterpulses
# pending; clicks that counted; slots passed over because both detectors were dead
NEXT, LIVE_0, LIVE_1, PENDING, COUNTED, DARK = range(6)
LAST_SLOT = 1 << 61  # slots stay below, so that a slot, a dead time and a delay together fit 64 bits
# the low 52 bits of a word choose setting and pattern, the high 12 whether to think of an afterpulse at all
COIN_BITS = 12
COIN = 1 << 15  # in a code: think of an afterpulse
# most rare words that one step takes: a quiet setting, and for each detector a coin and a delay
WORDS_PER_STEP = 5
MOST_NEW_PENDING = 2  # afterpulses from one step


@kernel
def _queued(
    slot: int, detector: int, pending: int, pending_slot: NDArray[np.int64], pending_detector: NDArray[np.uint8]
) -> int:
    """Put one afterpulse in its place, the next one last; returns how many are pending then."""
    place = pending
    while place > 0 and pending_slot[place - 1] < slot:
        pending_slot[place] = pending_slot[place - 1]
        pending_detector[place] = pending_detector[place - 1]
        place -= 1
    pending_slot[place] = slot
    pending_detector[place] = detector
    return pending + 1


@kernel
def draw_candidates(
    exponentials: NDArray[np.float64],
    words: NDArray[np.uint64],
    mean_gap: float,
    threshold: NDArray[np.uint64],
    outcome: NDArray[np.uint16],
    coin_limit: int,
    gaps: NDArray[np.int64],
    codes: NDArray[np.uint16],
) -> None:
    """Turn random numbers into candidates, one of each: (b,) all.

    mean_gap            of the exponential whose whole part is the number of quiet slots before a candidate
    threshold, outcome  alias table of 4 * setting + pattern
    coin_limit          the greater afterpulse probability in units of 2^-COIN_BITS, rounded up
    gaps                filled with the quiet slots before each candidate
    codes               filled with 4 * setting + pattern, and COIN if its clicks may leave an afterpulse
    """
    column_mask, word_mask, coin_shift = np.uint64(len(threshold) - 1), np.uint64((1 << 52) - 1), np.uint64(52)
    limit = np.uint64(coin_limit)
    for i in range(len(words)):
        word = words[i]
        column = word & column_mask
        code = outcome[column, np.uint64((word & word_mask) >= threshold[column])]
        gaps[i] = np.int64(min(exponentials[i] * mean_gap, 2.0**61))
        codes[i] = code | (np.uint16((word >> coin_shift) < limit) << np.uint16(15))


@kernel
def _left_behind(
    slot: int,
    fired: int,
    scale: float,
    afterpulse: NDArray[np.float64],
    lifetime: NDArray[np.float64],
    blocked: NDArray[np.int64],
    rare_words: NDArray[np.uint64],
    rare: int,
    pending: int,
    pending_slot: NDArray[np.int64],
    pending_detector: NDArray[np.uint8],
) -> tuple[int, int]:
    """Decide which detectors of a click leave an afterpulse behind, and when; returns pending and rare words taken.

    scale  of the first detector's probability, to make up for the coin it had before
    """
    for j in range(2):
        if fired >> j & 1:
            if np.float64(rare_words[rare] >> np.uint64(11)) * 2.0**-53 < afterpulse[j] * scale:
                uniform = np.float64((rare_words[rare + 1] >> np.uint64(11)) + np.uint64(1)) * 2.0**-53
                delay = 1 + np.int64(min(-np.log(uniform) * lifetime[j], 2.0**60))
                pending = _queued(slot + blocked[j] + delay, j, pending, pending_slot, pending_detector)
            rare += 2
            scale = 1.0
    return pending, rare


@kernel
def walk(  # noqa: PLR0915 - one loop whose state has to stay in the processor's registers
    gaps: NDArray[np.int64],
    codes: NDArray[np.uint16],
    rare_words: NDArray[np.uint64],
    quiet_threshold: NDArray[np.uint64],
    quiet_outcome: NDArray[np.uint16],
    afterpulse: NDArray[np.float64],
    coin_limit: int,
    lifetime: NDArray[np.float64],
    blocked: NDArray[np.int64],
    also_blinded: int,
    must_be_live: int,
    counts: NDArray[np.bool_],
    end: int,
    target: int,
    state: NDArray[np.int64],
    pending_slot: NDArray[np.int64],
    pending_detector: NDArray[np.uint8],
    walked: NDArray[np.int64],
    slots: NDArray[np.int64],
    settings: NDArray[np.int16],
    patterns: NDArray[np.uint8],
) -> int:
    """Walk until `end`, the target, the end of the output or that of the random numbers; returns the clicks found.

    gaps, codes                (b,) candidates as from `draw_candidates`, one per step
    rare_words                 (>= WORDS_PER_STEP,) for what happens seldom
    quiet_threshold, ...       alias table of 4 * setting of pulses that are no candidates
    afterpulse, lifetime, blocked  (2,) probability, slots, slots
    coin_limit                 the greater afterpulse probability in units of 2^-COIN_BITS, rounded up
    also_blinded, must_be_live sets of detectors: blinded by any click; to be live for a click to be registered
    counts                     (cells,) which registered clicks count towards `target`
    state, pending_...         as the last call left them, with room for MOST_NEW_PENDING more afterpulses
    walked                     (settings,) gains every pulse that the walk looked at
    slots, settings, patterns  (c,) filled with registered clicks
    """
    next_slot, live_0, live_1 = state[NEXT], state[LIVE_0], state[LIVE_1]
    pending, counted, dark = state[PENDING], state[COUNTED], state[DARK]
    after_0, after_1 = blocked[0] + 1, blocked[1] + 1
    word_mask, coin_shift = np.uint64((1 << 52) - 1), np.uint64(52)
    column_mask = np.uint64(len(quiet_threshold) - 1)
    coin_scale = 2.0**COIN_BITS / max(coin_limit, 1)
    steps = len(gaps)
    last_rare, last_pending = len(rare_words) - WORDS_PER_STEP, len(pending_slot) - MOST_NEW_PENDING
    i = rare = clicks = 0
    while i < steps:
        start = max(next_slot, min(live_0, live_1))
        slot = start + gaps[i]
        trapped, is_candidate = np.int64(0), True
        while pending > 0 and pending_slot[pending - 1] <= min(slot, end - 1):
            pending -= 1
            release, detector = pending_slot[pending], np.int64(pending_detector[pending])
            if release >= (live_1 if detector else live_0):
                is_candidate = is_candidate and release == slot
                slot = release
                trapped |= np.int64(1) << detector
        if slot >= end:
            dark += min(start, end) - next_slot
            next_slot = end
            break
        dark += start - next_slot
        next_slot = slot + 1
        code = np.int64(codes[i])
        if not is_candidate:  # the candidate was drawn for later: forget it, the wait from here on has the same law
            word = rare_words[rare]
            rare += 1
            column = word & column_mask
            code = np.int64(quiet_outcome[column, np.uint64((word & word_mask) >= quiet_threshold[column])])
            code |= np.int64(np.int64(word >> coin_shift) < coin_limit) << 15
        i += 1
        setting = (code & (COIN - 1)) >> 2
        walked[setting] += 1
        pattern = (code | trapped) & 3
        live = np.int64(slot >= live_0) | (np.int64(slot >= live_1) << 1)
        fired = int(pattern & live)
        # live_j = slot + after_j if detector j was live and is blinded; without a branch that could only be guessed
        blinded = pattern | also_blinded
        until_0 = slot + after_0 if blinded & 1 else live_0
        until_1 = slot + after_1 if blinded & 2 else live_1
        live_0 = until_0 if slot >= live_0 else live_0
        live_1 = until_1 if slot >= live_1 else live_1
        if fired == 0:
            continue
        if code >= COIN or fired == 3:
            scale = coin_scale if code >= COIN else 0.0  # the coin is the first detector's; a second has its own
            pending, rare = _left_behind(
                int(slot),
                fired,
                scale,
                afterpulse,
                lifetime,
                blocked,
                rare_words,
                rare,
                pending,
                pending_slot,
                pending_detector,
            )
        if rare > last_rare or pending > last_pending:
            steps = i  # come back with fresh words and more room
        if live & must_be_live != must_be_live:
            continue
        slots[clicks], settings[clicks], patterns[clicks] = slot, setting, fired
        clicks += 1
        counted += counts[(setting << 2) | fired]
        if counted == target or clicks == len(slots):
            break
    state[NEXT], state[LIVE_0], state[LIVE_1] = next_slot, live_0, live_1
    state[PENDING], state[COUNTED], state[DARK] = pending, counted, dark
    return clicks
