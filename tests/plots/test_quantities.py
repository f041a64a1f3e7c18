from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.plots.quantities import bits_text, rate_text, shortened, three_digits


@pytest.mark.parametrize(
    ("rate_bps", "text"),
    [
        (304_000, "304 kbit/s"),
        (81_700, "81.7 kbit/s"),
        (0.25, "0.25 bit/s"),
        (999.4, "999 bit/s"),
        (999.9, "1 kbit/s"),
        (999_960, "1 Mbit/s"),
        (0, "0 bit/s"),
        (1.5e13, "15 Tbit/s"),
        (None, "unknown"),
        (float("nan"), "unknown"),
        (2e-6, "2.00e-6 bit/s"),
    ],
)
def test_rates_for_people(rate_bps: float | None, text: str) -> None:
    assert rate_text(rate_bps) == text


def test_amounts_for_people() -> None:
    assert bits_text(1_000_000) == "1 Mbit"
    assert bits_text(256) == "256 bit"


@given(st.floats(1e-3, 1e6))
def test_three_digits_are_right_to_half_a_per_cent(number: float) -> None:
    assert float(three_digits(number)) == pytest.approx(number, rel=0.0051)


@given(st.text(max_size=60), st.integers(3, 50))
def test_short_names_fit(name: str, limit: int) -> None:
    short = shortened(name, limit)
    assert len(short) <= limit
    assert short == name or (short[0] == name[0] and short[-1] == name[-1] and "…" in short)
