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
    Column("length_km", "f64", "km", "length of the fibre, or of the path through the air"),
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
        "key handed to the store by the end of the run: secret bits less refills of the authentication pool, without"
        " blocks that were still being processed",
    ),
    Column("destroyed_bits", "i64", "bit", "key that a full store could not take, or that was lost by a failure"),
    Column("expired_bits", "i64", "bit", "key that grew older than the store allows"),
    Column("delivered_bits", "i64", "bit", "key of the store that became a delivered key"),
    Column("relayed_bits", "i64", "bit", "key of the store that encrypted another key on its way"),
    Column("relay_tag_bits", "i64", "bit", "key of the store that authenticated hops of relays"),
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
    Column("usable_s", "f64", "s", "time in which Sun and satellite allow key to be made, and no fault forbids it"),
    Column("is_usable", "bool", "", "whether Sun, clouds and faults leave any of it"),
    Column("is_taken", "bool", "", "whether satellite and station served each other"),
    Column(
        "reason",
        "str",
        "",
        "why it gave nothing or less, or where its key is (`pooled into a later block`, `key only in a later contact`);"
        " empty where all of it was used",
    ),
    Column("min_loss_db", "f64", "dB", "least loss between the telescopes; null where nothing was usable"),
    Column("expected_secret_bits", "i64", "bit", "mean key if it were taken under a clear sky, as a block of its own"),
    Column("sifted_bits", "f64", "bit", "detections in the key basis; null where not taken"),
    Column("qber", "f64", "", "quantum bit error rate of the key basis; null without detections"),
    Column(
        "secret_bits",
        "i64",
        "bit",
        "key of the blocks that closed with it, which satellite and station share then; all of the key of passes that"
        " are pooled stands at the last of them",
    ),
    Column("direction", "str", "", "`downlink` or `uplink`: which way the light goes"),
)

_ANNOUNCEMENTS = (
    Column("link", "str", "", "the satellite link, which joins the two stations"),
    Column("index", "i64", "", "number of the key block on its link, from 0"),
    Column("time_s", "f64", "s", "the satellite announces the XOR of its keys with the two, and erases them"),
    Column("satellite", "str", "", "who announces"),
    Column("bits", "i64", "bit", "key that the two stations share from then on"),
    Column("on_board_s", "f64", "s", "since when the satellite knew some of it: the first light of its oldest block"),
    Column("epsilon", "f64", "", "failure probability of all blocks that it came from and of the tag"),
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
    Column("on", "str", "", "`link`, `node`, `satellite`, `controller` or `classical-link`"),
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
    Column("kind", "str", "", "`store-mismatch`, `key-lost` or `relay-failed`"),
    Column("link", "str", "", "the link concerned; empty if none"),
    Column("node", "str", "", "the node concerned; empty if none"),
    Column("request", "i64", "", "index of the request concerned; -1 if none"),
    Column("bits", "i64", "bit", "key destroyed because of it"),
)

_MESSAGES = (
    Column("kind", "str", "", "what is said"),
    Column("from_layer", "str", "", "layer that says it, as in ITU-T Y.3800"),
    Column("to_layer", "str", "", "layer that hears it"),
    Column("reference_point", "str", "", "between which functions: `Kq`, `Ak`, `Kx` or `Ck`"),
    Column("messages", "i64", "", "how many in the run"),
)

_MEASURES = (
    Column("scope", "str", "", "`all`, `class`, `pair` or `node`"),
    Column("name", "str", "", "the class, the pair (its nodes in alphabetical order, joined by `--`) or the node"),
    Column("measure", "str", "", "what was measured; its name ends in its unit"),
    Column("value", "f64", "", "mean over the replicas in which it exists; null in none of them"),
    Column("unit", "str", "", "unit of the value; empty for a ratio or a count"),
    Column("low", "f64", "", "lower end of the 95 % confidence interval; null with fewer than two replicas"),
    Column("high", "f64", "", "upper end of the 95 % confidence interval; null with fewer than two replicas"),
    Column("replicas", "i64", "", "runs in which the measure exists"),
)

_RESTORATIONS = (
    Column("kind", "str", "", "kind of the fault"),
    Column("on", "str", "", "`link`, `node`, `controller` or `classical-link`"),
    Column("target", "str", "", "id of what suffers; empty for the controller"),
    Column("start_s", "f64", "s", "the fault begins"),
    Column("from", "str", "", "the pair that was touched: the node first in the alphabet"),
    Column("to", "str", "", "the other node of the pair"),
    Column("class", "str", "", "service class of the requests"),
    Column("outages", "i64", "", "times that the pair's requests ceased to be served while the fault lasted"),
    Column("failed_s", "f64", "s", "arrival of the first request that was not served; null if all were"),
    Column("restored_s", "f64", "s", "arrival of the request that ended the last of the outages; null if none did"),
    Column("restoration_s", "f64", "s", "from the start of the fault until then; null if all were served, or never"),
    Column("down_s", "f64", "s", "time in these outages; 0 if all requests were served, null if it never came back"),
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
        "messages": _MESSAGES,
        "measures": _MEASURES,
        "restorations": _RESTORATIONS,
        "nodes": _NODES,
        "passes": _PASSES,
        "announcements": _ANNOUNCEMENTS,
    }
)
