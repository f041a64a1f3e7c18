"""Route policies: what a link costs a route that crosses it, from the state of all links.

A policy is a function of `LinkFacts` that returns one cost per link, none below 1; infinite means never. Only ratios
of costs matter, so a policy may choose its unit freely.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import RunError, shown

if TYPE_CHECKING:
    from qkdsim.network.settings import NetworkSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

COST_FLOOR = 1.0
MOST_DETOUR_HOPS = 3.0  # how many hops a route goes out of its way to spare an empty store
LEAST_LOSS_DB = 0.01  # a link with less counts as if it had this: patch cords, and links that state no loss


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """The state of all links as arrays of shape (links,), in the order of the file.

    `held_bits` is the key in the store; `low_bits` and `high_bits` are its watermarks (a store at the high one counts
    as full), `rate_bps` the key rate seen so far, `loss_db` the loss of the line (0 where none is known), `usable`
    whether the link may relay at all (routes leave the others out, whatever they cost).
    """

    held_bits: IntArray = field(repr=False)
    low_bits: IntArray = field(repr=False)
    high_bits: IntArray = field(repr=False)
    rate_bps: FloatArray = field(repr=False)
    loss_db: FloatArray = field(repr=False)
    usable: BoolArray = field(repr=False)


class RoutePolicy(Protocol):
    """A function from the state of all links to their costs; users may pass their own."""

    def __call__(self, facts: LinkFacts, /) -> FloatArray:
        """Costs, shape (links,), none below 1, infinite for never. The facts must not be changed."""
        ...


class SingleCost(Protocol):
    """The cost of one link, for a policy in which the others do not matter."""

    def __call__(self, held_bits: int, high_bits: int, rate_bps: float, /) -> float:
        """As the policy gives it for that link."""
        ...


class PolicyError(RunError, ValueError):
    """A route policy has returned what no search can use; the message is one line."""


def fewest_hops(facts: LinkFacts) -> FloatArray:
    """Every link costs 1."""
    return np.ones(len(facts.held_bits))


def least_loss(facts: LinkFacts) -> FloatArray:
    """Loss in units of the least lossy link of the network, so that the route has the least total loss in dB.

    Losses below 0.01 dB count as 0.01 dB.
    """
    loss_db = np.maximum(facts.loss_db, LEAST_LOSS_DB)
    return np.asarray(loss_db / loss_db.min(initial=np.inf))


def key_aware(facts: LinkFacts, patience_s: float) -> FloatArray:
    """One per hop, and more where key is scarce: 1 + min(3, refill time / patience).

    The refill time is what the link takes at its key rate to bring its store back to the high watermark. A full store,
    or one without watermark, adds nothing; one that takes `patience_s` to refill counts as one hop more, and an empty
    one on a slow link is worth a detour of three hops. A link without key rate never refills.

    That routes should weigh the key left and the rate at which it comes is common ground of routing in QKD networks
    (methods compared in "Comparison and optimization of different routing methods for meshed QKD networks using trusted
    nodes", J. Opt. Commun. Netw. 16 (2024) 382; Y. Tanizawa, R. Takahashi, A. R. Dixon, ICUFN 2016, 208). This formula
    is our own: it has the two in one time, and costs between 1 and 4 keep searches short.
    """
    missing_bits = np.maximum(facts.high_bits - facts.held_bits, 0)
    # compared as bits, so that no rate is divided by: missing / (rate patience) <= 3
    refilled_bits = np.maximum(facts.rate_bps, 0.0) * patience_s
    most = MOST_DETOUR_HOPS * refilled_bits <= missing_bits
    penalty = np.divide(missing_bits, refilled_bits, out=np.full(len(most), MOST_DETOUR_HOPS), where=~most)
    return np.asarray(1.0 + np.where(missing_bits > 0, penalty, 0.0))


def key_aware_cost(held_bits: int, high_bits: int, rate_bps: float, patience_s: float) -> float:
    """As `key_aware`, for one link: at a watermark only the cost of its own link changes."""
    missing_bits = high_bits - held_bits
    if missing_bits <= 0:
        return 1.0
    refilled_bits = max(rate_bps, 0.0) * patience_s
    if MOST_DETOUR_HOPS * refilled_bits <= missing_bits:
        return 1.0 + MOST_DETOUR_HOPS
    return 1.0 + missing_bits / refilled_bits


def checked(policy: RoutePolicy) -> RoutePolicy:
    """A user's policy, its answers checked: a new float64 array that searches can rely on.

    The result raises PolicyError, naming the first link at fault by its index, unless there is one cost per link, each
    a number of at least 1 or infinite.
    """

    def costs(facts: LinkFacts) -> FloatArray:
        links = len(facts.held_bits)
        try:
            given = np.array(policy(facts), dtype=np.float64, order="C")
        except (TypeError, ValueError) as error:
            if isinstance(error, PolicyError):
                raise
            said = shown(str(error), 120).strip("'")
            raise PolicyError(f"route policy {_name(policy)}: {said}, expected an array of {links} costs") from error
        if given.shape != (links,):
            shape = "x".join(map(str, given.shape)) or "a single number"
            raise PolicyError(f"route policy {_name(policy)}: got costs of shape {shape}, expected {links}, one a link")
        bad = np.flatnonzero(~(given >= COST_FLOOR))  # catches what is not a number, too
        if len(bad):
            raise PolicyError(
                f"route policy {_name(policy)}: got cost {given[bad[0]]} for link {bad[0]}, expected at least 1"
            )
        return given

    return costs


def policy_of(settings: NetworkSettings) -> RoutePolicy:
    """The function behind the settings' policy; of routes that are as wide, the widest takes one with fewest hops."""
    if not isinstance(settings.policy, str):
        return checked(settings.policy)
    policies: dict[str, RoutePolicy] = {
        "fewest-hops": fewest_hops,
        "least-loss": least_loss,
        "widest": fewest_hops,
        "key-aware": partial(key_aware, patience_s=settings.patience_s),
    }
    return policies[settings.policy]


def single_cost_of(settings: NetworkSettings) -> SingleCost | None:
    """The same for a single link; None where a crossed watermark may change any cost, or none."""
    return partial(key_aware_cost, patience_s=settings.patience_s) if settings.policy == "key-aware" else None


def _name(policy: RoutePolicy) -> str:
    return str(getattr(policy, "__name__", type(policy).__name__))
