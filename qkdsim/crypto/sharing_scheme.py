"""How a key is shared over paths, without its bytes: what it costs, rebuilds it and exposes it, what is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

SharingKind: TypeAlias = Literal["single", "xor", "shamir"]
Verification: TypeAlias = Literal["none", "tags", "cross-path"]

MOST_PATHS = 255  # shares of Shamir's scheme over GF(256)


def correctable(shares: int, threshold: int) -> int:
    """Wrong ones among `shares` that cross-path verification corrects while it still notices threshold - 1.

    Correcting c and noticing d takes c + d <= shares - threshold.
    """
    spare = shares - threshold
    return max(0, min(spare // 2, spare - (threshold - 1)))


@dataclass(frozen=True, slots=True)
class SharingScheme:
    """A key on `paths` node-disjoint paths, rebuilt from `threshold` shares.

    kind          `single`: the key itself on one path. `xor`: all shares are needed. `shamir`: any `threshold` of them
    verification  against nodes that alter the share they relay; `tags`: Wegman-Carter tags end to end, with key shared
                  before; `cross-path`: shares are compared with each other, which takes 2 threshold - 1 of them
    bits_per_tag  key bits that an end-to-end tag uses up, for each share

    Raises ValueError where these do not fit together.
    """

    kind: SharingKind = "single"
    paths: int = 1
    threshold: int = 1
    verification: Verification = "none"
    bits_per_tag: int = 128

    def __post_init__(self) -> None:
        if self.kind == "single" and (self.paths, self.threshold) != (1, 1):
            raise ValueError(f"single: paths and threshold are 1, not {self.paths} and {self.threshold}")
        if self.kind == "xor" and not 2 <= self.paths == self.threshold <= MOST_PATHS:
            raise ValueError(f"xor: threshold is paths, 2 to {MOST_PATHS}, not {self.threshold} of {self.paths}")
        if self.kind == "shamir" and not 2 <= self.threshold <= self.paths <= MOST_PATHS:
            raise ValueError(
                f"shamir: 2 <= threshold <= paths <= {MOST_PATHS}, not {self.threshold} of {self.paths}: "
                "with threshold 1 every path would carry the key itself"
            )
        if self.verification == "cross-path" and (self.kind != "shamir" or self.paths < 2 * self.threshold - 1):
            raise ValueError(
                "cross-path verification takes shamir with at least 2 threshold - 1 paths, "
                f"not {self.kind} with {self.threshold} of {self.paths}"
            )
        if not 1 <= self.bits_per_tag <= 128:
            raise ValueError(f"a tag has 1 to 128 bits, not {self.bits_per_tag}")

    @property
    def tag_bits(self) -> int:
        """Key shared before by the two ends that the end-to-end tags of one key use up."""
        return self.paths * self.bits_per_tag if self.verification == "tags" else 0

    @property
    def needed_paths(self) -> int:
        """Paths whose shares must arrive, so that the key is rebuilt and, across paths, verified."""
        return 2 * self.threshold - 1 if self.verification == "cross-path" else self.threshold

    def share_bits(self, key_bits: int) -> int:
        """Bits that each path carries for a key: as many as the key has, in whole bytes for `shamir`.

        Raises ValueError if there are none.
        """
        if key_bits < 1:
            raise ValueError(f"a key has at least 1 bit, not {key_bits}")
        return 8 * -(-key_bits // 8) if self.kind == "shamir" else key_bits

    def exposed(self, compromised_paths: int) -> bool:
        """Whether one who knows the shares of so many paths knows the key; otherwise they know nothing of it."""
        return compromised_paths >= self.threshold

    def rebuilds(self, arrived_paths: int) -> bool:
        """Whether the shares of so many paths give the key at the far end."""
        return arrived_paths >= self.needed_paths

    def notices_tampering(self, bad_paths: int) -> bool:
        """Whether no wrong key is ever accepted (but for a forged tag) when so many paths alter their shares."""
        if self.verification == "cross-path":
            return bad_paths <= self.paths - self.threshold - correctable(self.paths, self.threshold)
        return bad_paths == 0 or self.verification == "tags"

    def tolerates_tampering(self, bad_paths: int) -> bool:
        """Whether the right key is rebuilt although so many paths alter their shares and all others bring theirs."""
        if self.verification == "cross-path":
            return bad_paths <= correctable(self.paths, self.threshold)
        return bad_paths == 0 or (self.verification == "tags" and self.rebuilds(self.paths - bad_paths))
