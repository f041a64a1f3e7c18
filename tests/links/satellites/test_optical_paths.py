"""What the profiles and places of two modules make of the path between them."""

from __future__ import annotations

import numpy as np
import pytest

from links.satellites.fixed_passes import XINGLONG, downlink
from qkdsim.channels.freespace import HufnagelValley
from qkdsim.devices import NamedProfile, load_named_profile
from qkdsim.errors import InputError
from qkdsim.links.satellites.optical_link import OpticalLink


def module(end: str, **changes: object) -> NamedProfile:
    return load_named_profile(
        f"micius-2017-{end}", overrides={key.replace("__", "."): value for key, value in changes.items()}
    )


def test_telescopes_and_pointing_are_those_of_the_profiles() -> None:
    sending = {"telescope__boresight_urad": 3.0, "telescope__pointing_jitter_urad": 2.0}
    path = downlink(module("transmitter", **sending), module("receiver", telescope__obscuration_ratio=0.25)).path
    assert (path.pointing.jitter_urad, path.pointing.boresight_urad) == (2.0, 3.0)
    assert (path.transmitter.aperture_diameter_m, path.receiver.aperture_diameter_m) == (0.3, 1.0)
    assert path.receiver.obscuration_ratio == 0.25
    assert path.turbulence == HufnagelValley(ground_altitude_m=XINGLONG.height_m)


def test_a_fibre_behind_the_telescope_costs_coupling() -> None:
    """0.81 [1 + (D/r0)^(5/3)]^(-6/5), far below what a field of view costs, and it needs none."""
    wide = downlink(module("transmitter"), module("receiver"))
    fibre = downlink(module("transmitter"), module("receiver", telescope__single_mode=True))
    lost_db = [float(one.path.loss(600.0, 60.0).turbulence_db) for one in (wide, fibre)]
    assert lost_db[0] < 1.0
    assert lost_db[1] > 15.0


def stated_noise_hz(link: OpticalLink) -> float:
    return float(link.path.noise_photon_rate_hz(1e-4, 1.0))


@pytest.mark.parametrize("key", ["receiver.filter_width_nm", "telescope.field_of_view_full_urad"])
def test_background_must_be_known(key: str) -> None:
    silent = module("receiver", **{key.replace(".", "__"): None})
    with pytest.raises(InputError, match=rf"micius-2017-receiver: {key}: missing|{key}.*noise light of the sky"):
        downlink(module("transmitter"), silent)
    assert np.isfinite(stated_noise_hz(downlink(module("transmitter"), module("receiver"))))
