from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.links import OUTCOMES, KeyBlocks
from qkdsim.results import TABLES, MemorySink, json_text

from .rows import SUMMARY, rows


@pytest.mark.parametrize("table", TABLES)
def test_rows_come_back_in_order_with_the_stated_types(table: str) -> None:
    sink = MemorySink()
    sink.append(table, rows(table, 3))
    sink.append(table, rows(table, 2, first=3))
    frame = sink.result(SUMMARY, {}).table(table)
    whole = rows(table, 5)
    assert frame.columns == [column.name for column in TABLES[table]]
    for column in TABLES[table]:
        assert frame[column.name].to_list() == pytest.approx(list(whole[column.name]))
        names = {"str": pl.String, "i64": pl.Int64, "f64": pl.Float64, "bool": pl.Boolean}
        assert frame.schema[column.name] == names[column.dtype]


def test_every_column_has_a_meaning_and_dimensional_names_end_in_their_unit() -> None:
    suffixes = {"deg": "_deg", "s": "_s", "bit": "bits", "bit/s": "_bps", "km": "_km", "dB": "_db", "B": "bytes"}
    for columns in TABLES.values():
        assert len({column.name for column in columns}) == len(columns)
        for column in columns:
            assert column.meaning
            if column.unit:
                assert column.name.endswith(suffixes[column.unit])


def test_blocks_hold_all_that_a_link_reports() -> None:
    fields = set(KeyBlocks.__dataclass_fields__)
    assert fields < {column.name for column in TABLES["blocks"]}
    assert OUTCOMES[0] == "key"


def test_nan_becomes_null() -> None:
    sink = MemorySink()
    chunk = rows("blocks", 3)
    chunk["qber"] = np.array([0.02, math.nan, 0.03])
    sink.append("blocks", chunk)
    assert sink.result(SUMMARY, {}).table("blocks")["qber"].to_list() == [0.02, None, 0.03]


def test_none_is_taken_as_null() -> None:
    sink = MemorySink()
    chunk = rows("requests", 2)
    chunk["delay_s"] = [None, 0.25]
    sink.append("requests", chunk)
    assert sink.result(SUMMARY, {}).table("requests")["delay_s"].to_list() == [None, 0.25]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("no-such", {}),
        ("faults", {"kind": None}),
        ("faults", {"extra": ["x"]}),
        ("faults", {"kind": ["cut", "cut"]}),
    ],
)
def test_rows_that_do_not_follow_the_schema_are_refused(table: str, change: dict[str, list[str] | None]) -> None:
    chunk = {**rows("faults", 1), **{key: value for key, value in change.items() if value is not None}}
    for key, value in change.items():
        if value is None:
            del chunk[key]
    with pytest.raises(ValueError, match=r"faults|no-such"):
        MemorySink().append(table, chunk)


def test_unknown_table_name_is_one_line() -> None:
    with pytest.raises(InputError, match=r"one of links"):
        MemorySink().result(SUMMARY, {}).table("block")


def test_empty_tables_keep_their_schema() -> None:
    result = MemorySink().result(SUMMARY, {})
    for table, columns in TABLES.items():
        assert result.table(table).columns == [column.name for column in columns]
        assert result.table(table).height == 0


def test_json_keeps_order_and_knows_no_nan() -> None:
    document = {"b": math.nan, "a": [np.float64(0.5), math.inf, np.int64(3)], "é": np.bool_(True)}
    assert json_text(document) == '{\n  "b": null,\n  "a": [\n    0.5,\n    null,\n    3\n  ],\n  "é": true\n}\n'


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), values))
def test_json_is_always_strict(document: dict[str, object]) -> None:
    def refuse(text: str) -> float:
        raise AssertionError(text)

    text = json_text(document)
    again = json.loads(text, parse_constant=refuse)
    assert list(again) == list(document)
    assert json_text(again) == text
