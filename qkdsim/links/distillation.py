"""One link in the laboratory, click by click: what `qkdsim distill` runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from qkdsim.devices import DeviceProfile
from qkdsim.errors import InputError
from qkdsim.links.link import QkdLink, build_link
from qkdsim.links.reference_fibre import check_block_bits, is_number, named_profile, reference_span
from qkdsim.links.sampled import SampledBlock
from qkdsim.links.sampled_limits import MAX_BLOCK_BITS
from qkdsim.links.timeline import Slice
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.postprocessing.wire import Message
from qkdsim.protocols import Attack, InterceptResend

MAX_BLOCKS = 1_000_000_000
FOREVER = (Slice(0.0, math.inf, "lit"),)


def laboratory_link(
    profile: str | DeviceProfile,
    *,
    length_km: float | None = None,
    loss_db: float | None = None,
    block_bits: float | None = None,
    reconciliation: str | None = None,
    intercept_fraction: float = 0.0,
) -> QkdLink:
    """A device on its reference fibre at fidelity `sampled`, with an intercept-resend attack on a share of pulses.

    `block_bits` and `reconciliation` take the place of what the profile states. Raises InputError.
    """
    named = named_profile(profile, None)
    check_block_bits(named.name, block_bits, MAX_BLOCK_BITS)
    if reconciliation is not None and reconciliation not in RECONCILIATIONS:
        raise InputError.of("--reconciliation", "", str(reconciliation), f"one of {', '.join(RECONCILIATIONS)}")
    if not named.profile.is_modelled:  # before a change could hide it
        raise InputError.of(named.name, "", None, "states no source, detector and post-processing to sample")
    changes: dict[str, Any] = {}
    if block_bits is not None:
        changes["post_processing.block_size_bits"] = float(block_bits)
    if reconciliation is not None:
        changes["post_processing.error_correction"] = reconciliation
    if changes:
        named = named_profile(profile, changes)
    if not (is_number(intercept_fraction) and 0.0 <= intercept_fraction <= 1.0):
        raise InputError.of("--intercept-fraction", "", _given(intercept_fraction), "a number from 0 to 1")
    span = reference_span(named, length_km, loss_db)
    attack: Attack | None = InterceptResend(intercept_fraction) if intercept_fraction > 0.0 else None
    return build_link("laboratory", named, named, span, "sampled", attack)


def distill(
    link: QkdLink, *, blocks: int = 1, seed: int = 1, on_message: Callable[[int, Message], None] | None = None
) -> Iterator[SampledBlock]:
    """Sample and process blocks, one at a time; fewer than asked for when the authentication pools run dry.

    `on_message` sees every message on the service channel with the number of its block. Raises InputError.
    """
    if not isinstance(link, QkdLink):
        raise InputError.of("link", "", str(link), "a link as laboratory_link makes it")
    for option, value, least, most in (("--blocks", blocks, 1, MAX_BLOCKS), ("--seed", seed, 0, math.inf)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            upper = "" if most == math.inf else f" and <= {most:g}"
            raise InputError.of(option, "", _given(value), f"a whole number >= {least}{upper}")
    return islice(link.sampled(FOREVER, seed, on_message), blocks)


def _given(value: object) -> object:
    """A value for an error message, in which None would mean that nothing was to be shown."""
    return "None" if value is None else value
