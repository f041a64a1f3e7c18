"""One BB84 link, like for like with SeQUeNCe: same pulse rate, light, fibre and detectors, no decoys."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from figure import Figure
from peers import PeerRuns, sequence_runs

LENGTHS_KM = (20, 50)
SIMULATED_S = 0.02
PULSE_RATE_HZ = 80e6
RUNS = 101
PROFILE = Path(__file__).with_name("sequence_like.toml")


@dataclass(frozen=True, slots=True)
class Observed:
    """What one link shows after SIMULATED_S: medians of cost and means of the observables over RUNS seeds."""

    cpu_s: float
    sifted_per_pulse: float
    qber: float

    @property
    def click_probability(self) -> float:
        """Of a pulse; half of the clicks fall in the other basis and are sifted out."""
        return 2.0 * self.sifted_per_pulse


def pulses(peer_python: Path | None) -> list[Figure]:
    """Simulated pulses per processor second on both sides."""
    return [_pulses(length_km, peer_python) for length_km in LENGTHS_KM]


def _pulses(length_km: int, peer_python: Path | None) -> Figure:
    own, peer = _observed(length_km), sequence_runs(length_km, peer_python)
    return Figure(
        f"pulses, {length_km} km",
        PULSE_RATE_HZ * SIMULATED_S / own.cpu_s,
        "pulses/CPU s",
        peer=peer.label,
        peer_figure=peer.median,
        note=_note(own, peer),
    )


def _note(own: Observed, peer: PeerRuns) -> str:
    return (
        f"both simulate {SIMULATED_S} s at {PULSE_RATE_HZ:.3g} pulses/s; compared is processor time to the same "
        f"observables: sifted bits per pulse {own.sifted_per_pulse:.5f} (peer {peer.sifted_per_pulse:.5f}), "
        f"QBER {own.qber:.4f} (peer {peer.qber:.4f}); click probability {own.click_probability:.4f}. "
        f"A tally costs {1e3 * own.cpu_s:.2f} ms however many pulses it stands for, while the peer's cost grows with "
        "them: the ratio belongs to this simulated time and grows with it. The tally gives counts, the peer each bit. "
        f"The peer's range over seeds: {peer.lowest:,.0f} to {peer.highest:,.0f}"
    )


def _observed(length_km: float) -> Observed:
    from qkdsim.channels import FibreSpan
    from qkdsim.devices import load_named_profile
    from qkdsim.links import build_link

    profile = load_named_profile(str(PROFILE))
    link = build_link("benchmark", profile, profile, FibreSpan(length_km=length_km), "tallied")
    costs_s, sifted, errors, sent = [], 0.0, 0.0, 0.0
    for seed in range(RUNS):
        start_s = time.process_time()
        batches = list(link.blocks(SIMULATED_S, seed))  # operating point, draw and key length: all but reading the file
        costs_s.append(time.process_time() - start_s)
        for batch in batches:
            sent += float(batch.pulses.sum())
            sifted += float(batch.sifted_bits.sum())
            errors += float((batch.sifted_bits * batch.qber).sum())
    return Observed(statistics.median(costs_s), sifted / sent, errors / sifted)
