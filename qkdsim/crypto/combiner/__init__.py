"""Key combiners: several secrets in, one key out, each a pure function of a frozen dataclass of named inputs."""

from __future__ import annotations

from qkdsim.crypto.combiner.concatenation import HybridInputs, HybridKeys, hybrid_keys
from qkdsim.crypto.combiner.etsi import CasInputs, CasRound, CasRoundKeys, CatInputs, cas_kdf, cat_kdf
from qkdsim.crypto.combiner.ike import (
    IkeContext,
    IkeKeys,
    KeyExchangeInputs,
    child_keys,
    initial_keys,
    multiple_exchanges,
)
from qkdsim.crypto.combiner.ike_ppk import (
    ChildPpkInputs,
    PpkInputs,
    PpkKeys,
    child_keys_with_ppk,
    ppk_at_authentication,
    ppk_at_intermediate,
)
from qkdsim.crypto.combiner.inputs import Secret
from qkdsim.crypto.combiner.xor import XorInputs, xor_key
from qkdsim.crypto.combiner.xwing import XWingInputs, xwing_secret

__all__ = [
    "CasInputs",
    "CasRound",
    "CasRoundKeys",
    "CatInputs",
    "ChildPpkInputs",
    "HybridInputs",
    "HybridKeys",
    "IkeContext",
    "IkeKeys",
    "KeyExchangeInputs",
    "PpkInputs",
    "PpkKeys",
    "Secret",
    "XWingInputs",
    "XorInputs",
    "cas_kdf",
    "cat_kdf",
    "child_keys",
    "child_keys_with_ppk",
    "hybrid_keys",
    "initial_keys",
    "multiple_exchanges",
    "ppk_at_authentication",
    "ppk_at_intermediate",
    "xor_key",
    "xwing_secret",
]
