"""Blocks of key processing alone, on detections that the laboratory has made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qkdsim.devices import PostProcessing
from qkdsim.evaluation.specimen.fed_processing import clean_feed, processed, randomness_of
from qkdsim.evaluation.specimen.hidden import Hidden
from qkdsim.evaluation.specimen.observations import SessionBlock
from qkdsim.evaluation.specimen.sampled_session import device_processing, released
from qkdsim.links.reference_fibre import span_of

FEED_LOSS_DB = 10.0


def run_fed(
    hidden: Hidden,
    post: PostProcessing,
    blocks: int,
    detections: int,
    error_rate: float,
    generator: np.random.Generator,
) -> tuple[SessionBlock, ...]:
    """So many blocks, each of so many detections."""
    processing = device_processing(hidden, span_of(hidden.true, None, FEED_LOSS_DB), post)
    done = []
    for _ in range(blocks):
        feed = clean_feed(processing.settings, detections, error_rate, generator)
        block = processed(processing, hidden.behaviour.messages, feed, randomness_of(post, generator))
        key = released(block.bob_key, hidden.behaviour.unequal_key_share, generator)
        done.append(replace(block, bob_key=key))
    return tuple(done)
