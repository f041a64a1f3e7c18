"""Key on board of a satellite, and what becomes of it: announced as the XOR of two stations' keys, once.

A satellite that shares K_A with station A and K_B with station B announces K_A xor K_B; then A and B share K_A. Each
bit on board enters at most one announcement and is then erased; it is never used for authentication. The satellite
knows both keys: whoever holds it before the erasure holds the key of the pair. Announcements carry a Wegman-Carter tag,
paid from the authentication pool of the station that hears them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Announcement:
    """Key that two stations share from a moment on; epsilon is that of its parts and of the announcement's tag.

    on_board_s  since when the satellite knew some of it: the first light of the oldest block that it came from
    """

    time_s: float
    satellite: str
    pair: tuple[str, str]
    bits: int
    epsilon: float
    on_board_s: float


@dataclass(slots=True)
class _Lot:
    bits: int
    epsilon: float
    since_s: float


@dataclass(slots=True)
class OnBoard:
    """The stores of one satellite, one per station, first in, first out; together they hold `capacity_bits`.

    raw_bits  taken by raw data that waits to become key
    """

    satellite: str
    capacity_bits: int
    destroyed_bits: int = 0
    raw_bits: int = 0
    _lots: dict[str, deque[_Lot]] = field(default_factory=lambda: defaultdict(deque))

    def held_bits(self, station: str) -> int:
        """Key shared with a station and not announced yet."""
        return sum(lot.bits for lot in self._lots[station])

    @property
    def all_bits(self) -> int:
        """Everything on board."""
        return sum(self.held_bits(station) for station in list(self._lots))

    @property
    def free_bits(self) -> int:
        """Room for key or raw data."""
        return max(self.capacity_bits - self.all_bits - self.raw_bits, 0)

    def destroy(self, station: str) -> None:
        """Erase the key shared with a station that has lost its own copy."""
        self.destroyed_bits += self.held_bits(station)
        self._lots[station].clear()

    def store(self, station: str, bits: int, epsilon: float, since_s: float = 0.0) -> None:
        """Keep the key of a pass, whose light is known on board since `since_s`; what does not fit is destroyed."""
        kept = min(bits, self.free_bits)
        self.destroyed_bits += bits - kept
        if kept > 0:
            self._lots[station].append(_Lot(kept, epsilon, since_s))

    def can_announce(self, station: str, pairs: Sequence[tuple[str, str]]) -> bool:
        """Whether a contact with a station would give key to any of its pairs."""
        return any(min(self.held_bits(one) for one in pair) > 0 for pair in pairs if station in pair)

    def announce(
        self,
        station: str,
        pairs: Sequence[tuple[str, str]],
        served_bits: dict[tuple[str, str], int],
        time_s: float,
        epsilon_authentication: float,
    ) -> list[Announcement]:
        """In contact with a station: what its pairs can be given, the least served pair first.

        `epsilon_authentication` is the claim of the tag over all these announcements: a forged one would give the
        station a wrong key.
        """
        made = []
        mine = [pair for pair in pairs if station in pair]
        for pair in sorted(mine, key=lambda one: (served_bits[one], mine.index(one))):
            other = pair[0] if pair[1] == station else pair[1]
            bits = min(self.held_bits(station), self.held_bits(other))
            if bits > 0:
                on_board_s = min(self._lots[one][0].since_s for one in pair)
                epsilon = self._spend(station, bits) + self._spend(other, bits) + epsilon_authentication
                served_bits[pair] += bits
                made.append(Announcement(time_s, self.satellite, pair, bits, epsilon, on_board_s))
        return made

    def _spend(self, station: str, bits: int) -> float:
        """Erase announced bits; the epsilons of the lots they come from."""
        epsilon, lots = 0.0, self._lots[station]
        while bits > 0:
            lot = lots[0]
            taken = min(bits, lot.bits)
            epsilon += lot.epsilon
            lot.bits -= taken
            bits -= taken
            if lot.bits == 0:
                lots.popleft()
        return epsilon
