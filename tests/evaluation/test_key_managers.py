"""Key managers of specimens on the laboratory's network: laws of the flows and bits, estimates, defects."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from defects import KEY_MANAGERS
from pydantic import ValidationError
from scipy.signal import lfilter
from scipy.special import ndtri

from qkdsim import rng, units
from qkdsim.devices import load_profile
from qkdsim.devices.key_behaviour import KeyManagerTruth
from qkdsim.evaluation import certify
from qkdsim.evaluation.catalogue import load_criteria
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.procedures import key_management, key_service, key_sharing
from qkdsim.evaluation.procedures.key_management import copies
from qkdsim.evaluation.procedures.key_service import batched
from qkdsim.evaluation.specimen.key_bits import delivered_bits, places_of
from qkdsim.evaluation.specimen.key_manager import SimulatedKeyManager
from qkdsim.evaluation.specimen.key_outages import supply_log
from qkdsim.evaluation.specimen.key_traffic import key_traffic
from qkdsim.evaluation.specimen.laboratory_network import LENGTH_KM, MESSAGE_LOSS, key_of_laboratory, pace_of
from qkdsim.evaluation.specimen.simulated import SimulatedBench, declared
from qkdsim.evaluation.verdict import judge

SOUND = ("generic-ingaas-metro", "generic-snspd-longhaul")
PROCEDURES = (*key_management.PROCEDURES, *key_service.PROCEDURES, *key_sharing.PROCEDURES)


@cache
def device(name: str) -> Device:
    profile = load_profile(name)
    return Device(name, declared(profile), SimulatedBench(profile, 1))


@pytest.mark.parametrize("name", SOUND)
def test_sound_specimens_pass_every_criterion(name: str) -> None:
    found = {one.criterion: judge(load_criteria()[one.criterion], "L2", one.run(device(name), 3)) for one in PROCEDURES}
    assert {criterion: one.verdict for criterion, one in found.items()} == dict.fromkeys(found, "pass")


@pytest.mark.parametrize(("criterion", "defect"), KEY_MANAGERS)
def test_a_defect_fails_its_criterion(criterion: str, defect: str) -> None:
    run = next(one.run for one in PROCEDURES if one.criterion == criterion)
    assert judge(load_criteria()[criterion], "L2", run(device(f"defective/{defect}"), 3)).verdict == "fail"


def test_a_certification_takes_them_up() -> None:
    shared = certify("defective/km-paths-share-site", criteria=["KM-07"]).verdicts[0]
    assert (shared.verdict, shared.value) == ("fail", 0.0)
    assert shared.evidence is not None
    assert shared.evidence.note == "3 of 3 paths tell the key; relays of 1 sites see them"


def fed(truth: KeyManagerTruth) -> SimulatedKeyManager:
    return SimulatedKeyManager(truth, key_of_laboratory)


@pytest.mark.parametrize(
    ("truth", "tolerated"),
    [
        ({"paths": 1}, 0),
        ({"paths": 2}, 1),
        ({"sharing": "shamir", "threshold": 2}, 1),
        ({"sharing": "shamir"}, 2),
        ({"sharing": "shamir", "threshold": 2, "knows_sites": False}, 0),
    ],
)
def test_nodes_tolerated_follow_from_shares_and_sites(truth: dict[str, object], tolerated: int) -> None:
    bench = SimulatedBench(load_profile(SOUND[0]), 1)
    bench.key_manager = fed(KeyManagerTruth.model_validate(truth))
    assert key_sharing.nodes_tolerated(Device("fed", bench.hidden.declared, bench), 5).value == tolerated


def test_bits_keep_the_account_of_the_stores_and_reach_both_ends() -> None:
    """Every store gave as many bits as the network says, no stretch twice, and the relay takes its pads off again."""
    traffic = key_traffic(KeyManagerTruth(repetitions=0), key_of_laboratory, 1500, 40, rng.stream(4))
    served = [one for one in traffic.whole if one.outcome == "served"]
    assert 0 < len(served) < len(traffic.whole)  # lost messages took key with them
    _, _, given_bytes = places_of(traffic.settled, served)
    used_bits = [one.deposited_bits - one.held_bits for one in traffic.stores]
    assert [8 * int(one) for one in given_bytes] == used_bits[: len(given_bytes)]
    assert not any(used_bits[len(given_bytes) :])
    bits = delivered_bits(KeyManagerTruth(), traffic, rng.stream(5))
    assert np.array_equal(bits.first, bits.second)
    pads = {one.tobytes() for one in bits.sent ^ bits.first}
    assert len(pads | {one.tobytes() for one in bits.first}) == 2 * len(served)


def test_mean_delay_is_that_of_two_hops() -> None:
    """Two hops of processing, light, jitter of mean J, and p/(1-p) repetitions after 0.2 s; no waiting at half load."""
    truth = KeyManagerTruth(hop_delay_s=0.003, hop_jitter_s=0.01)
    delay_s = fed(truth).deliveries(8000, rng.stream(6)).delay_s
    repeated_s = 0.2 * MESSAGE_LOSS / (1.0 - MESSAGE_LOSS)
    mean_s = 2.0 * (0.003 + units.fibre_delay_s(LENGTH_KM) + 0.01 + repeated_s)
    spread_s = math.sqrt(2.0 * (0.01**2 + 0.2**2 * MESSAGE_LOSS))
    assert abs(delay_s.mean() - mean_s) < 4.0 * spread_s / math.sqrt(8000)


def test_availability_is_that_of_two_ends() -> None:
    """Each end is away for its repair and the 10 s until its links bring key; five relays are never away together."""
    truth = KeyManagerTruth(outages_per_year=60.0, outage_s=7200.0)
    up_h, down_h = supply_log(truth, key_of_laboratory, 10.0, rng.stream(7))
    work_h, repair_h = 8766.0 / 60.0, 2.0
    wanted = (1.0 - (repair_h + 10.0 / 3600.0) / (work_h + repair_h)) ** 2
    found = float(up_h.sum() / (up_h + down_h).sum())
    error = (1.0 - wanted) * math.sqrt(2.0 / len(up_h))  # exponential outages at exponential intervals
    assert len(up_h) > 1000
    assert abs(found - wanted) < 4.0 * error


def test_batches_cover_the_quantile_of_correlated_delays() -> None:
    """A quantile of 0.9-correlated values; the interval for independent ones would be far too narrow."""
    inside = 0
    for number in range(200):
        noise = rng.stream(9, number).standard_normal(8000)
        values = lfilter([math.sqrt(1.0 - 0.9**2)], [1.0, -0.9], noise)[500:]
        found = batched(values, lambda part: float(np.quantile(part, 0.95)))
        inside += found.low <= ndtri(0.95) <= found.high
    assert inside >= 181  # 0.95 of 200 less three standard errors


def test_key_of_any_age_is_given_until_it_is_too_old() -> None:
    ages_s = (1.0, 99.9, 100.1, 150.0)
    assert fed(KeyManagerTruth()).given_at(100.0, ages_s, rng.stream(1)) == (True, True, False, False)
    assert all(fed(KeyManagerTruth(enforces_lifetime=False)).given_at(100.0, ages_s, rng.stream(1)))


def test_counters_betray_keys_that_left_no_store() -> None:
    found = fed(KeyManagerTruth(repeated_share=0.1)).deliveries(300, rng.stream(2))
    again = len(found.first) - len({one.tobytes() for one in found.first})
    assert again > 0
    assert found.asked_bits - found.counted_bits == 256 * again


def test_copies_are_found_at_any_byte_of_a_dump() -> None:
    keys = rng.stream(3).integers(0, 256, (3, 32), dtype=np.uint8)
    assert copies(keys, bytes(100)) == 0
    assert copies(keys, bytes(13) + keys[1].tobytes() + bytes(7) + keys[2, :8].tobytes()) == 2
    assert copies(keys, b"short") == 0


def test_same_seed_same_deliveries() -> None:
    one, other = (fed(KeyManagerTruth()).deliveries(300, rng.stream(8)) for _ in range(2))
    assert np.array_equal(one.delay_s, other.delay_s)
    assert np.array_equal(one.first, other.first)
    assert (one.memory, one.log) == (other.memory, other.log)


def test_links_without_key_leave_it_undecided() -> None:
    with pytest.raises(ValueError, match="no key within a day at 10 dB"):
        pace_of(lambda *_: (np.zeros(0), np.zeros(0)), rng.stream(1))


@pytest.mark.parametrize("wrong", [{"threshold": 2}, {"sharing": "shamir", "paths": 2, "threshold": 3}])
def test_thresholds_that_mean_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="with sharing = 'shamir'"):
        KeyManagerTruth.model_validate(wrong)
