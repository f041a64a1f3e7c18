"""Sessions through the whole network engine: QKD keys from stores, messages on the classical network, rows."""

from __future__ import annotations

import time
from pathlib import Path

from figure import Figure

REAL_S, SIMULATED_S = 300.0, 10_000.0  # of simulated time, with one rekeying a second


def sessions(_peer_python: Path | None) -> list[Figure]:
    """Handshakes per processor time of one pair over two hops, rekeyed every second."""
    note = "suite hybrid, QKD key relayed over two hops, four messages on the classical network"
    return [
        Figure("sessions, real cryptography", _per_s("real", REAL_S), "handshakes/CPU s", note=note),
        Figure("sessions, simulated cryptography", _per_s("simulated", SIMULATED_S), "handshakes/CPU s", note=note),
    ]


def _per_s(cryptography: str, length_s: float) -> float:
    _run(cryptography, 5.0)  # compiles, and makes the long-term keys
    start_s = time.process_time()
    handshakes = _run(cryptography, length_s)
    return handshakes / (time.process_time() - start_s)


def _run(cryptography: str, length_s: float) -> int:
    import numpy as np

    from qkdsim.hybrid import find_policy, find_suite
    from qkdsim.keystore import KeyStore
    from qkdsim.network import Agenda, KeyNetwork, NetworkLink, NetworkSettings
    from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings
    from qkdsim.network.service import ServiceClass
    from qkdsim.sessions import Phase, RunningSessions, SessionLog, SessionPair, SessionPlan, SessionRules

    names = ("koganei", "otemachi", "hakusan")
    ends = ((0, 1), (1, 2))
    links = [NetworkLink(f"link {index}", pair, 50.0, KeyStore(initial_bits=10**9)) for index, pair in enumerate(ends)]
    network = KeyNetwork(
        Agenda(),
        [(name, True) for name in names],
        links,
        NetworkSettings(hop_tag_bits=128, hop_delay_s=0.001),
        classical=ClassicalNetwork(
            3, [ClassicalLink(link.id, link.ends, 0.00025) for link in links], ClassicalSettings()
        ),
        draws=np.random.default_rng(1),
    )
    phase = Phase(0.0, find_suite("hybrid"), find_policy("QkdAndPqcRequired"))
    plan = SessionPlan(
        "benchmark",
        (SessionPair(names[0], names[2], (phase,)),),
        ServiceClass("benchmark"),
        0.0,
        length_s,
        1e6,
        "real" if cryptography == "real" else "simulated",
        SessionRules(rekey_after_s=1.0),
    )
    running = RunningSessions([plan], network, 1, (), SessionLog())
    network.agenda.run_to(length_s)
    running.close()
    established = running.totals["benchmark"].established
    if established < 0.98 * length_s:
        raise AssertionError(f"{established} sessions in {length_s:g} s")
    return established
