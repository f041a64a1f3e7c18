"""The tables of a run: column, dtype, unit and meaning. Sinks, reader and manual follow this list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Dtype = Literal["str", "i64", "f64", "bool"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type (`f64` may be null), unit (empty for a ratio, count or name), and what it is."""

    name: str
    dtype: Dtype
    unit: str
    meaning: str


_LINKS = (
    Column("id", "str", "", "the link"),
    Column("from", "str", "", "node of the transmitter"),
    Column("to", "str", "", "node of the receiver"),
    Column("profile", "str", "", "device profile"),
    Column("protocol", "str", "", "QKD protocol"),
    Column("fidelity", "str", "", "how the link was simulated: expected, tallied or declared"),
    Column("length_km", "f64", "km", "length of the fibre"),
    Column("loss_db", "f64", "dB", "loss between the modules"),
    Column(
        "qber",
        "f64",
        "",
        "quantum bit error rate, mean over blocks that were not aborted, weighted by sifted bits; null without any",
    ),
    Column("sifted_bits", "f64", "bit", "detections in the key basis; null when declared"),
    Column("secret_bits", "i64", "bit", "secret key extracted"),
    Column("authentication_bits", "i64", "bit", "key spent on authenticating the link's own messages"),
    Column(
        "stored_bits",
        "i64",
        "bit",
        "key handed to the store: secret bits less refills of the authentication pool",
    ),
    Column("destroyed_bits", "i64", "bit", "key that a full store could not take, initial key included"),
    Column("secret_key_rate_bps", "f64", "bit/s", "secret bits divided by the duration of the run"),
    Column("blocks", "i64", "", "key blocks closed"),
    Column("aborted_blocks", "i64", "", "blocks without key because the QBER was above the abort threshold"),
    Column("keyless_blocks", "i64", "", "blocks without key for any reason, aborted ones included"),
    Column("stopped_s", "f64", "s", "when its authentication pool was empty and the link stopped; null if it did not"),
    Column("epsilon", "f64", "", "failure probability summed over the blocks"),
    Column("bounds", "str", "", "key-length theory and tail bounds"),
    Column("covered_by_proof", "bool", "", "whether the devices meet the conditions of the security proof"),
    Column(
        "in_validity", "bool", "", "whether dead time and afterpulses are in the range for which counts are corrected"
    ),
    Column("coverage", "str", "", "the label that says so, with reasons"),
    Column("published_secret_key_rate_bps", "f64", "bit/s", "what the literature reports; null where it does not"),
    Column("published_qber", "f64", "", "what the literature reports; null where it does not"),
)

_BLOCKS = (
    Column("link", "str", "", "the link"),
    Column("index", "i64", "", "number of the block on its link, from 0"),
    Column("start_s", "f64", "s", "sifting starts"),
    Column("end_s", "f64", "s", "sifting ends"),
    Column("available_s", "f64", "s", "the key is in the store"),
    Column("pulses", "f64", "", "pulses sent while the block was open"),
    Column("sifted_bits", "f64", "bit", "detections in the key basis; null when declared"),
    Column("qber", "f64", "", "quantum bit error rate of the key basis; null without detections"),
    Column("phase_error_rate", "f64", "", "upper bound; null where no theory bounds it"),
    Column("leak_ec_bits", "f64", "bit", "disclosed by error correction"),
    Column("secret_bits", "i64", "bit", "length of the secret key"),
    Column("authentication_bits", "i64", "bit", "key spent on tags"),
    Column("pool_refill_bits", "i64", "bit", "part of the secret bits that refilled the authentication pool"),
    Column("epsilon", "f64", "", "failure probability: secrecy + correctness + authentication"),
    Column("outcome", "str", "", "`key`, or why there is none"),
)

_PASSES = (
    Column("satellite", "str", "", "the satellite"),
    Column("station", "str", "", "node of the ground station"),
    Column("rise_s", "f64", "s", "rises above the station's mask; 0 for one that was up at the start"),
    Column("culmination_s", "f64", "s", "highest"),
    Column("set_s", "f64", "s", "sets; the post-processing contact closes"),
    Column("max_elevation_deg", "f64", "deg", "greatest elevation"),
    Column("usable_s", "f64", "s", "time in which Sun and satellite allow key to be made"),
    Column("is_usable", "bool", "", "whether Sun and clouds leave any of it"),
    Column("is_taken", "bool", "", "whether satellite and station served each other"),
    Column("reason", "str", "", "why it gave nothing or less; empty where all of it was used"),
    Column("min_loss_db", "f64", "dB", "least loss between the telescopes; null where nothing was usable"),
    Column("expected_secret_bits", "i64", "bit", "mean key if it were taken under a clear sky"),
    Column("sifted_bits", "f64", "bit", "detections in the key basis; null where not taken"),
    Column("qber", "f64", "", "quantum bit error rate of the key basis; null without detections"),
    Column("secret_bits", "i64", "bit", "key that satellite and station share after it"),
)

_STORES = (
    Column("time_s", "f64", "s", "grid time, 0 to the duration inclusive"),
    Column("link", "str", "", "the link"),
    Column("stored_bits", "i64", "bit", "key in the store of the link"),
)

_REQUESTS = (
    Column("index", "i64", "", "number of the request, from 0"),
    Column("demand", "str", "", "the demand that asked"),
    Column("class", "str", "", "its service class"),
    Column("priority", "i64", "", "of the class; 0 goes first"),
    Column("from", "str", "", "node that asks"),
    Column("to", "str", "", "node that shall hold the same key"),
    Column("arrival_s", "f64", "s", "when it asked"),
    Column("bits", "i64", "bit", "key asked for"),
    Column(
        "outcome",
        "str",
        "",
        "`served`, `blocked` (refused, or no key in time) or `lost` (on its way when something failed)",
    ),
    Column("cause", "str", "", "why it was not served; empty when it was"),
    Column("delay_s", "f64", "s", "from request to key at both ends; null unless served"),
    Column("attempts", "i64", "", "routes tried"),
    Column(
        "paths", "i64", "", "node-disjoint paths that carried shares of the key; 1 for a single route, 0 unless served"
    ),
    Column("hops", "i64", "", "links used, all paths together; 0 unless served"),
    Column("path", "str", "", "nodes from end to end, joined by `>`, paths by `|`; empty unless served"),
    Column("consumed_bits", "i64", "bit", "key taken from stores for it: key, shares and tags on all hops"),
    Column("epsilon", "f64", "", "failure probability summed over blocks and hops used; null unless served"),
)

_RELAYS = (
    Column("request", "i64", "", "index of the request"),
    Column("path", "i64", "", "number of the path among those of the request, from 0"),
    Column("hop", "i64", "", "number of the hop on its path, from 0"),
    Column("link", "str", "", "the link"),
    Column("time_s", "f64", "s", "when the hop took place"),
    Column("key_bits", "i64", "bit", "key taken from the store of the link for this hop"),
    Column("tag_bits", "i64", "bit", "key used to authenticate the hop"),
)

_FAULTS = (
    Column("kind", "str", "", "what goes wrong, as the scenario names it"),
    Column("on", "str", "", "`link`, `node`, `controller` or `classical-link`"),
    Column("target", "str", "", "id of what suffers; empty for the controller"),
    Column("start_s", "f64", "s", "it begins"),
    Column("end_s", "f64", "s", "it ends"),
    Column(
        "live_again_s",
        "f64",
        "s",
        "ready again after relock or start-up; null if the link has stopped for good",
    ),
)

_INCIDENTS = (
    Column("time_s", "f64", "s", "when it was noticed"),
    Column("kind", "str", "", "`store-mismatch`, `key-lost`, `key-expired` or `relay-failed`"),
    Column("link", "str", "", "the link concerned; empty if none"),
    Column("node", "str", "", "the node concerned; empty if none"),
    Column("request", "i64", "", "index of the request concerned; -1 if none"),
    Column("bits", "i64", "bit", "key destroyed because of it"),
)

_NODES = (
    Column("id", "str", "", "node, as the topology names it"),
    Column("label", "str", "", "what figures call it"),
    Column("kind", "str", "", "`trusted`, `user`, `relay`, `ground-station` or `satellite`"),
    Column("latitude_deg", "f64", "deg", "where it stands; null when not stated"),
    Column("longitude_deg", "f64", "deg", "where it stands; null when not stated"),
)

TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "links": _LINKS,
        "blocks": _BLOCKS,
        "stores": _STORES,
        "requests": _REQUESTS,
        "relays": _RELAYS,
        "faults": _FAULTS,
        "incidents": _INCIDENTS,
        "nodes": _NODES,
        "passes": _PASSES,
    }
)
