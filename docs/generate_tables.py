"""The reference page of the result tables, from the schema that the sinks follow."""

from __future__ import annotations

from qkdsim.links import OUTCOMES
from qkdsim.results import TABLES

ABOUT = {
    "links": "One row per link of the topology.",
    "blocks": "One row per key block, links in the order in which blocks were drawn.",
    "stores": "Levels of the key stores on a fixed grid.",
    "requests": "One row per request of an application, in order of arrival.",
    "relays": "One row per hop of each request with two hops or more whose key was sent, lost ones included.",
    "faults": "One row per link, node or controller that a fault hits, in order of start.",
    "incidents": "One row per event that cost key or parted the two ends of a store, in order of time.",
    "measures": "One row per [measure](../explanation/measures.md) of the network, a class, a pair or a node.",
    "restorations": "One row per fault, pair and class whose key went over what failed.",
    "messages": "One row per kind of message between the layers of the network.",
    "nodes": "One row per node of the topology.",
    "passes": "One row per pass of a satellite over a ground station, by time of rise.",
    "announcements": "One row per announcement of a satellite: a key block of a satellite link. Link by link, by time.",
    "sessions": "One row per handshake and the [session](../explanation/hybrid.md#sessions-in-a-run) that it gave, in"
    " the order in which they were begun.",
    "session_pads": "One row per key that became pad of a session with a one-time pad, in the order in which it came.",
    "migration": "How far a migration has come: one row per stage at every step and at the times of a coarse grid.",
    "objects": "One row per operation on a [stored object](../explanation/secure-cloud.md#in-a-run), in the order"
    " in which they were due.",
    "object_keys": "One row per key that carried part of a message of an operation, in the order in which keys came.",
}
TYPES = {"str": "text", "i64": "64-bit integer", "f64": "64-bit float, may be null", "bool": "true or false"}
INTRO = """<!-- written by docs/generate.py; edit qkdsim/results/schema.py, not this page -->
# Result tables

A run folder holds one Parquet file per table, `links.parquet` and so on. `RunResult.table(name)` gives a polars frame,
`.to_pandas()` of that a pandas frame. Times are simulated seconds since the start of the run; null means *none*.
"""


def tables_page() -> str:
    """The whole page."""
    parts = [INTRO]
    for name, columns in TABLES.items():
        parts.append(f"## {name}\n\n{ABOUT[name]}\n\n| column | type | unit | meaning |\n|---|---|---|---|")
        parts.extend(f"| `{one.name}` | {TYPES[one.dtype]} | {one.unit} | {one.meaning} |" for one in columns)
        parts.append("")
    outcomes = "\n".join(f"- `{outcome}`" for outcome in OUTCOMES)
    parts.append(f"## Outcomes of a block\n\n{outcomes}")
    return "\n".join(parts).rstrip() + "\n"
