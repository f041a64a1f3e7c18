"""What detectors remember: afterpulses and dead time, as long-run means on the click table.

Afterpulses follow the *average* gain: they belong to earlier pulses of any intensity. An afterpulse fires its detector
whatever the present pulse is, so half of them are errors.

    fires per live gate   f = D / (1 - (1-D) p_ap)      D: fires caused by light and noise; at most one click per gate
    live share            L = 1 / (1 + f d)             d: blocked gates, non-paralysable, exact for independent gates

Afterpulses are taken to fire before the next ordinary click. Validity: where traps live no longer than a tenth of the
mean time between clicks of a live receiver, the mean rates are right to 1 % and the variance of a block's clicks to
10 % against a click-by-click simulation, for f d up to 3 and p_ap up to 0.1; outside, `in_validity` is False and
results are flagged. Traps that live longer lose afterpulses to the next dead
time: then, at worst (p_ap = 0.1), the means are off by 2.5 % (4 % for `accept-all-live`), and up to f d/(1 + f d) of
the afterpulse errors are counted that do not happen, so that the QBER comes out too high, never too low.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from qkdsim.devices import Detector
from qkdsim.protocols.clicktable import ClickTable

FloatArray = NDArray[np.float64]

MAX_BLOCKED_CLICKS = 3.0  # f d: expected clicks in one dead time of a detector that never goes dead
MAX_AFTERPULSE_PROBABILITY = 0.1


@dataclass(frozen=True, slots=True)
class DetectorMemory:
    """What two detectors remember of their clicks.

    afterpulse_probability    (2,) after the dead time
    blocked_gates             (2,)
    rule                      for live detectors
    afterpulse_lifetime_gates (2,) mean life of the traps; read by sampled clicks only, for the means and the variance
                              below do not depend on it while it is short. 0: in the first gate after the dead time
    """

    afterpulse_probability: FloatArray
    blocked_gates: FloatArray
    rule: str = "blank-all"
    afterpulse_lifetime_gates: FloatArray = field(default_factory=lambda: np.zeros(2))

    @classmethod
    def of(cls, detector: Detector, pulse_rate_hz: float) -> DetectorMemory:
        """Read the memory of a profile's detectors at a pulse rate."""
        afterpulse = [detector.of_unit(unit, "afterpulse_probability") for unit in range(2)]
        dead_s = np.array([detector.of_unit(unit, "dead_time_s") for unit in range(2)], dtype=np.float64)
        # clicks stand on the clock grid: a gate is blocked if it opens no later than the dead time ends
        blocked = np.floor(dead_s * pulse_rate_hz + 1e-6)
        lifetime_s = np.array([detector.of_unit(unit, "afterpulse_lifetime_s") for unit in range(2)], dtype=np.float64)
        return cls(np.array(afterpulse, dtype=np.float64), blocked, detector.dead_time_rule, lifetime_s * pulse_rate_hz)

    @property
    def is_absent(self) -> bool:
        """Whether detectors forget at once: then the multinomial law is exact."""
        return not (self.afterpulse_probability.any() or self.blocked_gates.any())


@dataclass(frozen=True, slots=True)
class Registered:
    """Clicks as the electronics register them.

    table             click table with afterpulses and dead time in the mean
    afterpulse_clicks (2,) probability that an afterpulse fires each live detector in a gate
    live              (2,) share of gates in which each detector is live, or the receiver as a whole (then equal)
    is_joint          whether the detectors are live or dead together, or count only so
    fano_factor       variance over mean of the number of clicks in a long time; 1 - P(click) where there is no memory
    in_validity       whether the means and the variance are within the stated bias
    """

    table: ClickTable
    afterpulse_clicks: FloatArray
    live: FloatArray
    is_joint: bool
    fano_factor: float
    in_validity: bool

    def applied_to(self, ideal: ClickTable) -> ClickTable:
        """The same afterpulses and live times on another table of the same stream, e.g. that of its single photons."""
        excited = ideal.with_extra_clicks(self.afterpulse_clicks)
        return excited.accepted(float(self.live[0])) if self.is_joint else excited.thinned(self.live)


def registered(table: ClickTable, memory: DetectorMemory) -> Registered:
    """Apply afterpulses and dead time to a click table."""
    if memory.is_absent:
        return Registered(table, np.zeros(2), np.ones(2), True, 1.0 - table.click_probability, True)
    primary, afterpulse, blocked = table.fire_probability, memory.afterpulse_probability, memory.blocked_gates
    fires = primary / (1.0 - (1.0 - primary) * afterpulse)
    extra = afterpulse * fires
    if memory.rule == "blank-all":
        longest = float(blocked.max())
        live = np.full(2, 1.0 / (1.0 + table.with_extra_clicks(extra).click_probability * longest))
        weight = primary / max(float(primary.sum()), 1e-300)
        fano = renewal_fano_factor(table.click_probability, float(weight @ afterpulse), longest)
    else:
        each = 1.0 / (1.0 + fires * blocked)
        live = np.full(2, each.prod()) if memory.rule == "accept-all-live" else each
        fano = _mean_fano_factor(primary, afterpulse, blocked, fires * each)
        if memory.rule == "accept-all-live" and blocked.any():
            # afterpulses bunch the clicks as they do for detectors on their own
            bunching = fano / _mean_fano_factor(primary, np.zeros(2), blocked, fires * each)
            fano = all_live_fano_factor(*(primary * blocked)) * bunching
    blocked_clicks = fires * blocked
    in_validity = bool(blocked_clicks.max() <= MAX_BLOCKED_CLICKS and afterpulse.max() <= MAX_AFTERPULSE_PROBABILITY)
    unapplied = Registered(table, extra, live, memory.rule != "independent", fano, in_validity)
    return replace(unapplied, table=unapplied.applied_to(table))


def _mean_fano_factor(primary: FloatArray, afterpulse: FloatArray, blocked: FloatArray, rate: FloatArray) -> float:
    """That of two detectors that do not see each other, weighted by their click rates."""
    factors = [renewal_fano_factor(p, a, d) for p, a, d in zip(primary, afterpulse, blocked, strict=True)]
    return float(rate @ np.array(factors) / max(float(rate.sum()), 1e-300))


def all_live_fano_factor(blocked_clicks_0: float, blocked_clicks_1: float) -> float:
    """Variance over mean of clicks that count only while both detectors are live, from D d of each.

    Such clicks are a renewal process: a busy time B in which either detector is dead, then a wait for the next click.
    For equal detectors with a = D d the conditions on the residual dead time are linear and B has, in dead times, the
    mean 1 + a/2 and the variance a/3 + a²/6 + a³/12. For unequal ones the harmonic mean is right to first order.
    """
    total = blocked_clicks_0 + blocked_clicks_1
    if total <= 0.0:
        return 1.0
    a = 2.0 * blocked_clicks_0 * blocked_clicks_1 / total
    busy_variance = a / 3.0 + a**2 / 6.0 + a**3 / 12.0
    mean_gap = (1.0 + blocked_clicks_0) * (1.0 + blocked_clicks_1)  # times 1/total
    return (busy_variance * total**2 + 1.0) / mean_gap**2


def renewal_fano_factor(primary: float, afterpulse: float, blocked_gates: float) -> float:
    """Variance over mean of the click count of one detector in a long time.

    Gaps between clicks are independent: the dead time, then with probability p_ap at once an afterpulse, else a
    geometric wait with probability D per gate. For a renewal process the ratio tends to Var(gap)/E(gap)² (D. R. Cox,
    Renewal Theory, 1962, Sec. 3.3). Without memory it is 1 - D.
    """
    if primary <= 0.0:
        return 1.0
    wait = 1.0 - afterpulse
    variance = wait * (2.0 - primary) - wait**2  # times 1/D²
    mean = blocked_gates * primary + wait  # times 1/D
    return variance / mean**2
