"""A click table made ready for the walk over candidates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections.alias import AliasTable
from qkdsim.detections.clicks import PATTERNS
from qkdsim.protocols.clicktable import BOTH, NO_CLICK, ClickTable

FloatArray = NDArray[np.float64]

MOST_SETTINGS = (np.iinfo(np.int16).max + 1) // PATTERNS  # setting and pattern share 16 bits with a spare one


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates: pulses in which light or noise fires a detector if it is live. All others are quiet.

    table                its click table
    probability          that a pulse is a candidate
    setting_probability  (settings,) of any pulse; quiet_probability: of a quiet one
    pattern_share        (settings, 4) what candidates are; sums to 1, nothing where no detector fires
    alias, quiet_alias   draw 4 * setting + pattern of a candidate, 4 * setting of a quiet pulse
    """

    table: ClickTable
    probability: float
    setting_probability: FloatArray
    quiet_probability: FloatArray
    pattern_share: FloatArray
    alias: AliasTable
    quiet_alias: AliasTable

    @classmethod
    def of(cls, table: ClickTable) -> Candidates:
        """Take the cells of a click table apart.

        Raises ValueError if the table has more than 8192 settings.
        """
        joint = np.maximum(table.joint_probability.reshape(-1, PATTERNS), 0.0)
        if len(joint) > MOST_SETTINGS:
            raise ValueError(f"click table: got {len(joint)} settings, expected at most {MOST_SETTINGS}")
        firing = joint.copy()
        firing[:, NO_CLICK] = 0.0
        probability = float(firing.sum())
        if probability > 0.0:
            firing /= probability
        settings = _shares(table.setting_probability.ravel())
        quiet = _shares(joint[:, NO_CLICK]) if joint[:, NO_CLICK].any() else settings
        cells = np.flatnonzero(firing) if probability > 0.0 else np.array([0])  # never drawn from if nothing fires
        return cls(
            table=table,
            probability=min(probability, 1.0),
            setting_probability=settings,
            quiet_probability=quiet,
            pattern_share=firing,
            alias=AliasTable.of(firing.ravel()[cells] if probability > 0.0 else np.ones(1), cells),
            quiet_alias=AliasTable.of(quiet, PATTERNS * np.arange(len(quiet))),
        )

    @property
    def mean_gap(self) -> float:
        """Of the exponential whose whole part is geometric: the quiet pulses before a candidate."""
        if self.probability >= 1.0:
            return 0.0
        return -1.0 / math.log1p(-self.probability) if self.probability > 0.0 else 1e300

    @property
    def both_share(self) -> float:
        """Share of the candidates that fire both detectors."""
        return float(self.pattern_share[:, BOTH].sum())


def _shares(weight: FloatArray) -> FloatArray:
    return np.asarray(weight / weight.sum())
