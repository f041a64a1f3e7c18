"""What key processing on bits asks of a pair of modules, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from qkdsim.devices import DeviceProfile, NamedProfile, PostProcessing
from qkdsim.errors import InputError
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.protocols import Security

MAX_BLOCK_BITS = 5e7  # so that a block and all that is made of it fit into 8 GiB
MAX_POOL_BITS = 1e8
MAX_TAG_BITS = 128  # the hash has no more
MAX_INTENSITIES = 8


def leakage_caveat(receiver: DeviceProfile) -> str:
    """What must be said of the leakage that the receiver's reconciliation counts."""
    name = receiver.post_processing.error_correction if receiver.post_processing else ""
    return RECONCILIATIONS[name].caveat


def check_sampled(transmitter: NamedProfile, receiver: NamedProfile) -> None:
    """Refuse profiles whose key processing cannot be run on bits.

    Raises InputError.
    """
    count = len(transmitter.profile.source.intensity) if transmitter.profile.source else 0
    if count > MAX_INTENSITIES:
        raise InputError.of(
            transmitter.name, "source.intensity", count, f"at most {MAX_INTENSITIES} for fidelity sampled"
        )
    post = receiver.profile.post_processing
    for key, value, limit in _unfit(post) if post else ():
        expected = f"a profile whose post_processing.{key} is {limit}, for fidelity sampled"
        raise InputError.of(receiver.name, f"post_processing.{key}", value, expected)


def _unfit(post: PostProcessing) -> Iterator[tuple[str, object, str]]:
    if post.error_correction not in RECONCILIATIONS:
        yield "error_correction", post.error_correction, f"one of {', '.join(RECONCILIATIONS)}"
    if post.block_size_bits > MAX_BLOCK_BITS:
        yield "block_size_bits", float(post.block_size_bits), f"at most {MAX_BLOCK_BITS:g}"
    if post.authentication_pool_bits > MAX_POOL_BITS:
        yield "authentication_pool_bits", float(post.authentication_pool_bits), f"at most {MAX_POOL_BITS:g}"
    for key, value in (
        ("authentication_tag_bits", float(post.authentication_tag_bits)),
        ("verification_bits", Security.of(post).verification_bits),
    ):
        if not 1.0 <= value <= MAX_TAG_BITS:
            yield key, value, f"1 to {MAX_TAG_BITS}"
