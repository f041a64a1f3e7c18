from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.securecloud import KeyUse, Message, total_use
from qkdsim.securecloud.key_use import sent

LINE = ("a", "b", "c", "d")
MESSAGES = st.lists(
    st.tuples(
        st.permutations(LINE).map(lambda names: names[:2]),
        st.integers(0, 10**9),
        st.integers(0, 128),
    ).map(lambda drawn: Message(drawn[0][0], drawn[0][1], *drawn[1:])),
    max_size=12,
)
PATHS = {(one, other): LINE[i : j + 1] for i, one in enumerate(LINE) for j, other in enumerate(LINE) if i < j}


@given(MESSAGES)
def test_key_is_conserved(messages: list[Message]) -> None:
    """What the links give is what the messages take, times their hops, whichever way they go."""
    use = KeyUse(tuple(messages))
    hops = {frozenset(pair): len(path) - 1 for pair, path in PATHS.items()}
    taken = sum((one.bits + one.tag_bits) * hops[frozenset((one.sender, one.receiver))] for one in messages)
    links = use.on_links(PATHS)
    assert sum(links.values()) == taken
    assert set(links) <= {("a", "b"), ("b", "c"), ("c", "d")}
    assert use.pad_bits + use.tag_bits == use.key_bits == use.merged().key_bits
    assert use.merged().on_links(PATHS) == links
    assert total_use(KeyUse((one,)) for one in messages) == use.merged()


def test_a_node_sends_itself_nothing() -> None:
    use = sent(["a", "b"], ["a", "b", "c"], 8, 2)
    assert use.messages == (
        Message("a", "b", 8, 2),
        Message("a", "c", 8, 2),
        Message("b", "a", 8, 2),
        Message("b", "c", 8, 2),
    )
    assert use.on_links(PATHS) == {("a", "b"): 30, ("b", "c"): 20}


@pytest.mark.parametrize("paths", [{}, {("a", "c"): ("a", "b")}, {("a", "c"): ("a",)}])
def test_a_missing_path_is_refused(paths: dict[tuple[str, str], tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="no path from a to c"):
        sent(["a"], ["c"], 8, 2).on_links(paths)
