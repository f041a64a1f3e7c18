"""Key processing of a continuous-variable device alone, fed with slices: one bit of each quadrature at either end.

The laboratory makes up the signs of quadratures on a channel without loss, half of them to be published. What is told
on the wire, checked, hashed and released is real; how quadratures become slices, and that reconciliation runs
backwards in operation, is no matter of messages and left out here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qkdsim.evaluation.cv_design import CvDesign
from qkdsim.evaluation.specimen.attacked import SimulatedAttacker
from qkdsim.evaluation.specimen.fed_processing import Feed, clean_feed, processed
from qkdsim.evaluation.specimen.hidden import Hidden
from qkdsim.evaluation.specimen.observations import SessionBlock
from qkdsim.evaluation.specimen.sampled_session import released
from qkdsim.evaluation.specimen.simulated import SimulatedBench
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.postprocessing.wire import Tamper
from qkdsim.protocols import Counts, Security, Theory
from qkdsim.protocols.gaussian import holevo_bits
from qkdsim.protocols.keylength import DecoySettings, KeyLength, Statistics


@dataclass(frozen=True, slots=True)
class SlicedProcessing(KeyProcessing):
    """Key length of slices: what Eve may know of a symbol, the Holevo bound, counts against every bit made from it."""

    secret_share: float = 0.0
    toll_bits: float = 0.0

    def key_length(self, counts: Counts, leak_bits: float) -> KeyLength:
        """Of n slices n (1 - chi), less what was told and the toll of finite size."""
        sifted = Statistics.of(counts).sifted_bits
        nothing = np.zeros_like(sifted)
        left = np.maximum(np.floor(sifted * self.secret_share - leak_bits - self.toll_bits), 0.0)
        return KeyLength(left, nothing, sifted, nothing, np.full_like(sifted, leak_bits))


def sliced_processing(hidden: Hidden, design: CvDesign, detections: float) -> SlicedProcessing:
    """As the device is set, for a feed of that size."""
    post = hidden.true.post_processing
    if post is None:
        raise ValueError("this device has no key processing")
    security = Security.of(post)
    block = replace(design.block, key_symbols=detections)
    return SlicedProcessing(
        theory=Theory("asymptotic-decoy", "none", "gamma", both_bases=False),  # not asked: the key length is that above
        settings=feed_settings(security),
        security=security,
        qber_abort=float(post.qber_abort),
        discard_doubles=False,
        reconciliation=RECONCILIATIONS[post.error_correction],
        measured_basis_probability=np.full(2, 0.5),
        tag_bits=int(np.ceil(post.authentication_tag_bits)),
        pool_bits=int(post.authentication_pool_bits),
        secret_share=1.0 - float(holevo_bits(design.receiver, design.channel(0.0))),
        toll_bits=block.toll_bits(design.receiver),
    )


def feed_settings(security: Security) -> DecoySettings:
    """One class of light: quadratures know no decoys."""
    return DecoySettings(np.ones(1), np.ones(1), security.epsilon_correctness, security.verification_bits)


def run_sliced(
    hidden: Hidden,
    design: CvDesign,
    blocks: int,
    detections: int,
    error_rate: float,
    generator: np.random.Generator,
) -> tuple[SessionBlock, ...]:
    """So many blocks, each of so many slices."""
    processing = sliced_processing(hidden, design, float(detections))
    done = []
    for _ in range(blocks):
        feed = clean_feed(processing.settings, detections, error_rate, generator)
        block = processed(processing, hidden.behaviour.messages, feed, generator)
        key = released(block.bob_key, hidden.behaviour.unequal_key_share, generator)
        done.append(replace(block, bob_key=key))
    return tuple(done)


class SlicedAttacker(SimulatedAttacker):
    """Forged messages at the ends of a continuous-variable link."""

    def __init__(self, device: SimulatedBench, design: CvDesign) -> None:
        """The device and what it declares."""
        super().__init__(device)
        self._hidden, self._design = device.hidden, design

    def fed_settings(self) -> DecoySettings:
        """One class."""
        return sliced_processing(self._hidden, self._design, 1.0).settings

    def fed_processing(
        self, feed: Feed, generator: np.random.Generator, *, tamper: Tamper | None = None, is_impostor: bool = False
    ) -> SessionBlock:
        """One block through the key processing of both ends."""
        processing = sliced_processing(self._hidden, self._design, float(len(feed.bob.slot)))
        messages = self._hidden.behaviour.messages
        return processed(processing, messages, feed, generator, tamper=tamper, is_impostor=is_impostor)
