"""The error tree.

QkdsimError            anything qkdsim raises on purpose; exit status 1
├── InputError         a file, option or argument is wrong; exit status 2
└── RunError           a run could not complete
"""

from __future__ import annotations

from dataclasses import dataclass


class QkdsimError(Exception):
    """Base of every error that qkdsim raises on purpose."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: where, what was given, what is expected."""

    source: str
    key: str
    given: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.source}: {self.key}" if self.key else self.source
        return f"{where}: got {self.given}, expected {self.expected}" if self.given else f"{where}: {self.expected}"


class InputError(QkdsimError):
    """The user's input is wrong; `problems` holds one entry per thing to mend."""

    exit_status = 2

    def __init__(self, *problems: Problem) -> None:
        """Take at least one problem; the message is the first, with a count of the others."""
        self.problems = problems
        more = len(problems) - 1
        suffix = f" (and {more} more: see `qkdsim check`)" if more else ""
        super().__init__(f"{problems[0]}{suffix}")

    @classmethod
    def of(cls, source: str, key: str, given: object, expected: str) -> InputError:
        """One problem; `given` is shown as a short single line, and left out when it is None."""
        return cls(Problem(source, key, "" if given is None else shown(given), expected))


class RunError(QkdsimError):
    """A run was asked for rightly but could not complete."""


def shown(value: object, limit: int = 60) -> str:
    """A value as one short line for an error message."""
    text = repr(value) if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
