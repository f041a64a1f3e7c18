"""What the shipped files promise: they load, fit each other, name their sources, repeat published numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import networkx as nx
import pytest
from pydantic import BaseModel

from qkdsim import library
from qkdsim.devices import DeviceProfile, Quantity, is_modelled_pair, load_profile
from qkdsim.scenario.model import Scenario, load_scenario
from qkdsim.topology import Link, Topology, load_topology

PROFILES = library.shipped_names("profile")
TOPOLOGIES = library.shipped_names("topology")
SCENARIOS = library.shipped_names("scenario")

# M. Sasaki et al., Opt. Express 19, 10387 (2011), Sec. 3.1 to 3.6 and Fig. 1: profile, km, dB, bit/s, QBER;
# None where the paper gives none for the link. The QBER of the Toshiba link is from general knowledge.
TOKYO = {
    "koganei-1--otemachi-1": ("tokyo-2010-nec", 45, 14.5, 81_700, 0.027),
    "koganei-1--koganei-2": ("tokyo-2010-ntt", 90, 27, 2_100, 0.023),
    "otemachi-1--otemachi-2": ("tokyo-2010-mitsubishi", 24, 13, 2_000, 0.045),
    "koganei-3--koganei-2": ("tokyo-2010-vienna", 1, 1, None, None),
    "koganei-2--otemachi-2": ("tokyo-2010-toshiba", 45, 14.5, 304_000, 0.038),
    "otemachi-2--hongo": ("tokyo-2010-idq", 13, 11, 410, 0.02),
}

# J. F. Dynes et al., npj Quantum Inf. 5, 101 (2019), Results: km, dB, bit/s over 580 days
CAMBRIDGE = {
    "cape--trel": (10.6, 3.9, 2.58e6),
    "trel--engi": (9.8, 4.2, 2.40e6),
    "engi--cape": (5.0, 2.5, 2.22e6),
}

# M. Peev et al., New J. Phys. 11, 075001 (2009), Sec. 3.1 to 3.6: dB where measured, bit/s, QBER
SECOQC = {
    "siemens--breitenfurt": (7.5, 3_100, 0.026),
    "siemens--erdberg": (None, 2_500, 0.035),
    "erdberg--forum": (None, 17_000, 0.023),
    "erdberg--gudrun": (2.8, 8_000, None),
    "erdberg--breitenfurt": (5.75, 1_000, None),
}

# nodes, links and connected parts of every network
SHAPES = {
    "backbone-32": (32, 31, 1),
    "beijing-metropolitan-illustrative": (35, 37, 1),
    "beijing-shanghai-2021": (5, 4, 1),
    "cambridge-2019": (3, 3, 1),
    "japan-free-space": (5, 5, 1),
    "japan-international": (8, 10, 1),
    "japan-national": (45, 49, 1),
    "japan-seven-cities": (7, 6, 1),
    "japan-uplink": (3, 2, 1),
    "madqci-2024": (9, 9, 1),
    "national-1000": (1000, 3000, 1),
    "secoqc-2008": (6, 8, 1),
    "swissquantum-2011": (3, 3, 1),
    "thuringia-2026": (4, 2, 2),  # one hop ran on stored keys, not on a QKD link, and is left out
    "tokaido-hokuriku": (19, 20, 1),
    "tokyo-2010": (6, 6, 1),
}


@cache
def profile(name: str) -> DeviceProfile:
    return load_profile(name)


@cache
def topology_of(name: str) -> Topology:
    return load_topology(name)


@cache
def scenario(name: str) -> Scenario:
    return load_scenario(name)


def links(topology: Topology) -> dict[str, Link]:
    return {link.id: link for link in topology.link}


def quantities(model: BaseModel, path: str = "") -> Iterator[tuple[str, Quantity]]:
    """Every quantity that the file states (defaults left out), with its key path."""
    for name in sorted(model.model_fields_set):
        yield from _quantities_in(getattr(model, name), f"{path}.{name}" if path else name)


def _quantities_in(value: object, path: str) -> Iterator[tuple[str, Quantity]]:
    if isinstance(value, Quantity):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from quantities(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _quantities_in(item, f"{path}[{index}]")


def test_the_networks_are_the_ones_we_know() -> None:
    assert set(TOPOLOGIES) == set(SHAPES)
    assert {"tokyo-day", "cambridge-day", "secoqc-day", "backbone-day"} <= set(SCENARIOS)
    assert {"metro-overload", "backbone-cut-and-reroute", "node-compromise-multipath", "national-day"} <= set(SCENARIOS)


# --- profiles


@pytest.mark.parametrize("name", PROFILES)
def test_profile_loads_and_says_where_it_comes_from(name: str) -> None:
    identity = profile(name).identity
    assert identity.source.strip()
    assert identity.fictional == name.startswith("generic-")
    assert identity.fictional == identity.source.startswith("fictional specimen")


@pytest.mark.parametrize("name", [name for name in PROFILES if name.startswith("generic-")])
def test_a_specimen_declares_every_value_it_states(name: str) -> None:
    loose = [path for path, value in quantities(profile(name)) if value.basis != "declared"]
    assert loose == []


@pytest.mark.parametrize("name", [name for name in PROFILES if not name.startswith("generic-")])
def test_a_real_device_names_publication_and_year(name: str) -> None:
    source = profile(name).identity.source
    assert any(f"({year})" in source for year in range(2004, 2027)), source


@pytest.mark.parametrize("name", PROFILES)
def test_what_nobody_checked_or_published_counts_as_assumed(name: str) -> None:
    words = ("general knowledge", "not published", "fitted", "as t12-2013")
    for path, value in quantities(profile(name)):
        if value.source is not None and any(word in value.source for word in words):
            assert value.basis == "assumed", path


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_that_cannot_be_simulated_has_a_rate_table(name: str) -> None:
    device = profile(name)
    is_half = (device.source is None) != (device.detector is None)  # a transmitter or a receiver only
    assert device.is_modelled or is_half or device.performance.rate_table


@pytest.mark.parametrize("name", [name for name in PROFILES if profile(name).is_modelled])
def test_a_simulated_real_device_says_how_many_values_were_fitted(name: str) -> None:
    identity = profile(name).identity
    assert identity.fictional or "fitted" in identity.summary


@pytest.mark.parametrize("name", PROFILES)
def test_evidence_points_at_fields_that_exist(name: str) -> None:
    device = profile(name)
    stated = {path for path, _ in quantities(device)}
    for entry in device.identity.evidence:
        assert any(path == entry.field or path.startswith(entry.field) for path in stated), entry.field


def test_gys_is_the_parameter_set_of_ma_2005() -> None:
    gys = profile("gys-2004")  # Ma et al., Phys. Rev. A 72, 012326 (2005), Table I
    assert gys.detector is not None
    assert gys.source is not None
    eta_bob = gys.detector.efficiency * 10 ** (-gys.receiver.insertion_loss_db / 10)
    assert eta_bob == pytest.approx(0.045)
    assert 2 * gys.detector.dark_count_probability == pytest.approx(1.7e-6)
    assert gys.receiver.misalignment_error == 0.033
    assert gys.reference_fibre.attenuation_db_per_km == 0.21


def test_t12_profile_gives_the_published_counts() -> None:
    """Counts and QBER at 50 km, Lucamarini et al. 2013, by hand: afterpulses follow the average gain."""
    t12 = profile("t12-2013")
    assert t12.detector is not None
    assert t12.source is not None
    eta = 10 ** (-(10.0 + t12.receiver.insertion_loss_db) / 10) * t12.detector.efficiency
    dark = t12.detector.dark_count_probability
    assert dark is not None
    afterpulse = t12.detector.afterpulse_probability
    first = {one.name: 1 - (1 - dark) ** 2 * math.exp(-eta * one.mean_photon_number) for one in t12.source.intensity}
    average = sum(one.probability * first[one.name] for one in t12.source.intensity) / (1 - afterpulse)
    pulses = 1e9 * 1200 * t12.protocol.key_basis_probability**2
    published = {"signal": 5.016e9, "decoy": 6.21e6, "vacuum": 1.259e6}
    for one in t12.source.intensity:
        counts = pulses * one.probability * (first[one.name] + afterpulse * average)
        assert counts == pytest.approx(published[one.name], rel=0.03), one.name
    noise = dark + afterpulse * average / 2
    light = 1 - math.exp(-eta * 0.425)
    for error, qber in (
        (t12.receiver.misalignment_error, 0.0426),
        (t12.receiver.test_basis_misalignment_error, 0.0364),
    ):
        assert (noise + error * light) / (first["signal"] + afterpulse * average) == pytest.approx(qber, abs=0.004)


@pytest.mark.parametrize("name", [name for name in PROFILES if name.startswith("tokyo-2010-")])
def test_rate_tables_hold_the_published_point(name: str) -> None:
    (loss_db, rate, qber) = next((row[2], row[3], row[4]) for row in TOKYO.values() if row[0] == name)
    point = profile(name).performance.rate_table[0]
    assert point.loss_db == loss_db
    assert point.qber == qber
    if rate is None:
        assert point.secret_key_rate_bps.basis == "assumed"
    else:
        assert point.secret_key_rate_bps == rate


# --- topologies


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_topology_has_its_shape_and_says_what_is_published(name: str) -> None:
    topology = topology_of(name)
    graph = topology.to_networkx()
    shape = (len(topology.node), len(topology.link), nx.number_connected_components(graph))
    assert shape == SHAPES[name]
    assert topology.name == name
    assert topology.source
    assert topology.published
    assert topology.approximate


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_links_name_shipped_profiles(name: str) -> None:
    named = {device for link in topology_of(name).link for device in link.device_names or ()}
    assert named <= set(PROFILES)


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_node_ids_are_lower_case_words_and_nodes_have_positions(name: str) -> None:
    for node in topology_of(name).node:
        assert node.id == node.id.lower()
        assert " " not in node.id
        assert node.latitude_deg is not None
        assert node.longitude_deg is not None


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_a_loss_that_nobody_measured_is_marked_as_assumed(name: str) -> None:
    for link in topology_of(name).link:
        assert link.loss_db is not None or link.attenuation_db_per_km.basis == "assumed", link.id


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_a_declared_rate_covers_the_loss_of_its_link(name: str) -> None:
    """A device that lives by its rate table must not stand on more loss than the table reaches."""
    for link in topology_of(name).link:
        if link.profile is None or profile(link.profile).is_modelled:
            continue
        loss_db = link.loss_db if link.loss_db is not None else link.attenuation_db_per_km * link.length_km
        assert loss_db <= profile(link.profile).performance.rate_table[-1].loss_db, link.id


@pytest.mark.parametrize("link_id", TOKYO)
def test_tokyo_is_the_published_network(link_id: str) -> None:
    link = links(topology_of("tokyo-2010"))[link_id]
    published = link.published
    assert published is not None
    assert (
        link.profile,
        link.length_km,
        link.loss_db,
        published.secret_key_rate_bps,
        published.qber,
    ) == TOKYO[link_id]


def test_tokyo_has_no_other_links() -> None:
    assert set(links(topology_of("tokyo-2010"))) == set(TOKYO)


@pytest.mark.parametrize("link_id", CAMBRIDGE)
def test_cambridge_is_the_published_network(link_id: str) -> None:
    link = links(topology_of("cambridge-2019"))[link_id]
    assert link.published is not None
    assert (link.length_km, link.loss_db, link.published.secret_key_rate_bps) == CAMBRIDGE[link_id]


@pytest.mark.parametrize("link_id", SECOQC)
def test_secoqc_is_the_published_network(link_id: str) -> None:
    link = links(topology_of("secoqc-2008"))[link_id]
    loss_db, rate, qber = SECOQC[link_id]
    assert link.published is not None
    assert (link.published.secret_key_rate_bps, link.published.qber) == (rate, qber)
    assert loss_db is None or link.loss_db == loss_db


def test_backbone_has_the_published_length_in_even_spans() -> None:
    topology = topology_of("backbone-32")
    lengths = [link.length_km for link in topology.link]
    assert sum(lengths) == pytest.approx(2032, abs=0.1)  # Chen et al., Nature 589, 214 (2021)
    assert len(set(lengths)) == 1
    ids = [node.id for node in topology.node]
    assert [ids[0], ids[-1]] == ["beijing", "shanghai"]
    assert ids.index("jinan") < ids.index("hefei")


# --- scenarios


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_fits_its_topology(name: str) -> None:
    day = scenario(name)
    topology = topology_of(day.topology)
    nodes = {node.id for node in topology.node}
    known = links(topology)
    graph = topology.to_networkx()
    for demand in day.demand:
        if demand.gravity is not None:
            continue  # draws its pairs among those that are joined
        assert {demand.from_, demand.to} <= nodes
        assert nx.has_path(graph, demand.from_, demand.to)
    for fault in day.fault:
        assert fault.link is None or fault.link in known
        assert fault.node is None or fault.node in nodes
        assert fault.mtbf is not None or fault.at + fault.for_ <= day.duration
    assert {one.id for one in day.link} <= set(known)
    for link in topology.link:
        assert link.kind == "satellite" or link.device_names is not None or day.default_profile is not None


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_says_what_it_assumes(name: str) -> None:
    day = scenario(name)
    assert day.assumption
    assert day.description
    assert day.start is not None
    assert day.start.utcoffset() is not None
    length_d = {
        "japan-satellite-week": 7,
        "japan-uplink-week": 7,
        "migration-ten-years": 3652.5,
        "japan-uk-singapore-month": 30,
        "secure-cloud-genomes": 2,
    }.get(name, 1)
    assert day.duration == length_d * 86_400


@pytest.mark.parametrize("name", SCENARIOS)
def test_links_without_a_model_do_not_ask_for_one(name: str) -> None:
    """A bb84 device without source or detector can only run as declared: the scenario must say so."""
    day = scenario(name)
    chosen = {one.id: one.fidelity for one in day.link}
    for link in topology_of(day.topology).link:
        if link.kind == "satellite":
            continue
        default = day.default_profile or ""
        sender, receiver = (profile(one) for one in link.device_names or (default, default))
        if sender.protocol.name.startswith("bb84") and not is_modelled_pair(sender, receiver):
            assert chosen.get(link.id) == "declared", link.id


def test_tokyo_day_is_the_published_demonstration() -> None:
    day = scenario("tokyo-day")
    assert (day.seed, day.fidelity, day.topology) == (7, "tallied", "tokyo-2010")
    video = next(demand for demand in day.demand if demand.id == "video")
    assert (video.from_, video.to, video.rate_bps) == ("koganei-2", "otemachi-2", 128_000)


def test_tokyo_stores_run_out_during_the_disturbance() -> None:
    """Minutes of video: direct store and detour together outlast an hour, but not the disturbance."""
    day = scenario("tokyo-day")
    settings = {one.id: one for one in day.link}
    disturbance = next(fault for fault in day.fault if fault.kind == "disturbance")
    direct = settings["koganei-2--otemachi-2"]
    assert direct.capacity_bits is not None
    detour = ("koganei-1--koganei-2", "koganei-1--otemachi-1", "otemachi-1--otemachi-2")
    initial = [settings[link].initial_key_bits for link in detour]
    assert all(bits is not None for bits in initial)
    weakest_bps = 2_100  # of the detour, published; fills its stores until the end of the disturbance
    end_s = disturbance.at + disturbance.for_
    bits = direct.capacity_bits + min(bits for bits in initial if bits is not None) + weakest_bps * end_s
    assert 60 * 60 < bits / 128_000 < 0.8 * disturbance.for_


def test_tokyo_disturbance_lifts_the_error_rate_above_the_abort_threshold() -> None:
    day = scenario("tokyo-day")
    disturbance = next(fault for fault in day.fault if fault.kind == "disturbance")
    device = profile("tokyo-2010-toshiba")
    assert device.detector is not None
    assert device.detector.gate_width_ps is not None
    assert device.source is not None
    assert device.post_processing is not None
    seen = 10 ** (-device.receiver.insertion_loss_db / 10) * device.detector.efficiency
    noise = disturbance.noise_photon_rate_hz * device.detector.gate_width_ps * 1e-12 * seen
    light = device.source.intensity[0].mean_photon_number * 10**-1.45 * seen
    post = device.post_processing
    assert (noise / 2) / (noise + light) > 2 * post.qber_abort
    # aborted blocks pay their tags too: the pool must last, or the link stays dead afterwards
    detections_hz = 1.1 * device.source.pulse_rate_hz * (noise + light) / 2  # a tenth is afterpulses, dark counts
    blocks = detections_hz * disturbance.for_ / post.block_size_bits
    assert blocks * post.authentication_tag_bits * post.authentication_tags_per_block < post.authentication_pool_bits
