"""QKD links: a timeline in, key blocks out; and the rate of one link."""

from qkdsim.links.block import KeyBlocks
from qkdsim.links.link import QkdLink, build_link
from qkdsim.links.rate import KeyRate, key_rate, secret_key_rates_bps
from qkdsim.links.timeline import Disruption, Slice, timeline
from qkdsim.postprocessing.ledger import ABORTED, OUTCOMES, POOL_EMPTY

__all__ = [
    "ABORTED",
    "OUTCOMES",
    "POOL_EMPTY",
    "Disruption",
    "KeyBlocks",
    "KeyRate",
    "QkdLink",
    "Slice",
    "build_link",
    "key_rate",
    "secret_key_rates_bps",
    "timeline",
]
