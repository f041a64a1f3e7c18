"""How much a run would do, from its plan, and what is too much: a slip of the pen meets these limits, no honest study.

They are about what a machine can do in a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qkdsim import library
from qkdsim.apps import KeyDemand, OnOff, planned_requests
from qkdsim.errors import Problem
from qkdsim.links import QkdLink
from qkdsim.network.control_plane import needs_updates
from qkdsim.scenario.plan import Plan
from qkdsim.units import format_duration

MOST_REQUESTS = 1_000_000_000
MOST_LEVELS = 1_000_000_000  # rows of the table of store levels: readings times links
MOST_BLOCKS = 10_000_000_000  # key blocks of all links
MOST_HANDSHAKES = 100_000_000  # of all sessions, fetches of pads included
MOST_REAL_HANDSHAKES = 10_000_000  # with real cryptography, some hundreds of which take a second
MOST_RETRIES = 1_000_000_000  # of handshakes that gave no session; looks for key that rekey by supply
MOST_SESSION_BYTES = 10**18  # of traffic
MOST_OBJECT_REQUESTS = 100_000_000  # for keys of all objects
MOST_UPDATES = 100_000_000  # of the control plane


def size_problems(plan: Plan) -> Iterator[Problem]:
    """What of a plan would never end, each named as the entry of the scenario file that asks for it."""
    file = library.display_name(plan.scenario.path)
    within = f"in {format_duration(plan.duration_s)}"
    levels = plan.duration_s / plan.grid_s * max(len(plan.links), 1)
    if levels > MOST_LEVELS:
        yield _too_many(file, "grid", f"{plan.grid_s:g} s: {levels:.3g} store levels {within}", MOST_LEVELS)
    updates = plan.duration_s / plan.network.update_interval_s
    if needs_updates(plan.network) and updates > MOST_UPDATES:
        given = f"{plan.network.update_interval_s:g} s: {updates:.3g} updates {within}"
        yield _too_many(file, "routing.update_interval", given, MOST_UPDATES)
    yield from _demand_problems(file, plan.demands, within)
    yield from _session_problems(plan, file, within)
    yield from _object_problems(plan, file, within)
    blocks = _expected_blocks([link.qkd for link in plan.links if isinstance(link.qkd, QkdLink)], plan.duration_s)
    if blocks > MOST_BLOCKS:
        yield _too_many(file, "duration", f"{plan.duration_s:g} s: {blocks:.3g} key blocks", MOST_BLOCKS)


def _demand_problems(file: str, demands: Sequence[KeyDemand], within: str) -> Iterator[Problem]:
    """The demand that asks most where all together ask too often; and sources that go on and off too often."""
    lengths_s = [max(one.stop_s - one.start_s, 0.0) for one in demands]
    requests = [one.requests_per_s * length_s for one, length_s in zip(demands, lengths_s, strict=True)]
    if sum(requests) > MOST_REQUESTS:
        worst = requests.index(max(requests))
        yield _too_many(file, f"demand[{worst}]", f"{requests[worst]:.3g} requests {within}", MOST_REQUESTS)
    for index, (one, length_s) in enumerate(zip(demands, lengths_s, strict=True)):
        if isinstance(one.pattern, OnOff):
            spells = length_s / (one.pattern.mean_on_s + one.pattern.mean_off_s) * len(one.pairs)
            if spells > MOST_REQUESTS:
                yield _too_many(file, f"demand[{index}].mean_on", f"{spells:.3g} times on {within}", MOST_REQUESTS)


def _session_problems(plan: Plan, file: str, within: str) -> Iterator[Problem]:
    """Of each thing of which all sessions together have too many, the one that has most."""
    if not plan.sessions:
        return
    from qkdsim.sessions.due import expected_handshakes

    keys = {one.id: f"session[{index}]" for index, one in enumerate(plan.scenario.scenario.session)}
    handshakes = {one: expected_handshakes(one) for one in plan.sessions}
    real = {one: count for one, count in handshakes.items() if one.cryptography == "real"}
    fetches = {one: count + one.expected_chunks for one, count in handshakes.items()}
    retries = {one: len(one.pairs) * one.length_s / one.rules.retry_interval_s for one in plan.sessions}
    volumes = {one: len(one.pairs) * one.length_s * one.traffic_bps / 8.0 for one in plan.sessions}
    for counts, key, words, most in (
        (fetches, "", "handshakes and pads", MOST_HANDSHAKES),
        (real, "", "real handshakes", MOST_REAL_HANDSHAKES),
        (retries, ".retry_interval", "retries, should every one be needed,", MOST_RETRIES),
        (volumes, ".traffic_bps", "bytes", MOST_SESSION_BYTES),
    ):
        if sum(counts.values()) > most:
            worst = max(counts, key=lambda one: counts[one])
            yield _too_many(file, f"{keys[worst.id]}{key}", f"{counts[worst]:.3g} {words} {within}", most)


def _object_problems(plan: Plan, file: str, within: str) -> Iterator[Problem]:
    """The object whose shares take most requests for key, where all together take too many."""
    counts = [planned_requests(one) for one in plan.objects]
    if sum(counts) > MOST_OBJECT_REQUESTS:
        worst = plan.objects[counts.index(max(counts))]
        ids = [one.id for one in plan.scenario.scenario.object_]
        given = (
            f"{worst.content.size_bytes} bytes in keys of {worst.request_bits} bit: {max(counts):.3g} requests {within}"
        )
        yield _too_many(file, f"object[{ids.index(worst.id)}]", given, MOST_OBJECT_REQUESTS)


def _expected_blocks(links: Sequence[QkdLink], duration_s: float) -> float:
    """Key blocks of all links. Those of one pair of devices count as the one with the least loss if that is enough."""
    brightest: dict[tuple[str, str, str], QkdLink] = {}
    for link in links:
        same = (link.transmitter.name, link.receiver.name, link.fidelity)
        if same not in brightest or link.loss_db < brightest[same].loss_db:
            brightest[same] = link
    shortest_s = {same: link.mean_block_s for same, link in brightest.items()}
    most = sum(duration_s / shortest_s[one.transmitter.name, one.receiver.name, one.fidelity] for one in links)
    return most if most <= MOST_BLOCKS else sum(duration_s / one.mean_block_s for one in links)


def _too_many(file: str, key: str, given: str, most: int) -> Problem:
    return Problem(file, key, given, f"at most {most:,}")
