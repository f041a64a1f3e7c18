"""What only shows when scenario and topology are read together: one function per thing that can be wrong."""

from __future__ import annotations

from collections.abc import Iterator

from qkdsim.errors import InputError, Problem, shown
from qkdsim.scenario.demands import Demand
from qkdsim.scenario.migration import migration_problems
from qkdsim.scenario.model import Scenario
from qkdsim.scenario.reach import Reach
from qkdsim.scenario.session_checks import session_problems
from qkdsim.scenario.unknown_names import unknown_name
from qkdsim.topology import Topology

LEAST_KEY_BITS, MOST_KEY_BITS = 128, 2**20  # of one requested key: 128 bit to 1 Mbit
MOST_PAD_BITS = 10**12  # of a one-time pad in one interval


def problems(source: str, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    """All problems between the two files, named as entries of the scenario file `source`."""
    yield from _unknown_links(source, scenario, topology)
    yield from _store_problems(source, scenario)
    reach = Reach(topology)
    known = sorted(reach.ids)
    for index, demand in enumerate(scenario.demand):
        key, ends = f"demand[{index}]", (("from", demand.from_), ("to", demand.to))
        strangers = [(end, name) for end, name in ends if name is not None and name not in reach.index]
        for end, name in strangers:
            yield unknown_name(source, f"{key}.{end}", name, "the id of a node of the topology", known)
        is_pair = not strangers and demand.from_ is not None and demand.to is not None
        if is_pair and not reach.joins(demand.from_ or "", demand.to or ""):
            text = f"a path from {demand.from_} to {demand.to} over links and relaying nodes; there is none"
            yield Problem(source, key, "", text)
        yield from _demand_numbers(source, key, demand)
        if demand.utc_offset_h is not None and scenario.start is None:
            yield Problem(
                source, f"{key}.utc_offset_h", shown(demand.utc_offset_h), "none, or a `start` of the scenario"
            )
    yield from _class_problems(source, scenario)
    if scenario.session or scenario.migration is not None:
        yield from session_problems(source, scenario, reach)
    if scenario.migration is not None:
        yield from migration_problems(source, scenario.migration, known, scenario.duration)


def late_problems(source: str, scenario: Scenario) -> Iterator[Problem]:
    """Faults, demands and operations on objects that begin when the run of the file is over."""
    begins = [(f"fault[{index}].at", one.at) for index, one in enumerate(scenario.fault)]
    begins += [(f"demand[{index}].start", one.start) for index, one in enumerate(scenario.demand)]
    begins += [(f"session[{index}].start", one.start) for index, one in enumerate(scenario.session)]
    for index, one in enumerate(scenario.object_):
        begins.append((f"object[{index}].start", one.start))
        begins += [(f"object[{index}].rebuild_at[{place}]", at_s) for place, at_s in enumerate(one.rebuild_at)]
    for key, start_s in begins:
        if start_s is not None and start_s >= scenario.duration:
            expected = f"earlier than the end of the run ({scenario.duration:g} s)"
            yield Problem(source, key, f"{start_s:g} s", expected)


def _unknown_links(source: str, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    known = [link.id for link in topology.link]
    named = [(f"link[{index}].id", one.id) for index, one in enumerate(scenario.link)]
    for key, name in named:
        if name not in known:
            yield unknown_name(source, key, name, "the id of a link of the topology", known)


def _store_problems(source: str, scenario: Scenario) -> Iterator[Problem]:
    """Watermarks of single links that their stores cannot reach; `[store]` has been checked with itself."""
    for index, one in enumerate(scenario.link):
        store = scenario.store.of(one)
        capacity, high = store.capacity_bits, store.watermarks.high_bits
        if capacity is None or high <= capacity:
            continue
        if one.capacity_bits is not None:
            expected = f"at least its watermarks ({high} bit)"
            yield Problem(source, f"link[{index}].capacity_bits", f"{capacity}", expected)
        elif any(getattr(one, key) is not None for key in ("low_watermark_bits", "high_watermark_bits")):
            key = "low_watermark_bits" if one.high_watermark_bits is None else "high_watermark_bits"
            yield Problem(source, f"link[{index}].{key}", f"{high}", f"at most capacity_bits ({capacity})")


def _class_problems(source: str, scenario: Scenario) -> Iterator[Problem]:
    classes = {one.name: one for one in scenario.class_}
    for index, demand in enumerate(scenario.demand):
        key, bits = f"demand[{index}]", request_bits(demand)
        if demand.class_ is None:
            if demand.id in classes:
                yield Problem(source, f"{key}.id", shown(demand.id), "not the name of a class, or the class by `class`")
        elif demand.class_ not in classes:
            yield unknown_name(
                source, f"{key}.class", demand.class_, "the name of a class of the scenario", sorted(classes)
            )
        elif (classes[demand.class_].burst_bits or bits) < bits:
            words = f"a class whose burst_bits hold one request of {bits} bit"
            yield Problem(source, f"{key}.class", shown(demand.class_), words)


def _demand_numbers(source: str, key: str, demand: Demand) -> Iterator[Problem]:
    if demand.interval is not None and demand.interval <= 0.0:
        yield Problem(source, f"{key}.interval", shown(demand.interval), "a duration above 0")
    elif demand.kind == "one-time-pad" and not 1 <= request_bits(demand) <= MOST_PAD_BITS:
        expected = f"at least one bit per interval, and at most {MOST_PAD_BITS:g}"
        yield Problem(source, f"{key}.rate_bps", shown(demand.rate_bps), expected)
    elif demand.kind != "one-time-pad" and not float(demand.key_bits).is_integer():
        yield Problem(source, f"{key}.key_bits", shown(demand.key_bits), "a whole number of bits")
    if demand.kind != "one-time-pad" and not LEAST_KEY_BITS <= demand.key_bits <= MOST_KEY_BITS:
        yield Problem(source, f"{key}.key_bits", shown(demand.key_bits), f"{LEAST_KEY_BITS} to {MOST_KEY_BITS:_} bit")
    if demand.stop is not None and demand.stop <= demand.start:
        yield Problem(source, f"{key}.stop", shown(demand.stop), f"later than start ({demand.start:g} s)")


def request_bits(demand: Demand) -> int:
    """Bits that one request asks for: what a one-time pad uses up in an interval, rounded, or one key."""
    if demand.kind == "one-time-pad":
        return round((demand.rate_bps or 0.0) * fetch_interval_s(demand))
    return round(demand.key_bits)


def fetch_interval_s(demand: Demand) -> float:
    """Time between two fetches of a regular demand; a one-time pad fetches every second if left out."""
    return 1.0 if demand.interval is None else demand.interval


def named_here(error: InputError, source: str, key: str, name: str) -> Iterator[Problem]:
    """A file that cannot be read is a problem of the file that names it; what is wrong inside is its own."""
    for problem in error.problems:
        yield problem if problem.key else Problem(source, key, "", f"{shown(name)}: {problem.expected}")
