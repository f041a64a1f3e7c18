"""Published lengths of signature schemes that need liboqs, to plan or simulate with them before it is installed.

Sources: FIPS 204, table 2; FIPS 205, table 2; public tables of the lengths of liboqs for Falcon; its documentation
(docs/algorithms/sig) for the names of SLH-DSA.

An installed liboqs may have another version of these; then its own lengths hold.
"""

from __future__ import annotations

from qkdsim.crypto.signature.interface import SignatureFacts

# name: claimed category, then bytes of public key and longest signature, whether it signs a context
_PUBLISHED = {
    "ml-dsa-44": (2, 1312, 2420, True),
    "ml-dsa-65": (3, 1952, 3309, True),
    "ml-dsa-87": (5, 2592, 4627, True),
    "falcon-512": (1, 897, 752, False),
    "falcon-1024": (5, 1793, 1462, False),
    "falcon-padded-512": (1, 897, 666, False),
    "falcon-padded-1024": (5, 1793, 1280, False),
}
_SLH_DSA = {
    "128s": (1, 32, 7856),
    "128f": (1, 32, 17088),
    "192s": (3, 48, 16224),
    "192f": (3, 48, 35664),
    "256s": (5, 64, 29792),
    "256f": (5, 64, 49856),
}

PUBLISHED = {name: SignatureFacts(name, "liboqs", "post-quantum", *numbers) for name, numbers in _PUBLISHED.items()} | {
    f"slh-dsa-pure-{kind}-{size}": SignatureFacts(
        f"slh-dsa-pure-{kind}-{size}", "liboqs", "post-quantum", *numbers, has_context=True
    )
    for kind in ("sha2", "shake")
    for size, numbers in _SLH_DSA.items()
}
