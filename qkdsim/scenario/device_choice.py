"""Which device stands at each end of a link, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qkdsim import library
from qkdsim.devices import NamedProfile, load_named_profile
from qkdsim.errors import InputError, Problem
from qkdsim.scenario.checks import named_here
from qkdsim.scenario.model import NamedScenario
from qkdsim.scenario.user_tables import UserTables
from qkdsim.topology import NamedTopology


@dataclass(frozen=True, slots=True)
class Choice:
    """Profile names of transmitter and receiver, and the file and keys that name them."""

    names: tuple[str, str]
    keys: tuple[str, str]
    path: Path

    @property
    def file(self) -> str:
        """How messages name the file."""
        return library.display_name(self.path)


def choose(topology: NamedTopology, index: int, named: NamedScenario | None, number: int) -> Choice | Problem:
    """The devices of `link[index]` of the topology.

    The scenario's own `link[number]` comes first (-1: none), then the topology, then the default profile.
    """
    link = topology.topology.link[index]
    own = named.scenario.link[number].profile if named is not None and number >= 0 else None
    if named is not None and own is not None:
        key = f"link[{number}].profile"
        return Choice((own, own), (key, key), named.path)
    if link.device_names is not None:
        ends = ("profile", "profile") if link.profile is not None else ("transmitter", "receiver")
        return Choice(link.device_names, (f"link[{index}].{ends[0]}", f"link[{index}].{ends[1]}"), topology.path)
    if named is not None and named.scenario.default_profile is not None:
        default = named.scenario.default_profile
        return Choice((default, default), ("default_profile", "default_profile"), named.path)
    file = library.display_name(topology.path if named is None else named.path)
    text = f"a profile for link {link.id}, which names none in the topology"
    return Problem(file, "default_profile", "nothing", text)


class ProfileShelf:
    """Reads each profile once; what is wrong with them gathers in `problems`."""

    def __init__(self) -> None:
        """Start empty."""
        self.problems: list[Problem] = []
        self.tables = UserTables()  # what the files name beside profiles
        self._profiles: dict[tuple[str, Path], NamedProfile | None] = {}

    @property
    def hashes(self) -> tuple[tuple[str, str], ...]:
        """Name and file hash of every profile in use, sorted."""
        return tuple(sorted({(one.name, one.sha256) for one in self._profiles.values() if one is not None}))

    def pair(self, choice: Choice) -> tuple[NamedProfile, NamedProfile] | None:
        """Transmitter and receiver, or None when one of them cannot be read."""
        first, second = (self._profile(choice, end) for end in (0, 1))
        return None if first is None or second is None else (first, second)

    def _profile(self, choice: Choice, end: int) -> NamedProfile | None:
        return self.named(choice.names[end], choice.path, choice.file, choice.keys[end])

    def named(self, name: str, path: Path, file: str, key: str) -> NamedProfile | None:
        """The profile that `key` of the file at `path` names, or None when it cannot be read."""
        if (name, path) not in self._profiles:
            self._profiles[name, path] = None
            try:
                self._profiles[name, path] = load_named_profile(name, beside=path)
            except InputError as error:
                self.problems.extend(named_here(error, file, key, name))
        return self._profiles[name, path]
