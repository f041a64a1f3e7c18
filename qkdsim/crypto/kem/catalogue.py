"""Published lengths of KEMs that need liboqs, for those who plan or simulate with them before it is installed.

Sources: FIPS 203, tables 2 and 3; documentation of liboqs (docs/algorithms/kem) for FrodoKEM (ISO proposal of
2023-03-14) and BIKE 5.1; public tables of the lengths of liboqs for HQC (2025) and Classic McEliece (round 4, 2022).

An installed liboqs may have another version of these; then its own lengths hold.
"""

from __future__ import annotations

from qkdsim.crypto.kem.interface import KemFacts

# name: claimed category, then bytes of public key, ciphertext and shared secret
_PUBLISHED = {
    "ml-kem-512": (1, 800, 768, 32),
    "ml-kem-768": (3, 1184, 1088, 32),
    "ml-kem-1024": (5, 1568, 1568, 32),
    "hqc-1": (1, 2241, 4433, 32),
    "hqc-3": (3, 4514, 8978, 32),
    "hqc-5": (5, 7237, 14421, 32),
    "bike-l1": (1, 1541, 1573, 32),
    "bike-l3": (3, 3083, 3115, 32),
    "bike-l5": (5, 5122, 5154, 32),
    "frodokem-640-aes": (1, 9616, 9752, 16),
    "frodokem-640-shake": (1, 9616, 9752, 16),
    "frodokem-976-aes": (3, 15632, 15792, 24),
    "frodokem-976-shake": (3, 15632, 15792, 24),
    "frodokem-1344-aes": (5, 21520, 21696, 32),
    "frodokem-1344-shake": (5, 21520, 21696, 32),
    "classic-mceliece-348864": (1, 261120, 96, 32),
    "classic-mceliece-460896": (3, 524160, 156, 32),
    "classic-mceliece-6688128": (5, 1044992, 208, 32),
    "classic-mceliece-6960119": (5, 1047319, 194, 32),
    "classic-mceliece-8192128": (5, 1357824, 208, 32),
}

PUBLISHED = {name: KemFacts(name, "liboqs", "post-quantum", *numbers) for name, numbers in _PUBLISHED.items()}
