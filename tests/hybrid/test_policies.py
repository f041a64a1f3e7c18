from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.hybrid import POLICIES, Suite, decide, find_policy, find_suite, suites
from qkdsim.hybrid.policies import QKD, Input

INPUTS = (QKD, Input("x25519", "classical"), Input("ml-kem-768", "pqc"), Input("hqc-3", "pqc"))
NAMES = [one.name for one in INPUTS]
subsets = st.sets(st.sampled_from(NAMES))

# policy: with QKD and PQC, only QKD, only PQC, neither; a classical exchange always works
EXPECTED = {
    "QkdAndPqcRequired": (True, False, False, False),
    "AtLeastQkdRequired": (True, True, False, False),
    "AtLeastPqcRequired": (True, False, True, False),
    "EitherQkdOrPqcRequired": (True, True, True, False),
    "PqcOnly": (True, False, True, False),
    "ClassicalOnly": (True, True, True, True),
}


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_against_every_supply(name: str) -> None:
    supplies = (("qkd", "ml-kem-768"), ("qkd",), ("ml-kem-768",), ())
    answers = (decide(find_policy(name), INPUTS[:3], ("x25519", *supply)) for supply in supplies)
    assert tuple(not answer.refusal for answer in answers) == EXPECTED[name]


@given(st.sampled_from(sorted(POLICIES)), subsets, subsets)
def test_more_inputs_never_turn_a_key_into_a_refusal(name: str, some: set[str], more: set[str]) -> None:
    fewer, all_of_them = (decide(find_policy(name), INPUTS, tuple(sorted(one))) for one in (some, some | more))
    assert fewer.refusal or not all_of_them.refusal


@given(st.sampled_from(sorted(POLICIES)), subsets)
def test_what_is_mixed_and_what_is_missing_make_up_the_policy(name: str, available: set[str]) -> None:
    policy = find_policy(name)
    decision = decide(policy, INPUTS, tuple(sorted(available)))
    eligible = [one.name for one in INPUTS if one.kind in policy.mixes]
    assert list(decision.missing) == [one for one in eligible if one not in available]
    assert list(decision.mixed) == ([] if decision.refusal else [one for one in eligible if one in available])
    assert decision.downgraded == bool(decision.missing)


def test_policies_for_nodes_without_qkd_spend_no_qkd_key() -> None:
    assert decide(find_policy("ClassicalOnly"), INPUTS, tuple(NAMES)).mixed == ("x25519",)
    assert decide(find_policy("PqcOnly"), INPUTS, tuple(NAMES)).mixed == ("x25519", "ml-kem-768", "hqc-3")


def test_a_refusal_says_what_is_needed_and_what_is_there() -> None:
    refusal = decide(find_policy("QkdAndPqcRequired"), INPUTS, ("x25519", "ml-kem-768")).refusal
    assert refusal == "policy QkdAndPqcRequired needs qkd and pqc; x25519, ml-kem-768 is there"


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"hybrid: policy: got 'AtLeastQKD', expected AtLeastQkdRequired"):
        find_policy("AtLeastQKD")
    with pytest.raises(InputError, match=r"hybrid: suite: got 'hybrd', expected hybrid"):
        find_suite("hybrd")


def test_named_suites_are_told_apart_by_their_description() -> None:
    assert len({one.description for one in suites().values()}) == len(suites())
    assert find_suite("x-wing").inputs[1].kind == "pqc"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kems": ("ml-kem-76",)}, "ml-kem-768"),
        ({"kems": ("x25519", "x25519")}, "every name once"),
        ({"authentication": ()}, "at least one method"),
        ({"authentication": ("ml-dsa-66",)}, "ml-dsa-65"),
        ({"cipher": "aes-128-gcm"}, "aes-256-gcm"),
        ({"combiner": "xor"}, "hkdf-sha384"),
    ],
)
def test_bad_suites(changes: dict[str, object], message: str) -> None:
    values: dict[str, object] = {"name": "mine", "kems": ("x25519",), "authentication": ("pre-shared",)} | changes
    with pytest.raises(InputError, match=message):
        Suite(**values)  # type: ignore[arg-type]
