from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.plots import link_rates_figure, stores_figure, to_svg
from qkdsim.plots.bands import emptiest, rate_bands, store_bands

from .tables import table

LINKS = [f"l{i:02d}" for i in range(51)]  # so that 10, 50 and 90 % are those of whole ranks


def stores(levels: np.ndarray) -> pl.LazyFrame:
    """Levels of shape (times, links), a reading a minute."""
    times, links = levels.shape
    return pl.LazyFrame(
        {
            "time_s": np.repeat(60.0 * np.arange(times), links),
            "link": LINKS[:links] * times,
            "stored_bits": levels.ravel().astype(np.int64),
        }
    )


@given(seed=st.integers(0, 1000), times=st.integers(1, 400))
def test_bands_are_quantiles_over_links(seed: int, times: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 1000, (times, 51))
    bands = store_bands(stores(levels), LINKS, points=100)
    places = (bands.time_s / 60).round().astype(int)
    assert places[[0, -1]].tolist() == [0, times - 1]
    assert len(places) <= 101
    assert (bands.values[1:] == np.sort(levels[places], axis=1)[:, [5, 25, 45]].T).all()
    assert (np.diff(bands.values, axis=0) >= 0).all()
    assert bands.values[0].min() == levels.min()  # no dip between the times shown is missed


def test_only_the_links_asked_for_count() -> None:
    levels = np.full((3, 2), 7)
    levels[:, 1] = 1000
    assert store_bands(stores(levels), ["l00"]).values.tolist() == [[7.0] * 3] * 4


def test_the_emptiest_have_least_by_geometric_mean() -> None:
    levels = np.full((10, 4), 10_000)
    levels[:, 1] = 100
    levels[5:, 2] = 0  # much at first, then nothing: emptier than one that always has a little
    assert emptiest(stores(levels), LINKS, 3) == ["l02", "l01", "l00"]


def test_many_stores_are_shown_as_bands_with_names() -> None:
    levels = np.random.default_rng(1).integers(1000, 2000, (20, 51))
    levels[:, 33] = 3
    svg = to_svg(stores_figure(stores(levels), LINKS, 1140.0))
    for text in ("10 % to 90 % of 51 links", "median", "least of all", "l33"):
        assert text in svg
    assert "Key in store" in to_svg(stores_figure(table("stores", []), LINKS, 60.0))


def test_many_rates_are_shown_as_bands() -> None:
    blocks = pl.DataFrame(
        {
            "link": LINKS,
            "start_s": [0.0] * 51,
            "end_s": [60.0] * 51,
            "secret_bits": [600 * (1 + index) for index in range(51)],
        }
    )
    svg = to_svg(link_rates_figure(blocks, LINKS, 60.0))
    assert "10 % to 90 % of 51 links" in svg
    assert "l04" in svg  # the five that made least
    assert "l05" not in svg
    assert "Secret key rate" in to_svg(link_rates_figure(table("blocks", []), LINKS, 60.0))


def test_rates_that_are_not_known_are_left_out() -> None:
    edges = np.array([0.0, 1.0, 2.0])
    nan = float("nan")
    bands = rate_bands({"a": np.array([1.0, nan]), "b": np.array([3.0, nan]), "c": np.array([nan, nan])}, edges)
    assert bands.values[[0, 3], 0].tolist() == [1.0, 3.0]
    assert np.isnan(bands.values[:, 1]).all()
