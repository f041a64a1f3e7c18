"""The one decorator for compiled functions.

A kernel takes and returns plain arrays and numbers. It stands in one file with every kernel that it calls: the cache
of compiled code looks at the file of the caller only, so a callee changed elsewhere would keep its stale result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function to machine code when it is first called, and keep the code for the next process.

    Where no folder for the cache can be written, the function is compiled anew in every process.
    """
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        compiled = numba.njit(nogil=True)(function)
    return cast(Callable[P, R], compiled)
