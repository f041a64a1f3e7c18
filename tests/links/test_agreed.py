"""Which key-length theory two modules of different makers use on a fibre: the same rule as through a telescope."""

from __future__ import annotations

from dataclasses import replace

import pytest

from links.profiles import device
from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile, NamedProfile
from qkdsim.errors import InputError
from qkdsim.links import QkdLink, build_link


def silent(named: NamedProfile, name: str) -> NamedProfile:
    """The same device without a word on theory."""
    said = named.profile.model_dump(exclude={"security_model"}, exclude_unset=True)
    return replace(named, name=name, profile=DeviceProfile.model_validate(said))


def joined(transmitter: NamedProfile, receiver: NamedProfile) -> QkdLink:
    return build_link("a--b", transmitter, receiver, FibreSpan(loss_db=10.0), "expected")


def key_bits(link: QkdLink) -> int:
    return sum(int(blocks.secret_bits.sum()) for blocks in link.blocks(100.0, 1))


def test_the_transmitter_names_the_theory_and_the_receiver_where_it_does_not() -> None:
    hoeffding = device(security_model={"tail_bound": "hoeffding"})
    chernoff = replace(device(), name="rx")
    assert joined(hoeffding, chernoff).bounds == "lim-2014, hoeffding, gamma"
    heard = joined(silent(hoeffding, "tx"), chernoff)
    assert heard.bounds == "lim-2014, chernoff, gamma"
    assert heard.profile_name == "tx > rx"
    assert key_bits(heard) == key_bits(joined(chernoff, chernoff)) > key_bits(joined(hoeffding, chernoff))
    nobody = joined(silent(hoeffding, "tx"), silent(chernoff, "rx"))
    assert nobody.bounds == joined(silent(chernoff, "rx"), silent(chernoff, "rx")).bounds


def test_a_proof_of_the_receiver_that_does_not_fit_the_source() -> None:
    two = [
        {"name": "signal", "mean_photon_number": 0.5, "probability": 0.7},
        {"name": "decoy", "mean_photon_number": 0.2, "probability": 0.3},
    ]
    receiver = device(source={"intensity": two}, security_model={"proof": "rusca-2018"})
    with pytest.raises(InputError, match=r"rx: security_model.proof: got 'rusca-2018'.*3 intensities"):
        joined(silent(device(), "tx"), replace(receiver, name="rx"))
