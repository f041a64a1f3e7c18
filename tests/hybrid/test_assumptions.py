"""The line that says what secrecy rests on: written, read, evaluated."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.hybrid.assumptions import (
    Assumptions,
    format_assumptions,
    is_broken,
    names_in,
    parse_assumptions,
    rests_on,
)

names = st.sampled_from(["qkd", "x25519", "ml-kem-768", "hkdf-sha384", "aes-256-gcm", "y-00", "shares:3-of-5"])
clauses = st.lists(names, min_size=1, max_size=4, unique=True).map(tuple)
assumptions = st.lists(clauses, max_size=4).map(tuple)


def test_lines_of_sessions() -> None:
    hybrid = rests_on(("qkd", "x25519", "ml-kem-768"), "aes-256-gcm")
    assert format_assumptions(hybrid) == "(qkd | x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm"
    assert format_assumptions(rests_on(("qkd",), "chacha20-poly1305")) == "qkd & hkdf-sha384 & chacha20-poly1305"
    assert format_assumptions(rests_on(("qkd", "x25519"), "one-time-pad")) == "qkd-pad"
    assert format_assumptions(()) == ""


@given(assumptions)
def test_what_is_written_is_read_back(given_: Assumptions) -> None:
    assert parse_assumptions(format_assumptions(given_)) == given_


@given(assumptions, st.sets(names))
def test_secrecy_is_gone_exactly_when_one_clause_has_nothing_left(given_: Assumptions, broken: set[str]) -> None:
    assert is_broken(given_, broken) == any(set(clause) <= broken for clause in given_)
    assert not is_broken(given_, ())
    assert is_broken(given_, names_in(given_)) == bool(given_)


@given(assumptions, st.sets(names), names)
def test_more_broken_never_mends(given_: Assumptions, broken: set[str], more: str) -> None:
    assert is_broken(given_, broken) <= is_broken(given_, {*broken, more})


def test_a_hybrid_key_stands_while_one_secret_does() -> None:
    line = parse_assumptions("(qkd | x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm")
    mixed = ("qkd", "x25519", "ml-kem-768")
    assert not any(is_broken(line, two) for two in combinations(mixed, 2))
    assert is_broken(line, mixed)
    assert is_broken(line, ("aes-256-gcm",))


@pytest.mark.parametrize(
    "line",
    [
        "qkd &",
        "qkd & ",
        " qkd",
        "(qkd)",
        "(qkd | )",
        "()",
        "qkd | x25519",
        "(qkd | qkd)",
        "qkd&x25519",
        "(qkd|x25519)",
        "a b",
    ],
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(InputError, match="rests_on"):
        parse_assumptions(line)


@pytest.mark.parametrize("clause", [(), ("qkd", "qkd"), ("a b",), ("",), ("a|b",)])
def test_clauses_that_cannot_be_written(clause: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="clause"):
        format_assumptions((clause,))
