from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.crypto import Share
from qkdsim.crypto.secret_sharing import interpolated
from qkdsim.rng import stream
from qkdsim.securecloud import rebuild_chunk, recover_chunk, refresh_chunk
from qkdsim.securecloud.upkeep import zero_at
from tests.securecloud.cases import MEAN, SPREAD, THRESHOLDS, holders, nibble_pairs_statistic, shared


@given(st.binary(max_size=60), THRESHOLDS, st.integers(0, 2**32), st.integers(1, 3))
@settings(max_examples=50)
def test_refreshing_keeps_the_secret(data: bytes, counts: tuple[int, int], seed: int, epochs: int) -> None:
    some, random = holders(*counts), stream(seed, "refresh")
    shares = shared(some, data, seed, 100)[0].shares
    for epoch in range(1, epochs + 1):
        fresh = refresh_chunk(some, shares, random).shares
        assert [share.epoch for share in fresh] == [epoch] * counts[1]
        with pytest.raises(ValueError, match=f"epoch {epoch - 1} and {epoch} do not belong together"):
            rebuild_chunk(some, "reader", [*shares[:1], *fresh[1:]])
        posing = replace(shares[0], epoch=epoch)
        with pytest.raises(ValueError, match="passes its check"):
            rebuild_chunk(some, "reader", [posing, *fresh[1 : counts[0]]])
        shares = fresh
    for left in combinations(shares, counts[0]):
        assert rebuild_chunk(some, "reader", left).chunk.data == data


def test_shares_of_two_epochs_say_nothing_together() -> None:
    """One old and one new share of (2, 2), for two secrets: uniform within 5 standard deviations of chi square."""
    some, random, length = holders(2, 2), stream(3, "refresh"), 2**18
    for secret in (bytes(length), bytes([255]) * length):
        (dealt,) = shared(some, secret, 5, chunk_bytes=length)
        fresh = refresh_chunk(some, dealt.shares, random).shares
        old = [share.data[:length] for share in dealt.shares]
        new = [share.data[:length] for share in fresh]
        for one, other in ((old[0], new[1]), (new[0], old[1]), (old[0], new[0])):
            assert abs(nibble_pairs_statistic(one, other) - MEAN) < 5 * SPREAD
        for pair in (old, new):  # one epoch: two shares tell the secret, and each other
            assert nibble_pairs_statistic(*pair) > MEAN + 5 * SPREAD


@given(st.binary(max_size=60), THRESHOLDS, st.integers(0, 2**32), st.data())
@settings(max_examples=50)
def test_a_lost_share_is_made_anew(data: bytes, counts: tuple[int, int], seed: int, draw: st.DataObject) -> None:
    threshold, nodes = counts
    some, random = holders(*counts), stream(seed, "recover")
    shares = refresh_chunk(some, shared(some, data, seed, 100)[0].shares, random).shares
    lost = draw.draw(st.integers(1, nodes))
    left = draw.draw(st.permutations([share for share in shares if share.index != lost]))
    if threshold == nodes:
        with pytest.raises(ValueError, match=f"{threshold} shares are needed, {threshold - 1} are here"):
            recover_chunk(some, left, some.node(lost), random)
        return
    dealt = recover_chunk(some, left, some.node(lost), random)
    assert dealt.shares == (shares[lost - 1],)
    assert recover_chunk(some, shares, some.node(lost), random).shares == dealt.shares


def test_a_node_that_was_away_comes_back() -> None:
    some, random = holders(2, 4), stream(1, "upkeep")
    shares = shared(some, b"secret", 1)[0].shares
    fresh = refresh_chunk(some, [share for share in shares if share.index != 3], random)
    assert {message.receiver for message in fresh.use.messages} == {"node-1", "node-2", "node-4"}
    (back,) = recover_chunk(some, fresh.shares, "node-3", random).shares
    assert (back.index, back.epoch) == (3, 1)
    result = rebuild_chunk(some, "reader", [*fresh.shares, back])
    assert (result.chunk.data, result.wrong) == (b"secret", ())


def test_helpers_shares_stay_hidden_from_the_node_that_recovers() -> None:
    """It is sent sums that are blinded by a polynomial which is 0 at its own share, and uniform at any two others."""
    some, length = holders(3, 5), 2**18
    shares = shared(some, bytes(100), 1, 200)[0].shares
    use = recover_chunk(some, shares, "node-2", stream(2, "recover")).use
    helpers = [shares[0], shares[2], shares[3]]
    assert [message.sender for message in use.messages if message.receiver == "node-2"] == [
        "node-1",
        "node-3",
        "node-4",
    ]
    values = zero_at(2, helpers, length, stream(3, "recover"))
    blinds = [Share(share.index, value) for share, value in zip(helpers, values, strict=True)]
    assert interpolated(blinds, 2) == bytes(length)
    for one, other in combinations(values, 2):
        assert abs(nibble_pairs_statistic(one, other) - MEAN) < 5 * SPREAD


def test_upkeep_refuses_what_does_not_belong_together() -> None:
    some, random = holders(2, 3), stream(1, "upkeep")
    shares = shared(some, b"secret", 1)[0].shares
    with pytest.raises(ValueError, match="2 shares are needed, 1 are here: of 3 nodes 1 may be lost"):
        refresh_chunk(some, shares[:1], random)
    with pytest.raises(ValueError, match="share 1 is there twice"):
        refresh_chunk(some, [shares[0], shares[0], shares[1]], random)
    with pytest.raises(ValueError, match="node-7 is not one of the nodes"):
        recover_chunk(some, shares, "node-7", random)
    with pytest.raises(ValueError, match="one is truncated"):
        recover_chunk(some, [shares[0], replace(shares[1], data=b"")], "node-3", random)
