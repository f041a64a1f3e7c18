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

_SESSIONS = (
    Column("index", "i64", "", "number of the handshake in the run, from 0, in the order in which they were begun"),
    Column("plan", "str", "", "id of the `[[session]]` that it belongs to"),
    Column("from", "str", "", "node that begins handshakes"),
    Column("to", "str", "", "node that answers them"),
    Column(
        "cause",
        "str",
        "",
        "why a handshake was due: `start`, `time`, `volume` or `supply` of key, `phase` (suite or policy changed) or"
        " `retry` (none was established before, or a node is back)",
    ),
    Column("suite", "str", "", "cipher suite"),
    Column("policy", "str", "", "policy of the pair"),
    Column("cipher", "str", "", "session cipher of the suite"),
    Column(
        "authentication",
        "str",
        "",
        "methods that were proved, joined by commas, all of which had to hold; empty without a session",
    ),
    Column("wanted_s", "f64", "s", "when the handshake was due"),
    Column("established_s", "f64", "s", "both ends have the session; null without one"),
    Column(
        "ended_s",
        "f64",
        "s",
        "traffic left the session: replaced, expired, a node lost, or the end of run or plan; null without a session",
    ),
    Column(
        "outcome",
        "str",
        "",
        "`established`; `refused`: the policy, or an end, said no; `failed`: given up after messages were lost, or a"
        " node was lost, or the end came first",
    ),
    Column("reason", "str", "", "why there is no session; empty where there is one"),
    Column("mixed", "str", "", "secrets in its key, joined by commas, in the order of the suite"),
    Column("missing", "str", "", "what the policy would have mixed besides, joined by commas"),
    Column("downgraded", "bool", "", "whether anything was missing"),
    Column("key_request", "i64", "", "index in `requests` of the QKD key that was mixed; -1 without"),
    Column(
        "rests_on",
        "str",
        "",
        "what its secrecy rests on: clauses joined by ` & `, all of which must hold; of the names in brackets, joined"
        " by ` | `, one must; empty without a session",
    ),
    Column("simulated", "bool", "", "whether there was no cryptography, but messages of the same lengths and times"),
    Column("messages", "i64", "", "messages of the handshake sent by both ends, repeated ones included"),
    Column("retransmissions", "i64", "", "how many of them were sent again"),
    Column("handshake_bytes", "i64", "B", "length of all these messages; signatures at their longest"),
    Column("delay_s", "f64", "s", "from wanted to established; null without a session"),
    Column("protected_bytes", "i64", "B", "plain bytes sent under the session"),
    Column(
        "blocked_bytes",
        "i64",
        "B",
        "plain bytes of traffic that had no session to go by, since the row before of this pair until the outcome of"
        " this handshake; in the last row of a pair, until the end",
    ),
)

_SESSION_PADS = (
    Column("session", "i64", "", "index in `sessions`"),
    Column("request", "i64", "", "index in `requests` of the key that became pad of the session"),
    Column("bits", "i64", "bit", "its length: pad, tags and tag keys of both directions"),
)

_OBJECTS = (
    Column("index", "i64", "", "number of the operation in the run, from 0, in the order in which they were due"),
    Column("object", "str", "", "id of the `[[object]]`"),
    Column("operation", "str", "", "`store`, `refresh`, `recover` or `rebuild`"),
    Column("node", "str", "", "the owner; of a rebuild the reader, of a recovery the node whose share was lost"),
    Column("holders", "str", "", "all nodes that hold a share when all is well, joined by `>`"),
    Column("threshold", "i64", "", "shares that give the object"),
    Column("epoch", "i64", "", "how often the shares had been refreshed when the operation was over"),
    Column("object_bytes", "i64", "B", "size of the object"),
    Column("started_s", "f64", "s", "when it was due; operations on one object follow each other"),
    Column("finished_s", "f64", "s", "done or failed; null for one that was not over when the run ended"),
    Column("outcome", "str", "", "`done`, `failed` or `unfinished`"),
    Column("reason", "str", "", "why it failed; then the holders that had no part in it, each with the reason"),
    Column(
        "key_bits",
        "i64",
        "bit",
        "key taken for pads and tags of its messages, from end to end; also where it failed in the end",
    ),
    Column("used", "str", "", "holders whose shares went into it, joined by `>`; empty for `store`, and unless done"),
    Column(
        "matches",
        "str",
        "",
        "of a rebuilt object, whether its bytes are those that were stored: `yes` or `no`; empty for other operations"
        " and for objects too large to be kept in memory",
    ),
    Column("rests_on", "str", "", "what the secrecy of the object rests on, written as in `sessions`"),
)

_OBJECT_KEYS = (
    Column("operation", "i64", "", "index in `objects`"),
    Column("request", "i64", "", "index in `requests` of the one-time-pad key that carried part of a message"),
    Column("holder", "str", "", "node for whose share the message was: in a rebuild its sender, else its receiver"),
    Column("bits", "i64", "bit", "length of the key: pad and tag"),
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
    Column("kind", "str", "", "as the scenario names it; `no-classical-path` of a link whose two ends cannot talk"),
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

_MIGRATION = (
    Column("time_s", "f64", "s", "time of a step, or of a coarse grid from 0 to the duration inclusive"),
    Column("stage", "str", "", "the stage; of every time there is one row per stage, in their order"),
    Column("suite", "str", "", "cipher suite of the stage"),
    Column("policy", "str", "", "policy of the stage"),
    Column("nodes", "i64", "", "nodes at the stage, of those that migrate or are an end of migrating sessions"),
    Column("pairs", "i64", "", "pairs with migrating sessions at the stage, which is the lower one of their two nodes"),
    Column(
        "cost", "f64", "", "spent on the stage so far, in the unit of the scenario: by coming to it, and by staying"
    ),
    Column("protected_bytes", "i64", "B", "plain bytes sent so far under sessions of pairs at the stage"),
    Column("readable_bytes", "i64", "B", "of them those that whoever recorded them reads with a quantum computer"),
    Column(
        "still_readable_bytes",
        "i64",
        "B",
        "those of the same kind that are sent between this time and the end of the run",
    ),
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
        "sessions": _SESSIONS,
        "session_pads": _SESSION_PADS,
        "objects": _OBJECTS,
        "object_keys": _OBJECT_KEYS,
        "migration": _MIGRATION,
    }
)
