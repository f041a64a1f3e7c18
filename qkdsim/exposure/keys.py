"""Which delivered keys are exposed when nodes are compromised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from qkdsim.errors import InputError
from qkdsim.exposure.compromise import Compromise, check_compromises
from qkdsim.exposure.uses import known_uses
from qkdsim.results import RunResult


@dataclass(frozen=True, slots=True)
class ExposedKeys:
    """Delivered keys, and those of them that are exposed.

    ends            the two nodes that hold the keys, in alphabetical order; None for all together
    by_relays_keys  exposed ones for which relays alone suffice
    at_ends_keys    exposed ones whose own ends suffice: who holds an end needs no relay
    first_s, last_s when the first and the last exposed key were delivered; None without any
    """

    key_class: str | None
    ends: tuple[str, str] | None
    keys: int
    bits: int
    exposed_keys: int
    exposed_bits: int
    by_relays_keys: int
    at_ends_keys: int
    first_s: float | None
    last_s: float | None

    @property
    def share(self) -> float | None:
        """Exposed keys over delivered keys; None if none was delivered."""
        return self.exposed_keys / self.keys if self.keys else None


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a set of compromised nodes gives away: all keys together, and by class and pair, most exposed bits first."""

    compromises: tuple[Compromise, ...]
    total: ExposedKeys
    groups: tuple[ExposedKeys, ...]


def compromised_keys(result: RunResult, compromises: Sequence[Compromise]) -> pl.DataFrame:
    """Every exposed key, in order of its request.

    Columns: `index`, `class`, `from`, `to`, `arrival_s`, `delivered_s`, `bits`, `paths`, `threshold`, `known_paths`
    (whose shares are known), `by_relays` (relays alone suffice), `at_ends` (its own ends suffice).

    Raises InputError for a node that is not in the run, or if the summary does not say how the keys of a class are
    shared.
    """
    check_compromises(result, compromises)
    columns = ("index", "class", "from", "to", "arrival_s", "delivered_s", "bits", "paths", "threshold", "known_paths")
    keys = _exposed(result, compromises).select(*columns, "by_relays", "at_ends")
    return keys.collect(engine="streaming").sort("index")


def exposure(result: RunResult, compromises: Sequence[Compromise], pair: tuple[str, str] | None = None) -> Exposure:
    """What the compromised nodes give away, of all pairs or of one.

    Raises InputError as `compromised_keys` does.
    """
    check_compromises(result, compromises)
    every = {"keys": pl.len(), "bits": pl.col("bits").sum()}
    exposed = {
        "exposed_keys": pl.len(),
        "exposed_bits": pl.col("bits").sum(),
        "by_relays_keys": pl.col("by_relays").sum(),
        "at_ends_keys": pl.col("at_ends").sum(),
        "first_s": pl.col("delivered_s").min(),
        "last_s": pl.col("delivered_s").max(),
    }
    table = _by_pair(delivered(result), pair, every).join(
        _by_pair(_exposed(result, compromises), pair, exposed), on=["class", "first", "second"], how="left"
    )
    counts = pl.col("exposed_keys", "exposed_bits", "by_relays_keys", "at_ends_keys").fill_null(0)
    order = ["exposed_bits", "class", "first", "second"]
    rows = table.with_columns(counts).sort(order, descending=[True, False, False, False]).iter_rows()
    groups = tuple(ExposedKeys(key_class, (one, other), *rest) for key_class, one, other, *rest in rows)
    return Exposure(tuple(compromises), _total(groups), groups)


def _by_pair(keys: pl.LazyFrame, pair: tuple[str, str] | None, figures: dict[str, pl.Expr]) -> pl.DataFrame:
    """Figures by class and pair, whichever of the two asked; of all pairs or of one."""
    if pair is not None:
        keys = keys.filter(pl.col("from").is_in(pair) & pl.col("to").is_in(pair))
    # each way first: twice the groups, but no comparison of names for every key
    ways = keys.group_by("class", "from", "to").agg(**figures).collect(engine="streaming")
    ends = {"first": pl.min_horizontal("from", "to"), "second": pl.max_horizontal("from", "to")}
    least = [pl.col(name).min() for name in figures if name == "first_s"]
    most = [pl.col(name).max() for name in figures if name == "last_s"]
    sums = [pl.col(name).sum() for name in figures if name not in ("first_s", "last_s")]
    return ways.with_columns(**ends).group_by("class", "first", "second").agg(*sums, *least, *most)


def _total(groups: Sequence[ExposedKeys]) -> ExposedKeys:
    return ExposedKeys(
        None,
        None,
        sum(group.keys for group in groups),
        sum(group.bits for group in groups),
        sum(group.exposed_keys for group in groups),
        sum(group.exposed_bits for group in groups),
        sum(group.by_relays_keys for group in groups),
        sum(group.at_ends_keys for group in groups),
        min((group.first_s for group in groups if group.first_s is not None), default=None),
        max((group.last_s for group in groups if group.last_s is not None), default=None),
    )


def _exposed(result: RunResult, compromises: Sequence[Compromise]) -> pl.LazyFrame:
    """Every exposed key with the number of its paths whose shares are known."""
    known = known_uses(result, list(dict.fromkeys(compromises))).join(
        delivered(result), left_on="request", right_on="index"
    )
    at_end = (pl.col("node") == pl.col("from")) | (pl.col("node") == pl.col("to"))
    path, threshold = pl.col("path"), pl.col("threshold")
    carried = ("class", "from", "to", "arrival_s", "delivered_s", "bits", "paths", "threshold")
    return (
        known.group_by(pl.col("request").alias("index"))
        .agg(
            *(pl.col(name).first() for name in carried),
            known_paths=path.n_unique(),
            relay_paths=path.filter(~at_end).n_unique(),
            end_paths=path.filter(at_end).n_unique(),
        )
        .filter(pl.col("known_paths") >= threshold)
        .with_columns(by_relays=pl.col("relay_paths") >= threshold, at_ends=pl.col("end_paths") >= threshold)
    )


def delivered(result: RunResult) -> pl.LazyFrame:
    """Delivered keys with `delivered_s` and `threshold`, the shares that give the key.

    A key on one path has threshold 1, one shared by XOR as many as it has paths, one shared by Shamir's scheme that of
    its class, or its paths where fewer were found.

    Raises InputError if the summary does not say how the keys of a class are shared.
    """
    served = result.lazy("requests").filter(pl.col("outcome") == "served")
    classes = pl.DataFrame(_thresholds(result, served), schema={"class": pl.String, "stated": pl.Int64}, orient="row")
    return served.join(classes.lazy(), on="class", how="left").select(
        *("index", "class", "from", "to", "arrival_s", "bits", "paths", "path"),
        delivered_s=pl.col("arrival_s") + pl.col("delay_s"),
        threshold=pl.min_horizontal("paths", "stated").clip(1),
    )


def _thresholds(result: RunResult, served: pl.LazyFrame) -> list[tuple[str, int | None]]:
    """Threshold by class; none for XOR, where all shares are needed however many there are."""
    classes = result.summary.get("classes", ())
    thresholds = [(one["name"], None if one["sharing"] == "xor" else one["threshold"]) for one in classes]
    shared = served.filter(pl.col("paths") > 1).select(pl.col("class").unique()).collect()["class"].to_list()
    unknown = sorted(set(shared) - {name for name, _ in thresholds})
    if unknown:
        raise InputError.of(
            "summary.json", "classes", None, f"the class {unknown[0]!r}, whose keys went over several paths, is missing"
        )
    return thresholds
