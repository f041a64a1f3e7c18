"""Jitter and losses of messages against their laws; deviations are judged by their standard errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qkdsim import rng
from qkdsim.network.classical import ClassicalPath, ClassicalSettings
from qkdsim.network.message_delays import MessageDelays

PATH = ClassicalPath(0.005, 4, 1e6)
DRAWS = 40_000


def delays(seed: int = 1, **settings: float) -> MessageDelays:
    return MessageDelays(ClassicalSettings(**settings), rng.stream(seed, "messages"))  # type: ignore[arg-type]


def test_nothing_is_added_where_nothing_is_left_to_chance() -> None:
    sure = delays()
    assert sure.one(PATH, 1000.0) == PATH.message_s(1000.0)
    assert sure.chain(0.1 + 0.2, 7) == 0.1 + 0.2


def test_jitter_adds_up_over_the_links_crossed() -> None:
    random = delays(jitter_s=0.002)
    extra_s = np.array([random.one(PATH, 0.0) for _ in range(DRAWS)]) - 0.005
    # a sum of four exponential times; p = 0.1 % means 3.3 standard errors
    assert stats.kstest(extra_s, stats.gamma(4, scale=0.002).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("loss", "most"), [(0.02, 5), (0.3, 2), (0.5, 0)])
def test_losses_cost_their_timeouts_or_the_message(loss: float, most: int) -> None:
    random = delays(loss_probability=loss, retransmit_timeout_s=0.2, max_retransmissions=most)
    times_s = np.array([random.chain(1.0, 3) for _ in range(DRAWS)])
    arrives = 1.0 - loss ** (most + 1)  # on one link
    share = np.isfinite(times_s).mean()
    expected = arrives**3
    assert abs(share - expected) < 4.0 * math.sqrt(max(expected * (1.0 - expected), 1.0 / DRAWS) / DRAWS)
    # losses of a crossing that succeeds: geometric, cut off above `most`
    counts = np.arange(most + 1)
    weight = (1.0 - loss) * loss**counts / arrives
    mean = float(weight @ counts)
    variance = float(weight @ counts**2) - mean**2
    closed = loss / (1.0 - loss) - (most + 1) * loss ** (most + 1) / arrives
    assert mean == pytest.approx(closed, abs=1e-12)
    arrived_s = times_s[np.isfinite(times_s)]
    error_s = 0.2 * math.sqrt(3.0 * variance / len(arrived_s))
    assert abs(arrived_s.mean() - 1.0 - 3.0 * 0.2 * closed) <= 4.0 * error_s + 1e-9


def test_a_chain_is_messages_one_after_the_other_in_law() -> None:
    settings = {"jitter_s": 0.05, "loss_probability": 0.2, "retransmit_timeout_s": 0.1, "max_retransmissions": 3}
    single, together = delays(1, **settings), delays(2, **settings)
    hops = [ClassicalPath(0.001, 1, math.inf), ClassicalPath(0.002, 3, math.inf), ClassicalPath(0.003, 1, math.inf)]
    summed_s = np.array([sum(single.one(hop, 100.0) for hop in hops) for _ in range(DRAWS)])
    chained_s = np.array([together.chain(0.006, 5) for _ in range(DRAWS)])
    given_up = [int(np.isinf(times_s).sum()) for times_s in (summed_s, chained_s)]
    assert abs(given_up[0] - given_up[1]) < 4.0 * math.sqrt(sum(given_up))
    assert stats.ks_2samp(summed_s[np.isfinite(summed_s)], chained_s[np.isfinite(chained_s)]).pvalue > 1e-3


@given(
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.99),
    st.integers(0, 10),
    st.lists(st.tuples(st.floats(0.0, 10.0), st.integers(0, 20)), max_size=20),
    st.integers(0, 1000),
)
def test_messages_are_never_early(
    jitter_s: float, loss: float, most: int, messages: list[tuple[float, int]], seed: int
) -> None:
    random = delays(seed, jitter_s=jitter_s, loss_probability=loss, max_retransmissions=most)
    for fixed_s, crossings in messages:
        assert random.chain(fixed_s, crossings) >= fixed_s


def test_long_chains_are_no_special_case() -> None:
    random = delays(jitter_s=1e-3)
    extra_s = random.chain(0.0, 1_000_000)
    assert abs(extra_s - 1000.0) < 4.0 * 1e-3 * math.sqrt(1_000_000)


def test_the_same_stream_gives_the_same_delays() -> None:
    first, second = (delays(3, jitter_s=1e-3, loss_probability=0.1) for _ in range(2))
    assert [first.chain(0.0, 6) for _ in range(5000)] == [second.chain(0.0, 6) for _ in range(5000)]
