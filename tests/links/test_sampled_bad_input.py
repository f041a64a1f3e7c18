"""What sampled links refuse, in one line each, before a single click is drawn."""

from __future__ import annotations

import math
from typing import Any

import pytest

from links.profiles import device, link
from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile
from qkdsim.errors import InputError
from qkdsim.links import build_link
from qkdsim.links.distillation import distill, laboratory_link

SHIPPED = "lim-2014"


def refused(error: InputError) -> str:
    text = str(error)
    assert "\n" not in text
    assert len(error.problems) == 1
    return text


@pytest.mark.parametrize(
    ("changes", "given", "limit"),
    [
        ({"error_correction": "winnow"}, "error_correction: got 'winnow'", "one of cascade, cascade-option7, ldpc"),
        ({"error_correction": ""}, "error_correction: got ''", "one of cascade, cascade-option7, ldpc"),
        ({"block_size_bits": 5e9}, "block_size_bits: got 5000000000.0", "at most 5e+07"),
        ({"authentication_tag_bits": 0}, "authentication_tag_bits: got 0.0", "1 to 128"),
        ({"authentication_tag_bits": 0.5}, "authentication_tag_bits: got 0.5", "1 to 128"),
        ({"authentication_tag_bits": 256}, "authentication_tag_bits: got 256.0", "1 to 128"),
        ({"verification_bits": 200}, "verification_bits: got 200.0", "1 to 128"),
        ({"verification_bits": 0}, "verification_bits: got 0.0", "1 to 128"),
        ({"epsilon_correctness": 1e-60}, "verification_bits: got 200", "1 to 128"),
        # two pools of 2^40 bits are two arrays of a terabyte
        ({"authentication_pool_bits": 2.0**40}, "authentication_pool_bits: got 1099511627776.0", "at most 1e+08"),
    ],
)
def test_key_processing_that_cannot_be_run_on_bits(changes: dict[str, Any], given: str, limit: str) -> None:
    link("tallied", post_processing=changes)  # only sampled cares
    with pytest.raises(InputError) as error:
        link("sampled", post_processing=changes)
    text = refused(error.value)
    assert text.startswith(f"made-up: post_processing.{given}, expected ")
    assert limit in text
    assert "fidelity sampled" in text


def test_too_many_intensities() -> None:
    many = [{"name": f"i{n}", "mean_photon_number": 0.5 / 2**n, "probability": 1 / 16} for n in range(16)]
    with pytest.raises(InputError, match=r"made-up: source\.intensity: got 16, expected .*at most 8"):
        link("sampled", source={"intensity": many})


def test_the_receiver_runs_the_key_processing() -> None:
    # a transmitter may say what it likes: it is the receiver's post-processing that runs
    odd, good = device(post_processing={"error_correction": "winnow"}), device()
    build_link("a--b", odd, good, FibreSpan(loss_db=10.0), "sampled")
    with pytest.raises(InputError, match="winnow"):
        build_link("a--b", good, odd, FibreSpan(loss_db=10.0), "sampled")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"intercept_fraction": 1.5}, "--intercept-fraction: got 1.5, expected a number from 0 to 1"),
        ({"intercept_fraction": -0.1}, "--intercept-fraction"),
        ({"intercept_fraction": math.nan}, "--intercept-fraction: got nan"),
        ({"intercept_fraction": "all"}, "--intercept-fraction"),
        ({"loss_db": None}, "exactly one of --length-km and --loss-db"),
        ({"length_km": 50.0}, "exactly one of --length-km and --loss-db"),
        ({"loss_db": -1.0}, "loss_db: got -1.0"),
        ({"loss_db": math.nan}, "loss_db: got nan"),
        ({"loss_db": math.inf}, "loss_db: got inf"),
        ({"loss_db": "10"}, "loss_db: got '10'"),
        ({"block_bits": 0}, "block_bits: got 0"),
        ({"block_bits": math.nan}, "block_bits: got nan"),
        ({"block_bits": 5e9}, "block_bits: got 5000000000.0, expected a number >= 1 and <= 5e+07"),
        ({"reconciliation": "winnow"}, "--reconciliation: got 'winnow', expected one of cascade"),
        ({"profile": "no-such-device"}, "no-such-device"),
        ({"profile": "declared-only"}, "states no source, detector and post-processing"),
        ({"profile": "secoqc-2008-cow"}, "states no source, detector and post-processing"),
        # a changed value must not hide what is really wrong
        ({"profile": "secoqc-2008-cow", "block_bits": 1e4}, "states no source, detector and post-processing"),
        ({"intercept_fraction": 0.5}, "click_model: got 'linear', expected exact"),
    ],
)
def test_what_the_laboratory_refuses(given: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"profile": SHIPPED, "loss_db": 10.0, **given}
    profile: str | DeviceProfile = arguments.pop("profile")
    if profile == "declared-only":
        profile = declared_only()
    with pytest.raises(InputError) as error:
        laboratory_link(profile, **arguments)
    assert words in refused(error.value)


def declared_only() -> DeviceProfile:
    table = {"rate_table": [{"loss_db": 10.0, "secret_key_rate_bps": 1e3}]}
    modelled = device(performance=table).profile
    return modelled.model_copy(update={"source": None, "detector": None})


def test_a_name_is_needed_where_values_are_changed() -> None:
    with pytest.raises(InputError, match="overrides go with a profile given by name"):
        laboratory_link(device().profile, loss_db=10.0, block_bits=1e4)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"blocks": 0}, "--blocks: got 0, expected a whole number >= 1"),
        ({"blocks": -1}, "--blocks"),
        ({"blocks": 1.5}, "--blocks"),
        ({"blocks": True}, "--blocks"),
        ({"seed": -1}, "--seed: got -1, expected a whole number >= 0"),
        ({"seed": 1.0}, "--seed"),
        ({"seed": "1"}, "--seed"),
    ],
)
def test_what_distill_refuses(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        distill(link("sampled"), **given)  # at the call, not at the first block
    assert words in refused(error.value)
