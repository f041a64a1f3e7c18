"""The reconciliation protocols by name. Compiled code is imported when an end is made, not before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qkdsim.postprocessing.reconciler import Bits, Corrector, Reference

# own bits, planned error rate, public seed
MakeReference = Callable[[Bits, float, int], Reference]
MakeCorrector = Callable[[Bits, float, int], Corrector]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A protocol: how each end is made, and how its leakage counts.

    subtracts_bob  whether what Bob tells comes off the key as well, bit by bit: then all that passed is paid for, by
                   the chain rule, in whatever order it was told
    caveat         what must be said of the leakage, empty where nothing
    """

    reference: MakeReference
    corrector: MakeCorrector
    subtracts_bob: bool
    caveat: str = ""


def _cascade(variant: str) -> Reconciliation:
    def reference(bits: Bits, qber: float, seed: int) -> Reference:
        from qkdsim.postprocessing.cascade import CascadeReference
        from qkdsim.postprocessing.cascade_plan import CascadePlan

        return CascadeReference(bits, CascadePlan(len(bits), qber, seed, variant))

    def corrector(bits: Bits, qber: float, seed: int) -> Corrector:
        from qkdsim.postprocessing.cascade import CascadeCorrector
        from qkdsim.postprocessing.cascade_plan import CascadePlan

        return CascadeCorrector(bits, CascadePlan(len(bits), qber, seed, variant))

    # D. Tupkary, N. Lütkenhaus, arXiv:2307.00576: Bob's messages tell of the errors, which no theory here takes up. To
    # subtract as many bits once more would leave hardly any key: they are recorded, and the result says so
    return Reconciliation(
        reference, corrector, subtracts_bob=False, caveat="leakage of Cascade counted as Alice parities only"
    )


def _ldpc_reference(bits: Bits, qber: float, seed: int) -> Reference:
    from qkdsim.postprocessing.ldpc import LdpcPlan, LdpcReference

    return LdpcReference(bits, LdpcPlan(len(bits), qber, seed))


def _ldpc_corrector(bits: Bits, qber: float, seed: int) -> Corrector:
    from qkdsim.postprocessing.ldpc import LdpcCorrector, LdpcPlan

    return LdpcCorrector(bits, LdpcPlan(len(bits), qber, seed))


RECONCILIATIONS = {
    "cascade": _cascade("original"),
    "cascade-option7": _cascade("option7"),
    "ldpc": Reconciliation(_ldpc_reference, _ldpc_corrector, subtracts_bob=True),
}
