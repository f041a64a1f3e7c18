"""How the nodes of a run prove who they are: key pairs and pre-shared keys, made once, the same for every seed."""

from __future__ import annotations

from collections.abc import Sequence

from qkdsim import rng
from qkdsim.crypto.signature import SigningKeyPair, find_signature
from qkdsim.hybrid import Credentials
from qkdsim.hybrid.suites import PRE_SHARED

_PRE_SHARED_BYTES = 32


class Identities:
    """Long-term keys of all nodes. Drawn from the seed, and so not secret: a simulation protects nothing."""

    def __init__(self, seed: int) -> None:
        """Nothing is made before somebody needs it."""
        self._seed = seed
        self._pairs: dict[tuple[str, str], SigningKeyPair] = {}
        self._shared: dict[tuple[str, str], bytes] = {}

    def credentials(self, me: str, peer: str, methods: Sequence[str]) -> Credentials:
        """What a node needs to prove itself to another by these methods, and to check the other."""
        schemes = [one for one in methods if one != PRE_SHARED]
        return Credentials(
            self._shared_key(me, peer) if PRE_SHARED in methods else None,
            {one: self._signing_pair(me, one) for one in schemes},
            {one: self._signing_pair(peer, one).public_key for one in schemes},
        )

    def _signing_pair(self, node: str, scheme: str) -> SigningKeyPair:
        pair = self._pairs.get((node, scheme))
        if pair is None:
            algorithm = find_signature(scheme)
            length = algorithm.facts.seed_bytes
            draws = rng.stream(self._seed, "signing key", node, scheme)
            pair = self._pairs[node, scheme] = algorithm.generate(None if length is None else draws.bytes(length))
        return pair

    def _shared_key(self, me: str, peer: str) -> bytes:
        ends = (me, peer) if me < peer else (peer, me)
        if ends not in self._shared:
            self._shared[ends] = rng.stream(self._seed, "pre-shared key", *ends).bytes(_PRE_SHARED_BYTES)
        return self._shared[ends]
