"""Key managers that fail, and key that grows old, on the laboratory's network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from qkdsim import rng
from qkdsim.devices.key_behaviour import KeyManagerTruth
from qkdsim.evaluation.specimen.key_bench import FloatArray
from qkdsim.evaluation.specimen.key_traffic import KEY_BITS
from qkdsim.evaluation.specimen.laboratory_network import (
    ENDS,
    KeySource,
    depositor,
    first_key_s,
    network_of,
    node_names,
)
from qkdsim.network import KeyNetwork, KeyRequest, Turn
from qkdsim.network.outage import Outage
from qkdsim.network.service import ServiceClass

FULL_BITS = 1 << 30  # in a store: far more than is asked for
_YEAR_S = 365.25 * 86400.0
_STARTS = 20  # cold starts of a link that are looked at
_AT_ONCE = ServiceClass("at once", latency_budget_s=0.0)

Stretch = tuple[float, float]


def supply_log(
    truth: KeyManagerTruth, source: KeySource, years: float, generator: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Hours of supply, and of the outage that follows each; what the log breaks off is left out.

    A key manager that fails takes its modules and the key in its stores with it. Key flows again when the links to it
    have started from cold and distilled. Whether the outer two can be supplied is asked of the network at every change.

    Raises ValueError if the links give no key.
    """
    starts_s = [first_key_s(source, generator) for _ in range(_STARTS)]
    seed, end_s = int(generator.integers(1 << 62)), years * _YEAR_S
    network = network_of(truth, generator, initial_bits=FULL_BITS)
    gone = {name: list(_outages(truth, end_s, rng.stream(seed, "outages", name))) for name in node_names(truth)}
    network.announce(
        [Outage("node", name, *one, key_lost=True) for name, stretches in gone.items() for one in stretches]
    )
    back: list[tuple[float, int]] = []
    for number, one in enumerate(network.links):
        draws = rng.stream(seed, "cold starts", number)
        dark = [stretch for name, stretches in gone.items() if network.node(name) in one.ends for stretch in stretches]
        back += [(at_s, number) for at_s in _first_keys_s(sorted(dark), starts_s, draws)]
    for at_s, number in back:
        network.agenda.at(at_s, Turn.KEY, depositor(network), (number, 0, FULL_BITS))
    changes_s = {at_s for stretches in gone.values() for stretch in stretches for at_s in stretch}
    is_up = _looked_at(network, sorted(changes_s | {at_s for at_s, _ in back}))
    network.agenda.run_to(end_s)
    turns_s = [next(group)[0] for _, group in groupby([(0.0, True), *is_up], key=lambda one: one[1])]
    spans_h = np.diff(turns_s)[: (len(turns_s) - 1) // 2 * 2] / 3600.0
    return spans_h[0::2], spans_h[1::2]


def given_at(
    truth: KeyManagerTruth, most_age_s: float, ages_s: Sequence[float], generator: np.random.Generator
) -> tuple[bool, ...]:
    """Whether key that lay in the stores from the start is given at each age."""
    settled: list[KeyRequest] = []
    network = network_of(
        truth,
        generator,
        initial_bits=FULL_BITS,
        lifetime_s=most_age_s if truth.enforces_lifetime else None,
        on_settled=settled.extend,
    )
    queue = network.open_queue("old key", ServiceClass("old key", latency_budget_s=most_age_s), *ENDS, KEY_BITS)
    for age_s in ages_s:
        network.agenda.at(age_s, Turn.REQUEST, network.request, queue)
    network.agenda.run_to(2.0 * max(ages_s))
    network.close()
    return tuple(one.routes != () for one in settled)


def _outages(truth: KeyManagerTruth, end_s: float, draws: np.random.Generator) -> Iterator[Stretch]:
    """Of one key manager: exponential times of work and of repair."""
    at_s = draws.exponential(_YEAR_S / truth.outages_per_year)
    while at_s < end_s:
        back_s = at_s + draws.exponential(truth.outage_s)
        yield at_s, back_s
        at_s = back_s + draws.exponential(_YEAR_S / truth.outages_per_year)


def _first_keys_s(dark: Sequence[Stretch], starts_s: Sequence[float], draws: np.random.Generator) -> Iterator[float]:
    """When a link has key again after each outage of its ends, where no other comes in between."""
    last_s = 0.0
    for number, (_, end_s) in enumerate(dark):
        last_s = max(last_s, end_s)
        first_s = last_s + float(draws.choice(starts_s))
        if number + 1 == len(dark) or dark[number + 1][0] > first_s:
            yield first_s


def _looked_at(network: KeyNetwork, times_s: Sequence[float]) -> list[tuple[float, bool]]:
    """When, and whether the outer two can be supplied; grows while the network runs."""
    queue, found = network.open_queue("supply", _AT_ONCE, *ENDS, KEY_BITS), []

    def look(at_s: float) -> None:
        found.append((at_s, network.holds(queue, KEY_BITS)))

    for at_s in times_s:
        network.agenda.at(at_s, Turn.LEVELS, look, at_s)
    return found
