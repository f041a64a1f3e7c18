from __future__ import annotations

import io
import time
import tracemalloc
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.rng import stream
from qkdsim.securecloud import ChunkShare, CustodyKey, Rebuilt, chunks, rebuild_chunk, rebuild_object, share_object
from tests.securecloud.cases import MEAN, SPREAD, THRESHOLDS, chunk, holders, nibble_pairs_statistic, rebuilt, shared

EDGES = st.sampled_from([0, 1, 63, 64, 65, 128, 129]).map(bytes)


@given(st.binary(max_size=300) | EDGES, THRESHOLDS, st.integers(0, 2**32))
@settings(max_examples=50)
def test_the_same_bytes_come_back_from_any_k(data: bytes, counts: tuple[int, int], seed: int) -> None:
    some = holders(*counts)
    rows = [dealt.shares for dealt in shared(some, data, seed)]
    assert len(rows) == max(1, -(-len(data) // 64))
    for left in combinations(range(counts[1]), counts[0]):
        assert rebuilt(some, [[row[i] for i in left[::-1]] for row in rows]) == data
    lost_one_more = [row[: counts[0] - 1] for row in rows]
    with pytest.raises(ValueError, match=f"{counts[0]} shares are needed, {counts[0] - 1} are here: of"):
        rebuilt(some, lost_one_more)


def test_fewer_shares_than_the_threshold_are_uniform() -> None:
    """Two of (3, n), for two secrets: 2^18 pairs of half bytes, within 5 standard deviations of chi square."""
    some = holders(3, 4)
    for secret in (bytes(2**18), bytes([255]) * 2**18):
        (dealt,) = shared(some, secret, 5, chunk_bytes=2**18)
        data = [share.data[: 2**18] for share in dealt.shares]
        for one, other in combinations(data, 2):
            assert abs(nibble_pairs_statistic(one, other) - MEAN) < 5 * SPREAD
    assert nibble_pairs_statistic(data[0], data[0]) > MEAN + 5 * SPREAD  # the statistic can fail


@given(st.binary(max_size=80), st.integers(0, 2**32), st.data())
@settings(max_examples=50)
def test_wrong_shares_do_no_harm_while_enough_others_are_there(data: bytes, seed: int, draw: st.DataObject) -> None:
    some = holders(3, 6)
    shares = list(shared(some, data, seed, 80)[0].shares)
    wrong = draw.draw(st.sets(st.integers(1, 6), max_size=2))
    for index in wrong:
        place = draw.draw(st.integers(0, len(shares[0].data) - 1))
        altered = bytearray(shares[index - 1].data)
        altered[place] ^= draw.draw(st.integers(1, 255))
        shares[index - 1] = replace(shares[index - 1], data=bytes(altered))
    result = rebuild_chunk(some, "reader", shares)
    assert result.chunk.data == data
    if len(wrong) <= 1:  # half of the three shares beyond the threshold
        assert result.wrong == tuple(wrong)


def test_a_wrong_share_is_noticed_without_others_to_compare() -> None:
    some = holders(3, 5)
    shares = list(shared(some, b"secret", 1)[0].shares)
    shares[1] = replace(shares[1], data=bytes(len(shares[1].data)))
    with pytest.raises(ValueError, match="chunk 0 of record: wrong shares, no 3 of 3 give a chunk that passes"):
        rebuild_chunk(some, "reader", shares[:3])
    result = rebuild_chunk(some, "reader", shares[:4])  # one more: the right three are found
    assert result.chunk.data == b"secret"


def test_errors_that_cancel_blame_others_and_spoil_nothing() -> None:
    """In GF(256) f(0) = f(1) + f(2) + f(3) for degree 2: equal errors of shares 1 and 2 leave the chunk right."""
    some = holders(3, 6)
    shares = list(shared(some, b"secret", 1)[0].shares)
    for i in (0, 1):
        shares[i] = replace(shares[i], data=bytes([shares[i].data[0] ^ 1]) + shares[i].data[1:])
    for there, named in ((shares, (1, 2)), (shares[:5], (4, 5))):
        result = rebuild_chunk(some, "reader", there)
        assert (result.chunk.data, result.wrong) == (b"secret", named)


def test_shares_that_do_not_belong_together_are_refused() -> None:
    some = holders(2, 3)
    one, other, _ = shared(some, b"secret", 1)[0].shares
    cases: list[tuple[Any, str]] = [
        ({"index": 1}, "share 1 is there twice"),
        ({"index": 9}, "there is no share 9"),
        ({"epoch": 1}, "epoch 0 and 1 do not belong together"),
        ({"object_name": "x"}, "object name record and x"),
        ({"chunk": 3}, "chunk 0 and 3"),
        ({"last": False}, "last False and True"),
        ({"data": other.data[:-1]}, "one is truncated"),
    ]
    for change, message in cases:
        with pytest.raises(ValueError, match=message):
            rebuild_chunk(some, "reader", [one, replace(other, **change)])


def test_missing_and_moved_chunks_are_refused() -> None:
    some = holders(2, 2)
    first, second, third = (dealt.shares for dealt in shared(some, bytes(150), 1))
    elsewhere = [replace(share, object_name="other") for share in second]
    cases = [
        ([first, third], "chunk 2 of record stands where chunk 1 of record is"),
        ([second], "chunk 1 of record stands where chunk 0"),
        ([first, elsewhere], "chunk 1 of other stands where chunk 1 of record is"),
        ([first, second], "ends before its last chunk: 2 chunks are here"),
        ([first, second, third, third], "stands where the end of record is"),
        ([], "0 chunks are here"),
    ]
    for rows, message in cases:
        with pytest.raises(ValueError, match=message):
            rebuilt(some, rows)


def test_a_pipe_may_give_an_object_piece_by_piece() -> None:
    class Pipe(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(3, size or 0))

    parts = list(chunks("record", Pipe(b"0123456789"), 5))
    assert [(part.number, part.last, part.data) for part in parts] == [(0, False, b"01234"), (1, True, b"56789")]
    with pytest.raises(ValueError, match="at least 1 byte"):
        next(chunks("record", io.BytesIO(), 0))


@given(st.binary(max_size=40), st.text(max_size=8), st.integers(1, 255), st.integers(0, 2**32 - 1))
def test_a_share_is_read_as_it_was_written(data: bytes, name: str, index: int, epoch: int) -> None:
    share = ChunkShare(name, 7, True, index, epoch, data)
    text = share.to_bytes()
    assert ChunkShare.from_bytes(text) == share
    for end in range(len(text)):
        with pytest.raises(ValueError, match="truncated"):
            ChunkShare.from_bytes(text[:end])


def test_bytes_that_are_no_share_are_refused() -> None:
    text = ChunkShare("a", 0, True, 1, 0, b"").to_bytes()
    with pytest.raises(ValueError, match="not UTF-8"):
        ChunkShare.from_bytes(text[:2] + b"\xff" + text[3:])
    with pytest.raises(ValueError, match="0 or 1, not 9"):
        ChunkShare.from_bytes(text[:11] + b"\x09" + text[12:])
    with pytest.raises(ValueError, match="1 to 255, not 0"):
        ChunkShare("a", 0, True, 0, 0, b"")
    with pytest.raises(ValueError, match="counted from 0"):
        ChunkShare("a", -1, True, 1, 0, b"")
    with pytest.raises(ValueError, match="up to 65535 bytes"):
        ChunkShare("a" * 65536, 0, True, 1, 0, b"").to_bytes()


def test_a_node_notices_what_happened_to_its_disk() -> None:
    some = holders(2, 3)
    dealt = shared(some, b"secret", 1)[0]
    key = CustodyKey("node-1", 5)
    kept = key.kept(dealt.shares[0])
    assert key.read(kept, 0) == dealt.shares[0]
    for bit in range(8 * len(kept)):
        altered = bytearray(kept)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match=r"truncated|altered|not a share|number of a share"):
            key.read(bytes(altered), 0)
    for end in range(len(kept)):
        with pytest.raises(ValueError, match=r"truncated"):
            key.read(kept[:end], 0)
    with pytest.raises(ValueError, match="of epoch 0, not 1"):
        key.read(kept, 1)
    with pytest.raises(ValueError, match="its tag is wrong"):
        CustodyKey("node-2", 5).read(kept, 0)


def test_secrets_are_not_shown() -> None:
    some = holders(2, 3)
    secret = b"known only to its owner"
    dealt = shared(some, secret, 1)[0]
    result = rebuild_chunk(some, "reader", dealt.shares)
    for shown in (repr(dealt), repr(result), repr(chunk(secret)), repr(CustodyKey("node-1", 987654321))):
        assert "known" not in shown
        assert "data" not in shown
        assert "987654321" not in shown


def test_memory_is_that_of_a_few_chunks() -> None:
    some, source = holders(3, 5), io.BytesIO(bytes(8 << 20))
    rebuilt(some, [dealt.shares for dealt in shared(some, b"warm", 1)])
    tracemalloc.start()
    dealt = share_object(some, "owner", "record", source, stream(1, "share"), 1 << 16)
    length = sum(len(part.chunk.data) for part in rebuild_object(some, "reader", (one.shares for one in dealt)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length == 8 << 20
    assert peak < 32 * (1 << 16)


@pytest.mark.slow
def test_100_mib_shared_3_of_5_with_tags_and_rebuilt_in_10_seconds() -> None:
    some, data = holders(3, 5), stream(1, "data").bytes(100 << 20)
    keys = [CustodyKey(node, 2) for node in some.nodes]
    start_s = time.process_time()
    dealt = share_object(some, "owner", "record", io.BytesIO(data), stream(1, "share"))
    kept = [[key.kept(share) for key, share in zip(keys, one.shares, strict=True)] for one in dealt]
    rows = ([keys[i].read(row[i], 0) for i in (0, 2, 4)] for row in kept)

    def same(part: Rebuilt) -> bool:
        start = part.chunk.number << 20
        return part.chunk.data == data[start : start + (1 << 20)]

    assert all(same(part) for part in rebuild_object(some, "reader", rows))
    assert time.process_time() - start_s < 10
