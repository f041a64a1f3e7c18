"""JSON that is the same for the same content: keys as given, null for what is not a number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np


def json_text(document: Mapping[str, object]) -> str:
    """A document as indented JSON with a final newline; NaN and infinities become null.

    Raises TypeError for what JSON cannot hold.
    """
    return json.dumps(_plain(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value
