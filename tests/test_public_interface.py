"""The names that users import."""

import importlib
from pathlib import Path

import pytest

import qkdsim


def test_every_public_name_exists_and_no_other_is_promised() -> None:
    assert qkdsim.__all__ == sorted(qkdsim.__all__)
    for name in qkdsim.__all__:
        assert getattr(qkdsim, name) is not None
    assert dir(qkdsim) == qkdsim.__all__
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        _ = qkdsim.frobnicate


def test_the_citation_file_has_the_version() -> None:
    citation = (Path(__file__).parent.parent / "CITATION.cff").read_text(encoding="utf-8").replace('"', "")
    assert f"\nversion: {qkdsim.__version__}\n" in citation


def test_rooms_import_on_their_own() -> None:
    for room in ("channels", "protocols", "detections", "links", "keystore", "topology", "results", "network", "plots"):
        importlib.import_module(f"qkdsim.{room}")


def test_key_rate_and_simulate_from_python() -> None:
    rate = qkdsim.key_rate("gys-2004", length_km=0.0, asymptotic=True)
    assert rate.secret_key_bits_per_pulse == pytest.approx(2.5546e-3, rel=1e-3)  # Ma et al. 2005
    result = qkdsim.simulate("cambridge-day", duration_s=1800.0, fidelity="expected")
    assert result.table("links").height == 3
    assert qkdsim.load_topology("tokyo-2010").to_networkx().number_of_edges() == 6
    assert qkdsim.load_profile("t12-2013").is_modelled
    assert qkdsim.load_scenario("tokyo-day").seed == 7
