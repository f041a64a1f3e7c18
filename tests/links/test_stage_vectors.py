"""Stage vectors as arrays: whole, consistent with the ledger and the messages, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from qkdsim.errors import InputError, RunError
from qkdsim.links import stage_vectors as module
from qkdsim.links.distillation import laboratory_link
from qkdsim.links.link import QkdLink
from qkdsim.links.stage_vectors import StageVectors, stage_vectors
from qkdsim.links.stages import STAGES, StageTable, stage_table
from qkdsim.protocols import Counts, Security, Theory, secret_key
from qkdsim.protocols.keylength import DecoySettings
from tests.links.profiles import link as made_up_link


def link(reconciliation: str = "cascade") -> QkdLink:
    """Key from both bases."""
    return laboratory_link("gys-2004", loss_db=0.0, block_bits=1e4, reconciliation=reconciliation)


def one_basis_link(reconciliation: str = "cascade", block_bits: float = 1e4, policy: str = "random") -> QkdLink:
    """Key from one basis; counts at face value, for blocks so small that no bound leaves key."""
    return made_up_link(
        "sampled",
        loss_db=0.0,
        security_model={"proof": "asymptotic-decoy", "tail_bound": "none"},
        post_processing={
            "block_size_bits": block_bits,
            "error_correction": reconciliation,
            "double_click_policy": policy,
        },
    )


def by_name(vectors: StageVectors) -> dict[str, StageTable]:
    return {table.stage.name: table for table in vectors.stages}


@pytest.fixture(scope="module")
def vectors() -> StageVectors:
    return stage_vectors(link(), 3)


def test_stages_have_names_and_files_of_their_own() -> None:
    assert len({stage.name for stage in STAGES}) == len({stage.file for stage in STAGES}) == len(STAGES)
    assert [stage.number for stage in STAGES] == list(range(1, len(STAGES) + 1))
    assert STAGES[0].file == "01-alice-raw.parquet"
    assert all(len({column.name for column in stage.columns}) == len(stage.columns) for stage in STAGES)


def test_columns_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="alice-sifted"):
        stage_table("alice-sifted", slot=np.arange(2), bit=np.zeros(3, dtype=np.uint8))
    with pytest.raises(KeyError):
        stage_table("alice-sifted", slot=np.arange(2))


def test_a_block_has_its_stages_in_order(vectors: StageVectors) -> None:
    names = [table.stage.name for table in vectors.stages]
    assert names == [stage.name for stage in STAGES if stage.name != "parity-checks"]
    one_basis = stage_vectors(one_basis_link("ldpc"), 3)
    names = [table.stage.name for table in one_basis.stages]
    assert names == [stage.name for stage in STAGES if stage.name != "published-sample"]


def test_dtypes_are_those_that_the_stages_state(vectors: StageVectors) -> None:
    for table in vectors.stages:
        for column, values in table.columns:
            if column.dtype == "binary":
                assert all(type(value) is bytes for value in values)
            else:
                assert isinstance(values, np.ndarray)
                assert values.dtype == column.dtype, (table.stage.name, column.name)
                assert values.shape == (table.rows,)


def test_the_ledger_agrees_with_the_stages(vectors: StageVectors) -> None:
    stages, ledger = by_name(vectors), vectors.ledger
    alice, bob = np.asarray(stages["alice-sifted"]["bit"]), np.asarray(stages["bob-sifted"]["bit"])
    assert stages["bob-detections"].rows == ledger["raw_bits"]
    assert len(alice) == ledger["sifted_bits"]
    assert np.mean(alice != bob) == pytest.approx(ledger["qber"], rel=1e-12)
    assert stages["published-sample"].rows == ledger["disclosed_bits"]
    assert np.sum(stages["reconciliation"]["parity_bits"]) == ledger["leak_ec_bits"]
    assert stages["final-key"].rows == ledger["secret_bits"]
    assert np.sum(stages["final-key"]["to_pool"]) == ledger["pool_refill_bits"]
    assert np.sum(stages["counts"]["detections"]) == ledger["raw_bits"]
    double = np.asarray(stages["bob-raw"]["detector_0"]) & np.asarray(stages["bob-raw"]["detector_1"])
    assert double.sum() == ledger["double_clicks"]
    assert sum(map(len, stages["verification"]["tag"])) == -(-ledger["verification_bits"] // 8)


@pytest.mark.parametrize(
    "made",
    [
        link("cascade"),
        link("ldpc"),
        one_basis_link("cascade"),
        one_basis_link("ldpc"),
        laboratory_link("lim-2014", loss_db=0.0, block_bits=1e6),
    ],
    ids=["both bases", "both bases, ldpc", "one basis", "one basis, ldpc", "lim-2014"],
)
def test_what_both_ends_agreed_on_and_the_stages_give_the_length_of_the_key(made: QkdLink) -> None:
    """As the manual has it: nothing of the profile is needed besides."""
    vectors = stage_vectors(made, 3)
    stages, agreed, ledger = by_name(vectors), vectors.agreed, vectors.ledger
    count = len(agreed["intensities"])
    sent = np.asarray(stages["alice-sent"]["pulses"]).reshape(count, 2, 1, 1) / 2.0
    counts = Counts(
        (sent * np.array(agreed["measured_basis_probability"]) * np.ones((2, 1)))[None],
        np.asarray(stages["counts"]["detections"], dtype=np.float64).reshape(1, count, 2, 2, 2, 2),
        np.zeros(1),
    )
    leak_bits = ledger["leak_ec_bits"] + (ledger["bob_leak_bits"] if made.reconciliation == "ldpc" else 0)
    length = secret_key(
        counts,
        Theory(agreed["proof"], agreed["tail_bound"], agreed["sampling_bound"], agreed["key_from_both_bases"]),
        DecoySettings(
            np.array(agreed["intensities"]),
            np.array(agreed["probabilities"]),
            agreed["epsilon_correctness"],
            agreed["verification_bits"],
        ),
        Security(
            agreed["epsilon_secrecy"],
            agreed["epsilon_secrecy_per_bit"],
            agreed["epsilon_correctness"],
            agreed["verification_bits"],
            1.0,
        ),
        leak_ec_bits=np.array([leak_bits + (ledger["disclosed_bits"] if agreed["key_from_both_bases"] else 0.0)]),
    )
    # many decoys at face value: no key is longer than the string less what was told of it
    most = ledger["sifted_bits"] - leak_bits
    assert stages["verdict"]["secret_bits"][0] == min(float(length.secret_bits[0]), most)
    # the ledger counts six tags, and the worse of claim and bound
    assert ledger["epsilon_authentication"] >= agreed["epsilon_authentication"]
    assert 6 * agreed["tag_bits"] == ledger["authentication_bits"] <= agreed["pool_bits"]


def test_the_talk_of_reconciliation_ends_with_bobs_word(vectors: StageVectors) -> None:
    talk = by_name(vectors)["reconciliation"]
    assert np.asarray(talk["to"]).tolist() == [0, 1] * (talk.rows // 2) + [0]
    assert (talk["body"][-1], talk["parity_bits"][-1]) == (bytes(4), 0)


def test_same_seed_same_values(vectors: StageVectors) -> None:
    again, other = stage_vectors(link(), 3), stage_vectors(link(), 4)
    for one, two in zip(vectors.stages, again.stages, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one.values, two.values, strict=True))
    assert not np.array_equal(by_name(vectors)["final-key"]["bit"], by_name(other)["final-key"]["bit"])


def test_no_value_shows_in_a_repr(vectors: StageVectors) -> None:
    assert "array" not in repr(vectors)
    assert len(repr(vectors.stages[0])) < 2000


def test_a_block_without_key_is_refused_with_the_reason() -> None:
    with pytest.raises(
        RunError, match=r"lim-2014: the block gives no key .* bound leaves no key; a larger --block-bits"
    ):
        stage_vectors(laboratory_link("lim-2014", loss_db=5.0, block_bits=1e4), 1)
    with pytest.raises(InputError, match="--seed"):
        stage_vectors(link(), -1)


def test_vectors_that_contradict_the_messages_are_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a stage computed once more differs from what happened, something is broken: no vectors then."""
    monkeypatch.setattr(module, "initial_secret", lambda seed, link_id, bits: np.zeros(bits, dtype=np.uint8))
    with pytest.raises(RunError, match="tag of sifting"):
        stage_vectors(link(), 3)


def test_parity_checks_hold_for_the_first_answer() -> None:
    """Sparse checks times Alice's string: the syndrome that was sent."""
    stages = by_name(stage_vectors(link("ldpc"), 3))
    checks, bits = stages["parity-checks"], np.asarray(stages["alice-sifted"]["bit"])
    rows = int(np.max(checks["check"])) + 1
    sums = np.bincount(np.asarray(checks["check"]), weights=bits[np.asarray(checks["bit"])], minlength=rows)
    answer = stages["reconciliation"]["body"][1]
    told = np.unpackbits(np.frombuffer(answer[4:], dtype=np.uint8))[: int.from_bytes(answer[:4], "little")]
    assert (sums.astype(np.int64) % 2).tolist() == told.tolist()
