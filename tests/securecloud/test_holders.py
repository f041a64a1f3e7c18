from __future__ import annotations

import pytest

from qkdsim.securecloud import Holders
from tests.securecloud.cases import holders


@pytest.mark.parametrize(("threshold", "nodes"), [(4, 3), (1, 3), (0, 2), (2, 256)])
def test_thresholds_that_cannot_be_are_refused(threshold: int, nodes: int) -> None:
    with pytest.raises(ValueError, match=rf"2 <= threshold <= nodes <= 255 is needed, not {threshold} of {nodes}$"):
        holders(threshold, nodes)


def test_a_node_holds_one_share() -> None:
    with pytest.raises(ValueError, match="B is there twice"):
        Holders(2, ("A", "B", "B"))
    some = Holders(2, ("A", "B", "C"))
    assert [some.number(some.node(i)) for i in (1, 2, 3)] == [1, 2, 3]
    assert some.spare == 1
    with pytest.raises(ValueError, match="there is no share 4"):
        some.node(4)
    with pytest.raises(ValueError, match="D is not one of the nodes A, B, C"):
        some.number("D")


def test_tags_have_1_to_128_bits() -> None:
    with pytest.raises(ValueError, match="1 to 128 bits, not 129"):
        holders(2, 3, bits_per_tag=129)


def test_an_honest_majority_multiplies() -> None:
    assert holders(3, 5).multipliers == 5
    with pytest.raises(ValueError, match="5 for threshold 3, not 4"):
        _ = holders(3, 4).multipliers
