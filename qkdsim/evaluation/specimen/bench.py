"""What a laboratory can do with a device under test: its instruments, and procedures on the whole link.

Every method gives observations with their statistical and instrumental errors, never a true value. A `generator` is the
randomness of nature in one measurement (`rng.stream(seed, "certify", criterion, ...)`); the same generator gives the
same observation. Intensities are numbers of classes in the order of the declared profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from qkdsim.channels import Span
from qkdsim.evaluation.specimen.attack_bench import AttackBench
from qkdsim.evaluation.specimen.key_bench import GeneratorBench, HybridBench, KeyManagerBench
from qkdsim.evaluation.specimen.observations import (
    ClickList,
    CoincidenceReading,
    CountReading,
    CountSeries,
    FloatArray,
    Light,
    OperationRecord,
    Reading,
    ReceiverCounts,
    SessionBlock,
    SessionRecord,
)
from qkdsim.evaluation.specimen.quadrature_bench import QuadratureBench
from qkdsim.links.timeline import Disruption
from qkdsim.postprocessing.wire import Tamper
from qkdsim.protocols import Attack


class SourceBench(Protocol):
    """Instruments at the transmitter's output port. Raises ValueError where the device has no source."""

    def intensity_counts(self, intensity: int, pulses: float, generator: np.random.Generator) -> CountReading:
        """Calibrated photon counting of one intensity class."""
        ...

    def intensity_series(
        self, intensity: int, duration_s: float, samples: int, pulses_each: float, generator: np.random.Generator
    ) -> CountSeries:
        """The same class counted again and again while the device runs, evenly over a duration."""
        ...

    def hbt_counts(self, intensity: int, gates: float, generator: np.random.Generator) -> CoincidenceReading:
        """Hanbury Brown and Twiss: coincidences of one pulse behind a balanced beam splitter."""
        ...

    def neighbour_fringe(self, phase_rad: FloatArray, gates_each: float, generator: np.random.Generator) -> FloatArray:
        """Clicks behind an interferometer of one pulse period, at each of its phases, shape of `phase_rad`."""
        ...

    def phase_samples(self, pulses: int, generator: np.random.Generator) -> FloatArray:
        """Phases of single pulses against a local oscillator, in radians from 0 to 2 pi, shape (pulses,)."""
        ...

    def state_counts(self, gates_each: float, generator: np.random.Generator) -> FloatArray:
        """Each of four states on an analyser at four angles of the Bloch sphere (0, 180, 90, 270 degrees).

        Shape (2, 2, 4): clicks by basis, bit and angle; 0 and 180 degrees are the key basis.
        """
        ...

    def analyser_extinction_db(self) -> float:
        """How well the laboratory's own analyser suppresses the orthogonal state."""
        ...

    def two_photon_interference(
        self,
        first: tuple[int, int, int],
        second: tuple[int, int, int],
        gates: float,
        generator: np.random.Generator,
    ) -> CoincidenceReading:
        """Hong, Ou and Mandel: two settings (intensity, basis, bit), attenuated alike, meet at a beam splitter.

        Both are turned to one state and one intensity before they meet, so that only their other modes tell them
        apart. For light of random phase the coincidences drop to 1 - overlap/2 of the distant ones.
        """
        ...

    def pattern_counts(self, pulses: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Clicks and gates by the class of the pulse before and of the pulse itself, each (K, K)."""
        ...

    def back_to_back(self, pulses: float, generator: np.random.Generator) -> FloatArray:
        """Transmitter straight into the receiver, pulses far apart: (K, 2, 2, 2, 4).

        Pulses by intensity, sent basis and bit, measured basis, and pattern of fired detectors. Needs both modules.
        """
        ...

    def choice_counts(self, pulses: float, generator: np.random.Generator) -> FloatArray:
        """How often each setting was chosen, from the electric drive signals: (K, 2, 2) intensity, basis, bit."""
        ...

    def wavelength_nm(self, generator: np.random.Generator) -> Reading:
        """Central wavelength on a wavemeter."""
        ...

    def pulse_rate_hz(self, generator: np.random.Generator) -> Reading:
        """Pulse rate on a frequency counter."""
        ...

    def linewidth_hz(self, generator: np.random.Generator) -> Reading:
        """Linewidth on a spectrometer, full width at half maximum."""
        ...

    def pulse_times_ps(self, pulses: int, generator: np.random.Generator) -> tuple[FloatArray, float]:
        """Pulse times against the clock (pulses,), and the instrument's own rms jitter."""
        ...

    def isolation_db(self, path: str, wavelength_nm: float, generator: np.random.Generator) -> Reading:
        """Isolation at a wavelength: `transmitter_one_way`, `transmitter_round_trip` or `receiver_round_trip`."""
        ...


class ReceiverBench(Protocol):
    """A calibrated laser at the receiver's port, and the receiver's own records."""

    def light_relative_uncertainty(self) -> float:
        """Standard uncertainty of the laser's calibrated mean photon number, common to all readings of one day."""
        ...

    def receiver_counts(self, light: Light, gates: float, generator: np.random.Generator) -> ReceiverCounts:
        """What the receiver registers of so many pulses, far enough apart that no detector remembers."""
        ...

    def receiver_clicks(self, light: Light, clicks: int, generator: np.random.Generator) -> ClickList:
        """Clicks one by one at the full gate rate, with all that detectors remember, until there are so many."""
        ...

    def backflash_counts(self, detections: float, generator: np.random.Generator) -> CountReading:
        """Clicks of the laboratory's detector at the receiver's port after so many detections, one gate each."""
        ...


class LinkBench(Protocol):
    """Both modules and a channel between them. The laboratory chooses the loss and may let an eavesdropper in."""

    def session(
        self,
        loss_db: float,
        blocks: int,
        generator: np.random.Generator,
        *,
        block_bits: float | None = None,
        attack: Attack | None = None,
        tamper: Tamper | None = None,
    ) -> SessionRecord:
        """Blocks with every click and every bit; `tamper` changes messages on the way, `attack` acts on the light.

        `block_bits` shortens blocks, as a service setting of the device.
        """
        ...

    def fed_blocks(
        self, blocks: int, detections: int, error_rate: float, generator: np.random.Generator
    ) -> tuple[SessionBlock, ...]:
        """Key processing alone, fed at its test port with detections of single photons in equal bases.

        Clean detections give key from some ten thousand bits, where a block of the link takes millions.
        """
        ...

    def operation(
        self,
        loss_db: float,
        duration_s: float,
        generator: np.random.Generator,
        *,
        attack: Attack | None = None,
        faults: Sequence[Disruption] = (),
        is_warm: bool = False,
    ) -> OperationRecord:
        """The device's log of a long operation from power-on, or of one that was running already (`is_warm`)."""
        ...

    def operation_on_fibre(
        self,
        length_km: float,
        duration_s: float,
        generator: np.random.Generator,
        *,
        launch_power_dbm: float | None = None,
        launch_wavelength_nm: float = 1550.0,
    ) -> OperationRecord:
        """The log of a running device on a fibre, beside a classical channel where a launch power is given."""
        ...


class Audit(Protocol):
    """What only the maker of a specimen knows: how much key was there. For judging released bits, nothing else."""

    def secure_bits(self, loss_db: float, block: SessionBlock, attack: Attack | None = None) -> float:
        """Greatest length that a `SessionBlock` could have had by the true photon numbers and phase errors.

        Expectations over the sifted bits of the block: bits of empty pulses count whole, bits of single photons by
        1 - h(true phase error rate), bits of more photons not at all; what was told in reconciliation is taken off.
        """
        ...

    def secret_share(self, span: Span, attack: Attack | None, known_share: float = 0.0) -> float:
        """Secret bits in a sifted bit before reconciliation, by the true photon numbers and phase errors.

        `known_share`: what the eavesdropper's notes tell of a bit of a single photon besides.
        """
        ...


class Bench(SourceBench, ReceiverBench, LinkBench, Protocol):
    """A whole laboratory."""

    @property
    def random_source(self) -> GeneratorBench:
        """The test port of the random number generator."""
        ...

    @property
    def key_manager(self) -> KeyManagerBench:
        """The key managers beside the modules."""
        ...

    @property
    def hybrid_module(self) -> HybridBench:
        """The combiner and the handshake of hybrid sessions."""
        ...

    @property
    def attacker(self) -> AttackBench:
        """Strong light, false clocks, forged messages."""
        ...

    @property
    def quadratures(self) -> QuadratureBench:
        """Instruments for continuous-variable devices. Raises ValueError for any other."""
        ...

    @property
    def audit(self) -> Audit:
        """The judge's view, which no estimate may use."""
        ...
