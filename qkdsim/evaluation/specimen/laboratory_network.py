"""The network on which a laboratory tries key managers: seven of them on five sites, joined by links of the device.

    a --- m1, m2, m3 at one site, r, s --- b

Each of the five between a and b has a link to either. Stores, routes, relays, waiting, outages and the age of key are
those of `qkdsim.network`; the links bring the key that the modules under test distil.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from qkdsim import units
from qkdsim.devices.key_behaviour import KeyManagerTruth
from qkdsim.evaluation.specimen.observations import FloatArray
from qkdsim.keystore import KeyStore
from qkdsim.network import Agenda, KeyNetwork, KeyRequest, NetworkLink, NetworkSettings, Turn
from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings

if TYPE_CHECKING:
    from qkdsim.evaluation.specimen.bench import LinkBench

LOSS_DB = 10.0  # of every link, and
LENGTH_KM = 50.0  # its length
ENDS = ("a", "b")
SITES = {"a": "a", "b": "b", "m1": "m", "m2": "m", "m3": "m", "r": "r", "s": "s"}  # key manager -> where it stands
LINKS = tuple(pair for relay in ("m1", "m2", "m3", "r", "s") for pair in (("a", relay), (relay, "b")))
MESSAGE_LOSS = 0.002  # on each link, made by the laboratory
TAG_BITS = 128
_DAY_S = 86400.0
_BLOCKS = 8  # with key, from which the pace of a link is known

KeySource = Callable[[float, np.random.Generator, bool], tuple[FloatArray, FloatArray]]
"""From duration, draws and whether the modules run already: when key comes into the store of a link, and how much."""


def key_of_links(bench: LinkBench) -> KeySource:
    """Key as the modules under test distil it."""

    def key(duration_s: float, draws: np.random.Generator, is_warm: bool) -> tuple[FloatArray, FloatArray]:
        log = bench.operation(LOSS_DB, duration_s, draws, is_warm=is_warm)
        stored = log.released_bits >= 1.0
        return log.available_s[stored], np.floor(log.released_bits[stored])

    return key


def key_of_laboratory(duration_s: float, draws: np.random.Generator, is_warm: bool) -> tuple[FloatArray, FloatArray]:
    """Where the device is one module of a link, the laboratory feeds its key managers: 4 Mbit every 10 s."""
    times_s = np.arange(10.0, duration_s, 10.0)
    return times_s, np.full(len(times_s), 4e6)


def node_names(truth: KeyManagerTruth) -> list[str]:
    """Nodes of the network as the key managers know it: those that know of sites have one node for each."""
    return list(dict.fromkeys(SITES.values())) if truth.knows_sites else list(SITES)


def network_of(
    truth: KeyManagerTruth,
    draws: np.random.Generator,
    *,
    initial_bits: int = 0,
    lifetime_s: float | None = None,
    on_settled: Callable[[Sequence[KeyRequest]], None] | None = None,
) -> KeyNetwork:
    """The network at time 0; `draws` are for the chances of messages."""
    names = node_names(truth)
    node = {name: names.index(SITES[name] if truth.knows_sites else name) for name in SITES}
    links = [
        NetworkLink(
            f"{first}--{second}",
            (node[first], node[second]),
            LENGTH_KM,
            KeyStore(initial_bits=initial_bits),
            loss_db=LOSS_DB,
        )
        for first, second in LINKS
    ]
    delay_s = units.fibre_delay_s(LENGTH_KM)
    classical = ClassicalNetwork(
        len(names),
        [ClassicalLink(one.id, one.ends, delay_s) for one in links],
        ClassicalSettings(
            jitter_s=truth.hop_jitter_s, loss_probability=MESSAGE_LOSS, max_retransmissions=truth.repetitions
        ),
    )
    return KeyNetwork(
        Agenda(),
        [(name, True) for name in names],
        links,
        NetworkSettings(hop_tag_bits=TAG_BITS, hop_delay_s=truth.hop_delay_s, key_lifetime_s=lifetime_s),
        classical=classical,
        draws=draws,
        on_settled=on_settled,
    )


def supply_links(network: KeyNetwork, source: KeySource, duration_s: float, draws: np.random.Generator) -> None:
    """Let every link bring the key of modules that run already, drawn apart."""
    for link in range(len(network.links)):
        times_s, bits = source(duration_s, draws, True)
        for block, (at_s, stored_bits) in enumerate(zip(times_s.tolist(), bits.tolist(), strict=True)):
            network.agenda.at(at_s, Turn.KEY, depositor(network), (link, block, int(stored_bits)))


def depositor(network: KeyNetwork) -> Callable[[tuple[int, int, int]], None]:
    """What puts a block into the store of a link: its number, that of the block, and bits."""

    def deposit(block: tuple[int, int, int]) -> None:
        link, number, bits = block
        network.deposit(link, number, bits, 0.0)

    return deposit


def pace_of(source: KeySource, draws: np.random.Generator) -> tuple[float, float]:
    """Key per second that a link stores, and seconds from block to block, as found in the laboratory.

    Raises ValueError if no key comes in a day.
    """
    duration_s = 600.0
    while True:
        times_s, bits = source(duration_s, draws, True)
        if len(times_s) >= _BLOCKS or (len(times_s) and duration_s >= _DAY_S):
            return float(bits.sum()) / duration_s, duration_s / len(times_s)
        if duration_s >= _DAY_S:
            raise ValueError(f"no key within a day at {LOSS_DB:g} dB")
        duration_s *= 4.0


def first_key_s(source: KeySource, draws: np.random.Generator) -> float:
    """From power-on to the first key in the store of a link.

    Raises ValueError if no key comes in a day.
    """
    duration_s = 1800.0
    while duration_s <= 2.0 * _DAY_S:
        times_s, _ = source(duration_s, draws, False)
        if len(times_s):
            return float(times_s.min())
        duration_s *= 4.0
    raise ValueError(f"no key within a day at {LOSS_DB:g} dB")


def sites_of(path: str) -> frozenset[str]:
    """Sites of the relays of a path such as `a>m1>b`."""
    return frozenset(SITES.get(name, name) for name in path.split(">")[1:-1])
