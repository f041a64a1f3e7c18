"""Stored objects in the results: the tables of operations and of their keys, and the headline figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qkdsim.apps import KeyTaken, ObjectLog, OperationRecord, StoredObject
from qkdsim.results import RunSink

_CHUNK_ROWS = 50_000


class ObjectRecorder:
    """Hands the keys of operations to a sink in large chunks; `log` is where objects say what came of them."""

    def __init__(self, sink: RunSink) -> None:
        """Start with empty buffers."""
        self._sink = sink
        self._keys: list[KeyTaken] = []
        self.log = ObjectLog(self._key)

    def close(self) -> None:
        """Hand over what is left, and the operations."""
        self._flush()
        records = self.log.records
        if records:
            self._sink.append("objects", _columns(records))

    def _key(self, key: KeyTaken) -> None:
        self._keys.append(key)
        if len(self._keys) >= _CHUNK_ROWS:
            self._flush()

    def _flush(self) -> None:
        keys, self._keys = self._keys, []
        if keys:
            names = ("operation", "request", "holder", "bits")
            self._sink.append("object_keys", {name: [getattr(key, name) for key in keys] for name in names})


def _columns(records: Sequence[OperationRecord]) -> dict[str, list[Any]]:
    return {
        "index": [one.index for one in records],
        "object": [one.stored.id for one in records],
        "operation": [one.kind for one in records],
        "node": [one.node for one in records],
        "holders": [">".join(one.stored.holders.nodes) for one in records],
        "threshold": [one.stored.holders.threshold for one in records],
        "epoch": [one.epoch for one in records],
        "object_bytes": [one.stored.content.size_bytes for one in records],
        "started_s": [one.started_s for one in records],
        "finished_s": [one.finished_s for one in records],
        "outcome": [one.outcome for one in records],
        "reason": [one.reason for one in records],
        "key_bits": [one.key_bits for one in records],
        "used": [">".join(one.used) for one in records],
        "matches": [one.matches for one in records],
        "rests_on": [one.stored.rests_on for one in records],
    }


def object_summary(objects: Sequence[StoredObject], records: Sequence[OperationRecord]) -> list[dict[str, Any]]:
    """The headline figures of each object, in file order."""
    return [_one(stored, [record for record in records if record.stored is stored]) for stored in objects]


def _one(stored: StoredObject, records: Sequence[OperationRecord]) -> dict[str, Any]:
    bits = 8 * stored.content.size_bytes
    return {
        "id": stored.id,
        "class": stored.service.name,
        "owner": stored.owner,
        "holders": list(stored.holders.nodes),
        "threshold": stored.holders.threshold,
        "object_bytes": stored.content.size_bytes,
        "key_bits": sum(one.key_bits for one in records),
        "link_bits": sum(one.link_bits for one in records),
        "key_bits_per_bit": sum(one.key_bits for one in records) / bits if bits else None,
        "operations": {
            kind: same
            for kind in ("store", "refresh", "recover", "rebuild")
            if (same := _kind([one for one in records if one.kind == kind]))
        },
    }


def _kind(records: Sequence[OperationRecord]) -> dict[str, Any]:
    """All operations of one kind; nothing without any."""
    if not records:
        return {}
    done = [one.finished_s - one.started_s for one in records if one.outcome == "done" and one.finished_s is not None]
    counts = {outcome: sum(one.outcome == outcome for one in records) for outcome in ("done", "failed", "unfinished")}
    return {
        **counts,
        "mean_s": sum(done) / len(done) if done else None,
        "key_bits": sum(one.key_bits for one in records),
        "compared": sum(one.matches != "" for one in records),
        "mismatches": sum(one.matches == "no" for one in records),
    }
