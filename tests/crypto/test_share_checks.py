from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.crypto import SharingScheme, TagKey, Verified, share_tags, split_threshold, tagged_shares, verified_shares
from qkdsim.crypto.secret_sharing import Share, interpolated
from qkdsim.crypto.sharing_scheme import correctable
from qkdsim.rng import stream

SECRET = bytes(range(20))


@st.composite
def attacks(draw: st.DrawFn) -> tuple[int, tuple[Share, ...], set[int]]:
    """Threshold, shares of SECRET of which some are altered in some bytes, and the numbers of the altered ones."""
    threshold = draw(st.integers(1, 4))
    shares = list(split_threshold(SECRET, threshold, draw(st.integers(threshold, 8)), stream(draw(st.integers(0, 99)))))
    bad = draw(st.sets(st.integers(1, len(shares)), max_size=len(shares) - threshold))
    for index in bad:
        errors = draw(st.dictionaries(st.integers(0, len(SECRET) - 1), st.integers(1, 255), min_size=1, max_size=4))
        data = bytearray(shares[index - 1].data)
        for position, error in errors.items():
            data[position] ^= error
        shares[index - 1] = Share(index, bytes(data))
    return threshold, tuple(draw(st.permutations(shares))), bad


@given(attacks(), st.data())
def test_wrong_shares_are_corrected_or_noticed(
    attack: tuple[int, tuple[Share, ...], set[int]], data: st.DataObject
) -> None:
    threshold, shares, bad = attack
    spare = len(shares) - threshold
    correct = data.draw(st.integers(0, spare // 2))
    verified = verified_shares(shares, threshold, correct)
    if len(bad) <= correct:
        assert verified == Verified(SECRET, tuple(sorted(bad)))
    elif len(bad) <= spare - correct:
        assert verified is None


@given(attacks())
def test_by_default_k_minus_1_wrong_shares_never_pass(attack: tuple[int, tuple[Share, ...], set[int]]) -> None:
    threshold, shares, bad = attack
    if len(shares) < 2 * threshold - 1 or len(bad) >= threshold:
        return
    verified = verified_shares(shares, threshold)
    assert verified is None or verified.secret == SECRET
    assert (verified is not None) == (len(bad) <= correctable(len(shares), threshold))


def test_a_second_polynomial_passes_where_the_code_is_too_short() -> None:
    """One spare share too few: k - 1 wrong shares can lie on a polynomial of their own, so the bound is sharp."""
    right = split_threshold(b"\x11", 3, 4, b"\x22\x33")
    other = split_threshold(b"\x44", 3, 4, b"\x55\x66")
    # two polynomials of degree 2 that agree at shares 1 and 2: shares 3 and 4 are replaced
    points = [right[0], right[1], Share(3, bytes([right[2].data[0] ^ other[2].data[0] ^ 1]))]
    forged = (*points, Share(4, interpolated(points, 4)))
    verified = verified_shares(forged, 3)
    assert verified is not None
    assert verified.wrong == ()
    assert verified.secret != b"\x11"


def test_verification_is_refused_where_it_means_nothing() -> None:
    shares = split_threshold(SECRET, 2, 4, stream(1))
    with pytest.raises(ValueError, match="correct is 0 to 1"):
        verified_shares(shares, 2, 2)
    with pytest.raises(ValueError, match="different shares"):
        verified_shares([shares[0], shares[0]], 2)
    with pytest.raises(ValueError, match="lengths"):
        verified_shares([shares[0], Share(2, b"")], 2)
    with pytest.raises(ValueError, match="searched"):
        verified_shares(split_threshold(b"", 2, 40, b""), 2, 19)
    assert verified_shares(split_threshold(b"", 2, 40, b""), 2, 1) == Verified(b"", ())


def test_tags_find_altered_and_swapped_shares() -> None:
    bits = stream(3, "tags").integers(0, 2, 256 + 3 * 64, dtype="u1")
    key, pads = TagKey.from_bits(bits[:256]), [bits[256 + 64 * i : 320 + 64 * i] for i in range(3)]
    shares = split_threshold(SECRET, 2, 3, stream(3))
    tags = share_tags(shares, key, pads)
    assert tagged_shares(shares, tags, key, pads) == shares
    altered = (shares[0], Share(2, bytes([shares[1].data[0] ^ 1]) + shares[1].data[1:]), shares[2])
    assert tagged_shares(altered, tags, key, pads) == (shares[0], shares[2])
    renumbered = (Share(3, shares[0].data), shares[1], Share(1, shares[2].data))
    assert tagged_shares(renumbered, tags, key, pads) == (shares[1],)
    cut = (tags[0][:0], tags[1], tags[2])
    assert tagged_shares(shares, cut, key, pads) == shares[1:]


@given(st.integers(2, 6).flatmap(lambda k: st.tuples(st.just(k), st.integers(k, 14))))
def test_what_a_scheme_says_is_consistent(counts: tuple[int, int]) -> None:
    threshold, paths = counts
    tags = SharingScheme("shamir", paths, threshold, "tags")
    assert [tags.exposed(bad) for bad in range(paths + 1)] == [bad >= threshold for bad in range(paths + 1)]
    assert tags.tag_bits == paths * 128
    assert all(tags.notices_tampering(bad) for bad in range(paths + 1))
    assert [tags.tolerates_tampering(bad) for bad in range(paths + 1)] == [
        paths - bad >= threshold for bad in range(paths + 1)
    ]
    bare = SharingScheme("shamir", paths, threshold)
    assert bare.tolerates_tampering(0)
    assert not bare.notices_tampering(1)
    if paths < 2 * threshold - 1:
        with pytest.raises(ValueError, match="2 threshold - 1"):
            SharingScheme("shamir", paths, threshold, "cross-path")
        return
    across = SharingScheme("shamir", paths, threshold, "cross-path")
    assert across.tag_bits == 0
    assert across.notices_tampering(threshold - 1)  # as many as the key is hidden from
    assert across.rebuilds(2 * threshold - 1)
    assert not across.rebuilds(2 * threshold - 2)
    assert across.tolerates_tampering(threshold - 1) == (paths >= 3 * threshold - 2)
    assert all(across.notices_tampering(bad) for bad in range(paths) if across.tolerates_tampering(bad))


def test_single_and_xor() -> None:
    single = SharingScheme()
    assert (single.exposed(0), single.exposed(1), single.rebuilds(0), single.rebuilds(1)) == (False, True, False, True)
    xor = SharingScheme("xor", 3, 3, "tags", 64)
    assert (xor.exposed(2), xor.exposed(3), xor.rebuilds(2), xor.rebuilds(3)) == (False, True, False, True)
    assert (xor.tag_bits, xor.share_bits(1001)) == (192, 1001)
    assert xor.notices_tampering(1)
    assert not xor.tolerates_tampering(1)
    assert SharingScheme("shamir", 3, 2).share_bits(1001) == 1008


@pytest.mark.parametrize(
    "fields",
    [
        {"paths": 2},
        {"kind": "xor", "paths": 1, "threshold": 1},
        {"kind": "xor", "paths": 3, "threshold": 2},
        {"kind": "shamir", "paths": 3, "threshold": 1},
        {"kind": "shamir", "paths": 2, "threshold": 3},
        {"kind": "shamir", "paths": 256, "threshold": 3},
        {"kind": "xor", "paths": 2, "threshold": 2, "verification": "cross-path"},
        {"bits_per_tag": 129},
    ],
)
def test_schemes_that_do_not_fit(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not"):
        SharingScheme(**fields)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1 bit"):
        SharingScheme().share_bits(0)
