"""Gates of detectors as a laboratory finds them."""

from __future__ import annotations

import pytest
from attacked_devices import as_declared, with_truth

from qkdsim.evaluation.procedures.gates import gate_width_ps

DECLARED_PS = 300.0


@pytest.mark.parametrize("offset_ps", [40.0, -40.0])
@pytest.mark.parametrize("efficiencies", [(0.1, 0.2), (0.2, 0.1)])
def test_the_width_is_found_wherever_the_gates_lie(offset_ps: float, efficiencies: tuple[float, float]) -> None:
    """Moved against each other, the gates of unequal detectors are no longer alike on both sides of the clock."""
    units = [{"efficiency": one} for one in efficiencies]
    device = with_truth({"values": {"detector.unit": units}, "behaviour": {"gate_offset_ps": offset_ps}})
    assert gate_width_ps(device, 1, "RX-11") == pytest.approx(DECLARED_PS, abs=2.0)


def test_the_width_is_that_of_the_device_and_not_the_one_it_declares() -> None:
    assert gate_width_ps(as_declared(), 1, "RX-11") == pytest.approx(DECLARED_PS, abs=1.0)
    wide = with_truth({"values": {"detector.gate_width_ps": 500.0}})
    assert gate_width_ps(wide, 1, "RX-11") == pytest.approx(500.0, abs=1.0)
    assert gate_width_ps(with_truth({"values": {"detector.gate_width_ps": 1000.0}}), 1, "RX-11") is None
