"""XOR of independent keys of one length: the combiner that keeps an information-theoretic claim.

What it claims: if one of the keys is uniform and independent of all the others and of all that an eavesdropper knows,
so is the result (the one-time pad; C. E. Shannon, Bell Syst. Tech. J. 28, 656 (1949)). An epsilon-secret QKD key makes
it epsilon-secret, whatever the other keys are. What it does not: it binds no context and no identities, and one who
can choose a key after seeing the others chooses the result. Authenticate the context with a universal-hash tag, and
take the key of the confirmation from elsewhere. Independence cannot be checked; two equal keys, which would cancel, are
refused.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from itertools import combinations

from qkdsim.crypto.combiner.inputs import Secret, check_names


@dataclass(frozen=True, slots=True, eq=False)
class XorInputs:
    """Keys of one length; an absent one is None and is left out.

    Raises ValueError if none is there, the lengths differ, two have one name, or two are the same key.
    """

    secrets: tuple[Secret, ...]

    def __post_init__(self) -> None:
        check_names(self.secrets)
        values = {secret.name: secret.value for secret in self.secrets if secret.value is not None}
        if not values:
            raise ValueError("XOR: no key is there")
        lengths = {name: len(value) for name, value in values.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise ValueError(f"XOR takes keys of one length, not {listed} bytes")
        for (name, value), (other, twin) in combinations(values.items(), 2):
            if hmac.compare_digest(value, twin):
                raise ValueError(f"XOR takes independent keys: {name} and {other} are the same key")

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the keys that are there: what the result's secrecy rests on."""
        return tuple(secret.name for secret in self.secrets if secret.value is not None)


def xor_key(inputs: XorInputs) -> bytes:
    """The XOR of all keys that are there, as long as each of them."""
    values = [secret.value for secret in inputs.secrets if secret.value is not None]
    result = 0
    for value in values:
        result ^= int.from_bytes(value, "big")
    return result.to_bytes(len(values[0]), "big")
