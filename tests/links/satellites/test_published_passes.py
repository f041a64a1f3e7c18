"""The Micius pass of 19 December 2016: published bits against the shipped profiles and the published losses."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from references import load
from scipy.optimize import brentq

from links.satellites.fixed_passes import downlink, seconds_of
from qkdsim import units
from qkdsim.channels.freespace import ZenithTransmission, airmass, slant_range_km
from qkdsim.detections import Expected
from qkdsim.devices import load_named_profile
from qkdsim.links.satellites.fleet import optical_path
from qkdsim.links.satellites.optical_link import OpticalLink
from qkdsim.protocols import Counts
from qkdsim.protocols.clicktable import KEY_BASIS, TEST_BASIS

PASS, LOSS = load("micius-2017-pass"), load("micius-2017-loss")
PUBLISHED, TRACK = PASS["results"], PASS["inputs"]["track_digitised"]
SUN_DEG = -30.0  # night
FACTOR = 2.0  # both ways


def ranges_km() -> NDArray[np.float64]:
    """Range in the middle of each second of the pass."""
    middle_s = np.arange(PASS["inputs"]["key_duration_s"]) + 0.5
    return np.interp(middle_s, TRACK["time_s"], TRACK["range_km"])


def elevation_at(range_km: float) -> float:
    altitude_km = PASS["inputs"]["altitude_km"]
    return float(brentq(lambda e: float(slant_range_km(e, altitude_km)) - range_km, 0.0, 90.0))


def micius(zenith_transmission: float = 1.0) -> OpticalLink:
    names = ("micius-2017-transmitter", "micius-2017-receiver")
    return downlink(*(load_named_profile(name) for name in names), ZenithTransmission(zenith_transmission))


def outcome(link: OpticalLink, loss_db: NDArray[np.float64]) -> tuple[float, float, int]:
    """Sifted bits of both bases, QBER, secret bits, for losses between the telescopes."""
    station = link.station
    radiance, width_nm = station.radiance_w_per_m2_sr_um(SUN_DEG), station.receiver.profile.receiver.filter_width_nm
    noise_hz = link.path.noise_photon_rate_hz(radiance, float(width_nm or 0.0))
    slices = seconds_of(loss_db, float(noise_hz))
    counts = link.counts(slices, Expected())
    sifted, wrong = (_both_bases(counts, what) for what in ("detected", "errors"))
    return sifted, wrong / sifted, int(link.block(slices, Expected(), 0.0, 273.0).secret_bits[0])


def _both_bases(counts: Counts, what: str) -> float:
    return sum(float(getattr(counts, what)(basis).sum()) for basis in (KEY_BASIS, TEST_BASIS))


def published_loss_db(link: OpticalLink, *, detector_inside: bool) -> NDArray[np.float64]:
    """Digitised losses without receiver optics, and without the detector where they are taken to hold it."""
    given = LOSS["results"]["loss_digitised"]
    optics, detector = link.receiver.profile.receiver, link.receiver.profile.detector
    assert detector is not None
    inside_db = optics.insertion_loss_db + (units.loss_db(detector.efficiency) if detector_inside else 0.0)
    return np.interp(ranges_km(), given["range_km"], given["loss_db"]) - inside_db


def test_the_published_losses_give_the_published_key() -> None:
    """Losses taken without the detector: sifted and secret bits within a factor of 2, QBER within 0.6 points."""
    link = micius()
    sifted, qber, secret = outcome(link, published_loss_db(link, detector_inside=False))
    assert 1 / FACTOR < sifted / PUBLISHED["sifted_bits"] < FACTOR
    assert 1 / FACTOR < secret / PUBLISHED["final_key_bits"] < FACTOR
    assert qber == pytest.approx(PUBLISHED["qber"], abs=PASS["tolerance"]["qber_abs"])
    # how near it comes
    assert sifted / PUBLISHED["sifted_bits"] == pytest.approx(1.11, abs=0.02)
    assert secret / PUBLISHED["final_key_bits"] == pytest.approx(1.62, abs=0.05)
    assert qber == pytest.approx(0.0106, abs=0.0003)


# Known deviations: sifted and secret bits over the published ones, and the QBER. The QBER is met; the bits are not.
# - detector inside: 3 dB less loss doubles the bits. The published bits speak for a loss without the detector.
# - hardware: telescopes, tracking and 8 dB of air at 1200 km add up to the digitised losses *with* the detector (within
#   3 dB, tests of the budget): 1 to 3 dB less than the pass had. The publication gives 3 to 8 dB of air without saying
#   when, and the receiver's optics of that night are not known.
DEVIATIONS = {"detector inside": (2.21, 3.80, 0.0078), "hardware": (2.43, 4.26, 0.0076)}


@pytest.mark.parametrize("reading", DEVIATIONS)
def test_other_readings_of_the_losses_give_too_many_bits(reading: str) -> None:
    if reading == "hardware":
        at_1200 = float(airmass(elevation_at(1200.0)))
        link = micius(10 ** (-LOSS["inputs"]["atmosphere_db_at_1200km"] / 10 / at_1200))
        ranges = ranges_km()
        elevations = [elevation_at(float(one)) for one in ranges]
        loss_db = optical_path(link.craft, link.station).loss(ranges, elevations).total_db
    else:
        link = micius()
        loss_db = published_loss_db(link, detector_inside=True)
    sifted, qber, secret = outcome(link, loss_db)
    measured = (sifted / PUBLISHED["sifted_bits"], secret / PUBLISHED["final_key_bits"], qber)
    assert measured == pytest.approx(DEVIATIONS[reading], rel=0.03)
    assert qber == pytest.approx(PUBLISHED["qber"], abs=PASS["tolerance"]["qber_abs"])


def test_the_rate_along_the_pass() -> None:
    """Sifted rate at 645 km and 1200 km within a factor of 2: 14 and 1 kbit/s published."""
    link = micius()
    loss_db = published_loss_db(link, detector_inside=False)
    for second, published in ((int(ranges_km().argmin()), "645km"), (0, "1200km")):
        sifted, _, _ = outcome(link, loss_db[second : second + 1])
        assert 1 / FACTOR < sifted / PUBLISHED[f"sifted_rate_bps_at_{published}"] < FACTOR
