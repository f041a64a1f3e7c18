"""What chance adds to the time of messages on the classical network: jitter, and losses with their repetition."""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np

from qkdsim.network.classical import ClassicalPath, ClassicalSettings

DRAWN = 8192  # crossings in one array draw


class MessageDelays:
    """Delays of messages, from one random stream drawn in arrays.

    On every link a message is lost with the loss probability p and sent anew over that link after the timeout T. So a
    crossing costs T times a geometric number K of losses, P(K = k) = (1-p) p^k, and the jitter of the one that arrives;
    after m repetitions the message is given up, with probability p^(m+1). Crossings are independent: those of a path,
    or of all messages of a relay, are a stretch of one long row, and cost a difference of its running sum.
    """

    def __init__(self, settings: ClassicalSettings, draws: np.random.Generator) -> None:
        """Nothing is drawn where nothing is left to chance."""
        self._settings = settings
        self._draws = draws
        self._used = self._drawn = 0
        self._sum_s: list[float] = [0.0]
        self._given_up: list[int] = [0]

    def one(self, path: ClassicalPath, bits: float) -> float:
        """Seconds until a message is at the end of its path; infinite if it is given up."""
        return self.chain(path.message_s(bits), path.crossings)

    def chain(self, fixed_s: float, crossings: int) -> float:
        """Seconds for messages that follow each other, over so many links in all; infinite if one is given up.

        `fixed_s` is what they take when nothing happens to them.
        """
        if self._settings.is_certain or crossings == 0:
            return fixed_s
        first, last = self._used, self._used + crossings
        if last > self._drawn:
            self._draw(max(DRAWN, crossings))
            first, last = 0, crossings
        self._used = last
        if self._given_up[last] != self._given_up[first]:
            return math.inf
        return fixed_s + (self._sum_s[last] - self._sum_s[first])

    def _draw(self, count: int) -> None:
        settings = self._settings
        extra_s = np.zeros(count)
        given_up = np.zeros(count, dtype=np.int64)
        if settings.jitter_s > 0.0:
            extra_s += self._draws.exponential(settings.jitter_s, count)
        if settings.loss_probability > 0.0:
            losses = self._draws.geometric(1.0 - settings.loss_probability, count) - 1
            given_up = (losses > settings.max_retransmissions).astype(np.int64)
            extra_s += settings.retransmit_timeout_s * np.minimum(losses, settings.max_retransmissions)
        self._sum_s = list(accumulate(extra_s.tolist(), initial=0.0))
        self._given_up = list(accumulate(given_up.tolist(), initial=0))
        self._drawn = count
