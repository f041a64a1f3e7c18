"""Classical primitives: a polynomial hash over GF(2^128), and Wegman-Carter tags made of it."""

from qkdsim.crypto.authentication import TAG_KEY_BITS, TagKey, TranscriptTag, equal, forgery_bound
from qkdsim.crypto.polynomial_hash import PolynomialHash, multiply

__all__ = ["TAG_KEY_BITS", "PolynomialHash", "TagKey", "TranscriptTag", "equal", "forgery_bound", "multiply"]
