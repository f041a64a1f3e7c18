"""The simulated hybrid sessions of a specimen: its combiner on a test port, and two ends that shake hands."""

from __future__ import annotations

import numpy as np

from qkdsim.crypto.combiner import HybridInputs, Secret, XorInputs, hybrid_keys, xor_key
from qkdsim.devices.key_behaviour import HybridTruth
from qkdsim.devices.operation import Pqc
from qkdsim.evaluation.specimen.hybrid_attempts import shaken
from qkdsim.evaluation.specimen.key_bench import FloatArray, Mix

DEFAULT_MODE = "QkdAndPqcRequired"


class SimulatedHybrid:
    """Implements `key_bench.HybridBench`."""

    def __init__(self, truth: HybridTruth, declared: Pqc) -> None:
        """A module that declares one thing and may do another."""
        self._truth = truth
        self._declared = declared

    def combined(self, mix: Mix) -> bytes:
        """The derived key: `xor` where it is declared, else HKDF over both secrets and their context."""
        qkd, pqc = self._secrets(mix)
        secrets = (Secret("qkd", qkd), Secret("pqc", pqc))
        if self._truth.combiner == "cut":
            return (mix.qkd + mix.pqc)[: len(mix.qkd)]
        if "xor" in self._declared.combiner:
            return xor_key(XorInputs(secrets))
        left = set(self._truth.unbound)
        inputs = HybridInputs(
            secrets,
            transcript=b"test port",
            suite="" if "algorithms" in left else mix.algorithms,
            policy=DEFAULT_MODE,
            initiator="" if "identities" in left else mix.identities[0],
            responder="" if "identities" in left else mix.identities[1],
            key_ids=() if "key-id" in left else (mix.key_id,),
            ciphertexts=() if "kem-ciphertext" in left else (mix.ciphertext,),
        )
        return hybrid_keys(inputs).session_key

    def handshake(self, attempt: str, generator: np.random.Generator) -> tuple[str, ...] | None:
        """One handshake under an attempt to get by with less; what the session mixed, None without one."""
        declared = self._declared.modes[0] if self._declared.modes else DEFAULT_MODE
        return shaken(self._truth.policy or declared, attempt, generator)

    def rekeyings_s(self, duration_s: float, generator: np.random.Generator) -> FloatArray:
        """Moments at which fresh QKD keys came into use; each a little before the declared interval is over."""
        interval = float(self._declared.rekey_interval_s or np.inf) * self._truth.rekey_factor
        number = int(2 * duration_s / interval) + 2
        moments = np.cumsum(interval * generator.uniform(0.8, 1.0, number))
        return np.asarray(moments[moments <= duration_s])

    def _secrets(self, mix: Mix) -> tuple[bytes | None, bytes | None]:
        mistake = self._truth.combiner
        if mistake == "drops-pqc":
            return mix.qkd, mix.pqc[:2] + bytes(len(mix.pqc) - 2)
        return None if mistake == "only-pqc" else mix.qkd, None if mistake == "only-qkd" else mix.pqc
