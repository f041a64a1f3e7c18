"""The quantum secure cloud: objects and numbers held as shares by nodes that QKD links join.

Shares travel under one-time pads with Wegman-Carter tags; every operation gives, besides its result, the messages that
it sends, and so the key that it takes from each link. No key is drawn from a store here, and nothing is sent.

The names are imported when first used: plans from sizes alone are asked for by those who never see a byte.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qkdsim.securecloud.custody import CustodyKey
    from qkdsim.securecloud.guard import GUARD_BYTES, undetected_bound
    from qkdsim.securecloud.holders import Holders
    from qkdsim.securecloud.key_use import KeyUse, Message, total_use
    from qkdsim.securecloud.plans import (
        multiply_plan,
        open_plan,
        rebuild_plan,
        recover_plan,
        refresh_plan,
        share_numbers_plan,
        share_plan,
    )
    from qkdsim.securecloud.shared_numbers import FixedPoint, Opened, SharedNumbers, opened, pooled, share_numbers
    from qkdsim.securecloud.shares import Chunk, ChunkShare
    from qkdsim.securecloud.statistics import (
        covariance,
        inner_product,
        mean,
        product,
        total,
        variance,
        weighted_total,
    )
    from qkdsim.securecloud.storage import (
        CHUNK_BYTES,
        Dealt,
        Rebuilt,
        chunks,
        rebuild_chunk,
        rebuild_object,
        share_chunk,
        share_object,
    )
    from qkdsim.securecloud.upkeep import recover_chunk, refresh_chunk

_PLANS = ("share_plan", "rebuild_plan", "refresh_plan", "recover_plan", "share_numbers_plan", "multiply_plan")
_NUMBERS = ("FixedPoint", "Opened", "SharedNumbers", "opened", "pooled", "share_numbers")
_STATISTICS = ("covariance", "inner_product", "mean", "product", "total", "variance", "weighted_total")
_OBJECTS = ("chunks", "share_chunk", "share_object", "rebuild_chunk", "rebuild_object")
_HOMES = {
    "CustodyKey": "custody",
    "Holders": "holders",
    **dict.fromkeys(("GUARD_BYTES", "undetected_bound"), "guard"),
    **dict.fromkeys(("KeyUse", "Message", "total_use"), "key_use"),
    **dict.fromkeys((*_PLANS, "open_plan"), "plans"),
    **dict.fromkeys(_NUMBERS, "shared_numbers"),
    **dict.fromkeys(("Chunk", "ChunkShare"), "shares"),
    **dict.fromkeys(_STATISTICS, "statistics"),
    **dict.fromkeys((*_OBJECTS, "CHUNK_BYTES", "Dealt", "Rebuilt"), "storage"),
    **dict.fromkeys(("recover_chunk", "refresh_chunk"), "upkeep"),
}

__all__ = [
    "CHUNK_BYTES",
    "GUARD_BYTES",
    "Chunk",
    "ChunkShare",
    "CustodyKey",
    "Dealt",
    "FixedPoint",
    "Holders",
    "KeyUse",
    "Message",
    "Opened",
    "Rebuilt",
    "SharedNumbers",
    "chunks",
    "covariance",
    "inner_product",
    "mean",
    "multiply_plan",
    "open_plan",
    "opened",
    "pooled",
    "product",
    "rebuild_chunk",
    "rebuild_object",
    "rebuild_plan",
    "recover_chunk",
    "recover_plan",
    "refresh_chunk",
    "refresh_plan",
    "share_chunk",
    "share_numbers",
    "share_numbers_plan",
    "share_object",
    "share_plan",
    "total",
    "total_use",
    "undetected_bound",
    "variance",
    "weighted_total",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qkdsim.securecloud' has no attribute {name!r}")
    return getattr(import_module(f"qkdsim.securecloud.{_HOMES[name]}"), name)
