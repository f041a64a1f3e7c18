"""SeQUeNCe's photon-level BB84 on one fibre, for its own interpreter: `peer_sequence.py LENGTH_KM SEED`.

Prints one JSON object. Processor seconds are those inside Timeline.run(); imports and set-up do not count. The same
seed does not repeat a run exactly: parts of SeQUeNCe draw from generators that cannot be seeded.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from sequence.components.optical_channel import ClassicalChannel, QuantumChannel
from sequence.kernel.timeline import Timeline
from sequence.qkd.BB84 import pair_bb84_protocols
from sequence.topology.node import QKDNode

# the settings of sequence_like.toml and peer_cases.py in SeQUeNCe's words
SIMULATED_S = 0.02
PULSE_RATE_HZ = 80e6
MEAN_PHOTON_NUMBER = 0.1
ATTENUATION_DB_PER_KM = 0.2
POLARISATION_FIDELITY = 0.97  # else a random polarisation: error 0.015
DETECTOR = {"efficiency": 0.8, "dark_count": 10, "count_rate": 50e6, "time_resolution": 10}
KEY_BITS = 1000  # pulses leave in bursts of KEY_BITS / MEAN_PHOTON_NUMBER


class KeyCount:
    """The layer above BB84: counts finished keys."""

    keys = 0

    def pop(self, **_key: object) -> None:
        self.keys += 1


def two_nodes(timeline: Timeline, length_km: float, seed: int) -> tuple[QKDNode, QKDNode]:
    """Sender and receiver with a fibre and a classical channel each way."""
    sender = QKDNode("sender", timeline, stack_size=1, seed=seed)
    receiver = QKDNode("receiver", timeline, stack_size=1, seed=1000 + seed)
    pair_bb84_protocols(sender.protocol_stack[0], receiver.protocol_stack[0])
    length_m = 1e3 * length_km
    for source, target in ((sender, receiver), (receiver, sender)):
        fibre = QuantumChannel(
            f"fibre from {source.name}",
            timeline,
            attenuation=1e-3 * ATTENUATION_DB_PER_KM,
            distance=length_m,
            polarization_fidelity=POLARISATION_FIDELITY,
            frequency=PULSE_RATE_HZ,
        )
        fibre.set_ends(source, target.name)
        ClassicalChannel(f"line from {source.name}", timeline, distance=length_m).set_ends(source, target.name)
    sender.update_lightsource_params("frequency", PULSE_RATE_HZ)
    sender.update_lightsource_params("mean_photon_num", MEAN_PHOTON_NUMBER)
    for index in range(2):
        receiver.components["receiver.qsdetector"].set_detector(index, **DETECTOR)
    return sender, receiver


def measure(length_km: float, seed: int) -> dict[str, object]:
    """One run: its speed, and the sifted share and error rate of the pulses that were sifted before it ended."""
    np.random.seed(seed)  # noqa: NPY002 (the peer draws bits and bases from the global generator)
    timeline = Timeline(round(SIMULATED_S * 1e12))
    timeline.show_progress = False
    sender, receiver = two_nodes(timeline, length_km, seed)
    bb84 = sender.protocol_stack[0]
    upper = KeyCount()
    bb84.upper_protocols.append(upper)
    receiver.protocol_stack[0].upper_protocols.append(KeyCount())
    bursts = count_bursts(sender.components["sender.lightsource"])
    timeline.init()
    bb84.push(KEY_BITS, 10**9, run_time=timeline.stop_time)
    start_s = time.process_time()
    timeline.run()
    cpu_s = time.process_time() - start_s
    sifted_pulses = sum(bursts[: len(bursts) - len(bb84.bit_lists)])  # bursts still listed await their answer
    return {
        "version": version("sequence"),
        "cpu_s": cpu_s,
        "pulses_per_cpu_s": min(sum(bursts), PULSE_RATE_HZ * SIMULATED_S) / cpu_s,
        "sifted_per_pulse": (KEY_BITS * upper.keys + len(bb84.key_bits)) / sifted_pulses,
        "qber": float(np.mean(bb84.error_rates)),
    }


def count_bursts(source: object) -> list[int]:
    """Make a source write down how many pulses each burst has."""
    bursts: list[int] = []
    emit = source.emit

    def counting_emit(states: list) -> None:
        bursts.append(len(states))
        emit(states)

    source.emit = counting_emit
    return bursts


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]), int(sys.argv[2]))))
