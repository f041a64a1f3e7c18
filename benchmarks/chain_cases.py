"""Key processing on bits: two ends in one process, from their records to keys that both have authenticated."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figure import Figure

if TYPE_CHECKING:
    from qkdsim.links import QkdLink
    from qkdsim.links.sampled import SampledBlock

BLOCK_BITS = 1e6
BLOCKS = 7  # the first warms up
MANY_BLOCKS, SMALL_BLOCK_BITS = 1000, 1e5
KIBIBYTE = 1024


def chain(_peer_python: Path | None) -> list[Figure]:
    """Sifted bits per processor second, with and without the sampling of clicks; and memory over many blocks."""
    return [_speed(), _memory()]


def _speed() -> Figure:
    blocks = _timed(_blocks(_link(BLOCK_BITS), BLOCKS))
    next(blocks)
    costs_s, sifted, secret, spent = [], 0, 0, 0
    sampling_s = []
    for block, cost_s in blocks:
        ledger = block.distilled.ledger
        costs_s.append(cost_s)
        sampling_s.append(_sampling_s(block))
        sifted += ledger.sifted_bits
        secret += ledger.secret_bits - ledger.authentication_bits
        spent += ledger.authentication_bits
    chain_s = sum(costs_s) - sum(sampling_s)
    note = (
        f"both ends, blocks of {BLOCK_BITS:.0e} bits at QBER 1.7 %, Cascade; asked for: at least 5e6; "
        f"{sifted / sum(costs_s):.3g} with the clicks; secret net of authentication {secret / chain_s:.3g} bit/CPU s "
        f"({spent} bits of tags)"
    )
    return Figure("chain", sifted / chain_s, "sifted bit/CPU s", note=note)


def _memory() -> Figure:
    link = _link(SMALL_BLOCK_BITS)
    early_mib, last = 0.0, 0.0
    for number, _ in enumerate(_blocks(link, MANY_BLOCKS)):
        last = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTE
        if number == MANY_BLOCKS // 10:
            early_mib = last
    note = f"growth of peak memory from block {MANY_BLOCKS // 10} to {MANY_BLOCKS} of {SMALL_BLOCK_BITS:.0e} bits"
    return Figure("chain, memory", last - early_mib, "MiB", goal=1.0, note=f"{note}; peak {last:.0f} MiB")


def _link(block_bits: float) -> QkdLink:
    from qkdsim.devices import load_named_profile
    from qkdsim.links import build_link
    from qkdsim.links.reference_fibre import reference_span

    # a theory that leaves key from short blocks, so that the last steps have something to do
    changes: dict[str, Any] = {
        "security_model.proof": "asymptotic-decoy",
        "post_processing.block_size_bits": block_bits,
    }
    profile = load_named_profile("generic-ingaas-metro", overrides=changes)
    return build_link("benchmark", profile, profile, reference_span(profile, 20.0, None), "sampled")


def _blocks(link: QkdLink, count: int) -> Iterator[SampledBlock]:
    from qkdsim.links.distillation import distill

    return islice(distill(link, blocks=count), count)


def _timed(blocks: Iterator[SampledBlock]) -> Iterator[tuple[SampledBlock, float]]:
    while True:
        start_s = time.process_time()
        block = next(blocks, None)
        if block is None:
            return
        yield block, time.process_time() - start_s


def _sampling_s(block: SampledBlock) -> float:
    """Processor seconds to draw as many pulses again."""
    from qkdsim import rng
    from qkdsim.detections.sampled import ClickSampler
    from qkdsim.links.operating_point import point_on

    link = _link(BLOCK_BITS)
    point = point_on(link.transmitter.profile, link.receiver.profile, link.span)
    sampler = ClickSampler(point.memory)
    start_s = time.process_time()
    while sampler.slot < block.raw.pulses:
        sampler.stretch(point.light, block.raw.pulses, rng.stream(1, "benchmark"))
    return time.process_time() - start_s
