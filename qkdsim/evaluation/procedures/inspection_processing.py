"""Inspection of key processing and random numbers: what is declared, and what cannot be true."""

from __future__ import annotations

from qkdsim.devices import PostProcessing
from qkdsim.evaluation.declared import NOT_STATED, Declared, declared, of_quantity, weakest_basis
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.inspection import inspected

# families of functions that are two-universal, or almost, with the length of the key as the only limit
TWO_UNIVERSAL = ("toeplitz", "modified-toeplitz", "random-matrix", "finite-field-multiplication")
# tags whose forgery probability needs no assumption on computing power
UNCONDITIONAL_TAGS = ("wegman-carter", "polynomial-hash", "toeplitz-lfsr")


def leakage(device: Device, seed: int) -> Evidence:
    """PP-09: disclosed bits over n h(qber); below 1 no code can correct the errors (Shannon)."""
    found = declared(device.profile, "post_processing.ec_efficiency")
    ends = found.ends
    too_good = ends is not None and found.basis == "declared" and ends[1] < 1.0
    why = "post_processing.ec_efficiency is below 1: fewer bits disclosed than any code needs (Shannon limit)"
    return inspected("PP-09", found, "post_processing.ec_efficiency", contradiction=why if too_good else "")


def amplification(device: Device, seed: int) -> Evidence:
    """PP-11: the hash is of a two-universal family, with a fresh seed for each block."""
    post = device.profile.post_processing
    name = declared(device.profile, "post_processing.privacy_amplification")
    seeded = NOT_STATED if post is None else declared(device.profile, "post_processing.privacy_amplification_seed")
    if name.value is None or seeded.value is None:
        what = "post_processing.privacy_amplification and post_processing.privacy_amplification_seed"
        return inspected("PP-11", NOT_STATED, what)
    is_sound = name.value in TWO_UNIVERSAL and seeded.value == "fresh"
    return inspected(
        "PP-11",
        Declared(is_sound, weakest_basis([name, seeded])),
        f"{name.value} hash, {seeded.value} seed for each block",
    )


def forgery(device: Device, seed: int) -> Evidence:
    """PP-12: forgery probability of one message: that of a block over its tags; no tag does better than 2^-bits."""
    post = device.profile.post_processing
    if post is None:
        return inspected("PP-12", NOT_STATED, "post_processing")
    scheme = declared(device.profile, "post_processing.authentication_scheme")
    claim, tags = of_quantity(post.epsilon_authentication), of_quantity(post.authentication_tags_per_block)
    bits = of_quantity(post.authentication_tag_bits)
    basis = weakest_basis([scheme, claim, tags, bits])
    each = float(post.epsilon_authentication) / max(float(post.authentication_tags_per_block), 1.0)
    why = _forgery_fault(post, each) if basis == "declared" else ""
    facts = (("tag bits", float(post.authentication_tag_bits)), ("scheme", post.authentication_scheme))
    what = "authentication scheme, tags and their failure probability"
    return inspected("PP-12", Declared(each, basis), what, facts=facts, contradiction=why)


def _forgery_fault(post: PostProcessing, each: float) -> str:
    if post.authentication_scheme not in UNCONDITIONAL_TAGS:
        return f"{post.authentication_scheme} is no scheme with a forgery probability that holds unconditionally"
    least = 2.0 ** -float(post.authentication_tag_bits)
    if each < least:
        bits = float(post.authentication_tag_bits)
        return f"a tag of {bits:g} bits is guessed with probability {least:.3g}; {each:.3g} is declared"
    return ""


def generator_class(device: Device, seed: int) -> Evidence:
    """RN-05: the declared functionality class, or the least that the kind of generator stands for."""
    rng = device.profile.rng
    by_kind = {"quantum": "QRNG", "pseudo": "DRBG"}
    name = rng.functionality_class or by_kind.get(rng.kind or "")
    found = NOT_STATED if name is None else Declared(name, "declared")
    fault = ""
    if rng.kind == "pseudo" and rng.functionality_class not in (None, "DRBG"):
        fault = f"rng.kind is pseudo, yet class {rng.functionality_class} is declared"
    return inspected("RN-05", found, "rng.functionality_class", contradiction=fault)


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PP-09", "inspection", leakage),
    Procedure("PP-11", "inspection", amplification),
    Procedure("PP-12", "inspection", forgery),
    Procedure("RN-05", "inspection", generator_class),
)
