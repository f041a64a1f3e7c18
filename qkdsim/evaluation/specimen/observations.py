"""What the instruments of a bench show: counts, readings, records. Nothing here knows the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.postprocessing.ledger import BlockLedger
from qkdsim.postprocessing.wire import Message
from qkdsim.protocols import Counts

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value that an instrument shows, in the unit of the instrument, and its stated standard uncertainty."""

    value: float
    standard_uncertainty: float


@dataclass(frozen=True, slots=True)
class CountReading:
    """Clicks of the laboratory's own single-photon detector in so many gates, one per pulse.

    efficiency                       of that detector, as its calibration states it
    efficiency_relative_uncertainty  standard uncertainty of the calibration, common to all readings of one day
    dark_probability                 per gate, known well enough to take off
    """

    clicks: float
    gates: float
    efficiency: float
    efficiency_relative_uncertainty: float
    dark_probability: float


@dataclass(frozen=True, slots=True)
class CountSeries:
    """Readings one after the other: clicks, gates and the time of the middle of each, arrays of one length."""

    time_s: FloatArray
    clicks: FloatArray
    gates: FloatArray
    efficiency: float
    dark_probability: float


@dataclass(frozen=True, slots=True)
class CoincidenceReading:
    """Two detectors behind a beam splitter: clicks of each, clicks of both in one gate, gates.

    distant   coincidences of one detector with the other one's click in a distant pulse: what chance alone brings
    """

    clicks_0: float
    clicks_1: float
    coincidences: float
    distant: float
    gates: float


@dataclass(frozen=True, slots=True)
class ReceiverCounts:
    """What the receiver under test registered of light that the laboratory sent into it.

    patterns  (2, 4) by the basis in which it measured and the detectors that fired (0 none, 1, 2, 3 both)
    bits      (2, 2) by basis and recorded bit, double clicks as the receiver treats them
    double_bits (2,) among them, the bits recorded of double clicks
    gates     pulses of light sent, or gates opened in the dark
    """

    patterns: FloatArray
    bits: FloatArray
    double_bits: FloatArray
    gates: float

    @property
    def fired(self) -> FloatArray:
        """Gates in which each detector fired, (2,)."""
        patterns = self.patterns.sum(axis=0)
        return np.array([patterns[1] + patterns[3], patterns[2] + patterns[3]])


@dataclass(frozen=True, slots=True)
class ClickList:
    """Clicks one by one, in order: number of the gate, detectors that fired (1, 2, 3 both), and the gates opened."""

    slot: IntArray = field(repr=False)
    pattern: Bits = field(repr=False)
    gates: int
    gate_rate_hz: float


@dataclass(frozen=True, slots=True)
class Light:
    """Light that a laboratory (or an eavesdropper) sends into the receiver's port, one pulse per gate.

    mean_photon_number  at the port; 0 for darkness
    state          (basis, bit) of a BB84 state, or None for light that reaches both detectors of any basis alike
    offset_ps      arrival later than the middle of the gate
    detuning_nm    of the wavelength from the nominal one
    mode           0 the nominal polarisation and spatial mode, 1 the worst one that the port lets in
    is_thermal     thermal photon numbers in place of Poisson ones
    """

    mean_photon_number: float
    state: tuple[int, int] | None = None
    offset_ps: float = 0.0
    detuning_nm: float = 0.0
    mode: int = 0
    is_thermal: bool = False


@dataclass(frozen=True, slots=True)
class SessionBlock:
    """One block of a session: what was public, what the device wrote down, and what it released at each end.

    transcript          every message, as it arrived
    counts              the device's log of both ends: pulses and recorded bits by setting
    alice_key, bob_key  bits handed to the user at each end; empty where the block was refused
    """

    start_s: float
    end_s: float
    transcript: tuple[Message, ...] = field(repr=False)
    ledger: BlockLedger
    counts: Counts = field(repr=False)
    alice_key: Bits = field(repr=False)
    bob_key: Bits = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """Blocks in order; fewer than asked for where the device stopped (its authentication key ran out)."""

    loss_db: float
    blocks: tuple[SessionBlock, ...]

    @property
    def released_bits(self) -> int:
        """Bits handed out at both ends."""
        return sum(min(len(one.alice_key), len(one.bob_key)) for one in self.blocks)

    @property
    def aborted(self) -> int:
        """Blocks refused, for whatever reason."""
        return sum(one.ledger.aborted for one in self.blocks)


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """The log of a long operation: one entry per block. Errors are those that key processing found and corrected.

    start_s, end_s, available_s  when a block opened, closed, and when its key was handed out
    sifted_bits, errors, released_bits, outcome  of each block
    end_of_record_s  when the operation was stopped
    """

    start_s: FloatArray
    end_s: FloatArray
    available_s: FloatArray
    sifted_bits: FloatArray
    errors: FloatArray
    released_bits: FloatArray
    outcome: IntArray
    end_of_record_s: float
