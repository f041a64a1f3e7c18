"""The nodes that hold the shares of an object or of numbers, and how many of them it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_HOLDERS = 255  # share numbers of Shamir's scheme over GF(256)
MOST_TAG_BITS = 128


@dataclass(frozen=True, slots=True)
class Holders:
    """n nodes, any `threshold` of which give what is shared; fewer know nothing of it.

    nodes         names; the first holds share 1, the last share n. A node that takes the place of another takes its
                  number: `dataclasses.replace(holders, nodes=...)`
    bits_per_tag  key bits that the Wegman-Carter tag of each message uses up on each hop

    Raises ValueError unless 2 <= threshold <= n <= 255 and every name is there once. With threshold 1 every node
    would hold the secret itself.
    """

    threshold: int
    nodes: tuple[str, ...]
    bits_per_tag: int = 128

    def __post_init__(self) -> None:
        if not 2 <= self.threshold <= len(self.nodes) <= MOST_HOLDERS:
            raise ValueError(
                f"2 <= threshold <= nodes <= {MOST_HOLDERS} is needed, not {self.threshold} of {len(self.nodes)}"
            )
        twice = sorted({node for node in self.nodes if self.nodes.count(node) > 1})
        if twice:
            raise ValueError(f"a node holds one share, but {', '.join(twice)} is there twice")
        if not 1 <= self.bits_per_tag <= MOST_TAG_BITS:
            raise ValueError(f"a tag has 1 to {MOST_TAG_BITS} bits, not {self.bits_per_tag}")

    @property
    def spare(self) -> int:
        """Nodes that may be lost."""
        return len(self.nodes) - self.threshold

    @property
    def multipliers(self) -> int:
        """The nodes that a multiplication takes, 2 threshold - 1: those who must not pool their shares are a minority.

        Raises ValueError if there are fewer.
        """
        dealers = 2 * self.threshold - 1
        if len(self.nodes) < dealers:
            raise ValueError(
                f"multiplying takes 2 threshold - 1 nodes (honest majority), {dealers} for threshold "
                f"{self.threshold}, not {len(self.nodes)}"
            )
        return dealers

    def number(self, node: str) -> int:
        """The share that a node holds, from 1.

        Raises ValueError for a node that holds none.
        """
        if node not in self.nodes:
            raise ValueError(f"{node} is not one of the nodes {', '.join(self.nodes)}")
        return self.nodes.index(node) + 1

    def node(self, number: int) -> str:
        """The node that holds a share.

        Raises ValueError for a share that nobody holds.
        """
        if not 1 <= number <= len(self.nodes):
            raise ValueError(f"the shares are 1 to {len(self.nodes)}, there is no share {number}")
        return self.nodes[number - 1]

    def check_enough(self, numbers: Iterable[int]) -> None:
        """Refuse shares that are too few, there twice, or nobody's.

        Raises ValueError.
        """
        held = list(numbers)
        for number in held:
            self.node(number)
            if held.count(number) > 1:
                raise ValueError(f"share {number} is there twice")
        if len(held) < self.threshold:
            raise ValueError(
                f"{self.threshold} shares are needed, {len(held)} are here: of {len(self.nodes)} nodes "
                f"{self.spare} may be lost"
            )
