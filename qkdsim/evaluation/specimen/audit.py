"""How much key there was in truth: for judging released bits, never for an estimate."""

from __future__ import annotations

import numpy as np

from qkdsim.channels import Span
from qkdsim.detections import DetectorMemory, registered
from qkdsim.devices import DeviceProfile
from qkdsim.evaluation.specimen.observations import SessionBlock
from qkdsim.links.reference_fibre import span_of
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    Attack,
    ClickTable,
    bb84_setup,
    binary_entropy,
    matched_gain_and_error,
    photon_number_tables,
)


class SimulatedAudit:
    """Implements `bench.Audit` from the true profile."""

    def __init__(self, true: DeviceProfile) -> None:
        self._true = true

    def secure_bits(self, loss_db: float, block: SessionBlock, attack: Attack | None = None) -> float:
        """What was secret of the sifted bits of a block, less what was told of them; 0 where nothing was."""
        share = self.secret_share(span_of(self._true, None, loss_db), attack)
        return max(share * block.ledger.sifted_bits - block.ledger.leak_ec_bits, 0.0)

    def secret_share(self, span: Span, attack: Attack | None, known_share: float = 0.0) -> float:
        """Secret bits in a sifted bit before reconciliation, by the true photon numbers.

        Raises ValueError for a device that is no modelled pair.
        """
        true = self._true
        if true.source is None or true.detector is None:
            raise ValueError("expected a pair of modules")
        setup = bb84_setup(true, true, span.state(wavelength_nm=float(true.source.wavelength_nm)))
        tables = photon_number_tables(setup)
        tables = tables if attack is None else attack(tables)
        memory = registered(tables.merged, DetectorMemory.of(true.detector, float(true.source.pulse_rate_hz)))
        both = true.protocol.key_bases == "both"

        def gains(table: ClickTable) -> tuple[np.ndarray, np.ndarray]:
            return matched_gain_and_error(memory.applied_to(table).bit_probability(), setup.symbol_probability)

        weight = setup.intensity_probability
        whole, found = 0.0, 0.0
        for basis, other in ((KEY_BASIS, TEST_BASIS), (TEST_BASIS, KEY_BASIS))[: 2 if both else 1]:
            sifting = setup.sent_basis_probability[basis] * setup.measured_basis_probability[basis]
            whole += sifting * float(weight @ gains(tables.merged)[0][:, basis])
            for photons in (0, 1):
                gain, error = gains(tables.exactly(photons))
                part = weight * tables.number_probability[:, photons]
                secret = 1.0 - (known_share if photons else 0.0)
                if photons == 1 and gain[0, other] > 0.0:
                    phase_error = min(float(error[0, other] / gain[0, other]), 0.5)
                    secret = max(1.0 - float(binary_entropy(np.array(phase_error))) - known_share, 0.0)
                found += sifting * float(part @ gain[:, basis]) * secret
        return found / whole if whole > 0.0 else 0.0
