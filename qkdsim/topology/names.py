"""Names that are unique and fit into files: ids of nodes and links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_ID_LENGTH = 64
MAX_LABEL_LENGTH = 120
_PLAIN_ID = re.compile(rf"[^\W_][\w.-]{{0,{MAX_ID_LENGTH - 1}}}")


def unique_names(wanted: Iterable[str], taken: Iterable[str] = (), join: str = "--") -> list[str]:
    """The names wanted in their order, each free: the second `a` becomes `a--2`, the third `a--3`, and so on."""
    used, last = set(taken), dict[str, int]()
    found = []
    for name in wanted:
        free, number = name, last.get(name, 1)
        while free in used:
            number += 1
            free = f"{name}{join}{number}"
        last[name] = number
        used.add(free)
        found.append(free)
    return found


def clean_text(text: str) -> str:
    """A text on one line, composed (NFC), without what cannot be printed."""
    printable = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFC", text))
    return " ".join(printable.split())


def id_of(name: str) -> str:
    """An id made of a name: the name itself if it is plain, else its letters and digits of any script, with dashes.

    Empty where the name has neither; cut at `MAX_ID_LENGTH`.
    """
    cleaned = clean_text(name)
    if _PLAIN_ID.fullmatch(cleaned):
        return cleaned
    return re.sub(r"[\W_]+", "-", cleaned).strip("-")[:MAX_ID_LENGTH].rstrip("-")
