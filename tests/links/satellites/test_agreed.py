"""What two modules agree on, and what is said of the key of a pair of stations."""

from __future__ import annotations

from pathlib import Path

import pytest

from links.satellites.service_files import TRANSMITTER
from links.satellites.services import UPLINKS, secret_bits, service
from qkdsim.errors import InputError
from qkdsim.links.satellites import SatelliteLink, SatelliteService

PAIR = ("north", "south")
STATES = '[security_model]\ntail_bound = "hoeffding"\n[telescope]'


def pair(found: SatelliteService) -> SatelliteLink:
    return SatelliteLink("north--south", PAIR, "expected", found)


def test_the_transmitter_names_the_theory_and_the_receiver_where_it_does_not(tmp_path: Path) -> None:
    silent = service(tmp_path, 2.0)  # the receiver's profile states chernoff
    stated = service(tmp_path, 2.0, files={"tx": ("[telescope]", STATES)})
    assert pair(silent).bounds == "lim-2014, chernoff, gamma"
    assert pair(stated).bounds == "lim-2014, hoeffding, gamma"
    assert secret_bits(stated) < secret_bits(silent)
    assert pair(service(tmp_path, 2.0, net=UPLINKS)).bounds == "lim-2014, chernoff, gamma"


def test_a_pair_is_covered_only_if_all_its_paths_are(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text(
        TRANSMITTER.replace("[source]", "[source]\nphase_randomised = false").replace("[telescope]", STATES),
        encoding="utf-8",
    )
    found = service(
        tmp_path, 2.0, net=[('id = "sat-2"\ntransmitter = "tx.toml"', 'id = "sat-2"\ntransmitter = "odd.toml"')]
    )
    link = pair(found)
    assert not link.coverage.covered
    assert link.coverage.reasons == ("source without phase randomisation (odd.toml > rx.toml)",)
    assert "the satellite is a trusted node" in link.coverage.caveats
    assert link.bounds == "lim-2014, chernoff, gamma; lim-2014, hoeffding, gamma"
    assert {one.name for one in link.modules} == {"tx.toml", "odd.toml", "rx.toml"}
    assert link.profile_name == "tx.toml, odd.toml > rx.toml"
    assert pair(service(tmp_path, 2.0)).coverage.covered


def test_a_proof_of_the_receiver_that_does_not_fit_the_source(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rx.toml: security_model.proof: got 'rusca-2018'.*3 intensities"):
        service(tmp_path, 1.0, files={"rx": ("[security_model]", '[security_model]\nproof = "rusca-2018"')})
