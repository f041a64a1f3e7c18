from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from qkdsim.postprocessing.ldpc.build import COLUMNS, build
from qkdsim.postprocessing.ldpc.codes import SHIFTS_FILE, LdpcCode, degree_distributions, shipped_codes
from qkdsim.postprocessing.ldpc.density import converges
from qkdsim.postprocessing.ldpc.lifting import LEAST_LIFTING
from tests.references import load

PACKAGE = "qkdsim.postprocessing.ldpc"
DISTRIBUTIONS = degree_distributions()
PUBLISHED = load("elkouss-2009")
MISPRINTS = {0.85: {5: 0.04274}}  # see the notes of the reference


def tables() -> dict[str, np.ndarray]:
    with (files(PACKAGE) / SHIFTS_FILE).open("rb") as stream, np.load(stream) as content:
        return {name: content[name] for name in content.files}


TABLES = tables()


def edge_shares(degrees: np.ndarray) -> dict[int, float]:
    values, counts = np.unique(degrees, return_counts=True)
    return {int(d): float(d * n / degrees.sum()) for d, n in zip(values, counts, strict=True)}


@pytest.mark.parametrize("name", ["rate-0.9775", "rate-0.8000", "rate-0.6500"])
def test_shipped_table_is_what_the_builder_makes(name: str) -> None:
    distribution = next(d for d in DISTRIBUTIONS if d.name == name)
    assert np.array_equal(build(distribution), TABLES[name])


def test_every_distribution_has_its_code_and_no_other() -> None:
    assert set(TABLES) == {distribution.name for distribution in DISTRIBUTIONS}
    assert len(shipped_codes()) == len(TABLES)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda d: d.name)
def test_degrees_are_as_stated(distribution) -> None:
    edges = TABLES[distribution.name] >= 0
    assert edges.shape == (round((1.0 - distribution.rate) * COLUMNS), COLUMNS)
    bits = edges.sum(axis=0)
    # rounding to whole columns moves less than one column of a degree
    inverse = sum(share / degree for degree, share in distribution.bit_shares.items())
    for degree, share in distribution.bit_shares.items():
        assert abs((bits == degree).sum() - COLUMNS * share / degree / inverse) < 1.0
    assert set(bits.tolist()) <= set(distribution.bit_shares)
    mean = sum(distribution.check_shares.values()) / sum(s / d for d, s in distribution.check_shares.items())
    assert edges.sum(axis=1).mean() == pytest.approx(mean, rel=0.06)  # what the rates of the table leave open


@pytest.mark.parametrize("row", PUBLISHED["results"]["rows"], ids=lambda row: str(row["rate"]))
def test_distributions_are_the_published_ones(row) -> None:
    distribution = next((d for d in DISTRIBUTIONS if d.rate == row["rate"] and d.source == "elkouss-2009"), None)
    if distribution is None:
        assert row["rate"] == 0.90  # replaced: see degrees.toml
        return
    bits = {int(d): s for d, s in row["lambda"].items()} | MISPRINTS.get(row["rate"], {})
    assert sum(bits.values()) == pytest.approx(1.0, abs=1e-4)
    assert distribution.bit_shares == bits
    assert distribution.check_shares == {int(d): s for d, s in row["rho"].items() if d != "2"}
    checks = sum(s / int(d) for d, s in row["rho"].items())
    rate = 1.0 - checks / sum(s / d for d, s in bits.items())
    assert rate == pytest.approx(row["rate"], abs=PUBLISHED["tolerance"]["rate_absolute"])


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.90])
def test_density_evolution_finds_the_published_thresholds(rate: float) -> None:
    row = next(row for row in PUBLISHED["results"]["rows"] if row["rate"] == rate)
    bits = {int(d): s / sum(row["lambda"].values()) for d, s in row["lambda"].items()}
    checks = {int(d): s / sum(row["rho"].values()) for d, s in row["rho"].items()}
    slack = PUBLISHED["tolerance"]["threshold_relative"]
    assert converges(bits, checks, row["threshold_qber"] * (1.0 - slack), 300)
    assert not converges(bits, checks, row["threshold_qber"] * (1.0 + slack), 300)


@pytest.mark.slow
@pytest.mark.parametrize("name", [d.name for d in DISTRIBUTIONS if d.source == "optimised"])
def test_density_evolution_holds_the_optimised_codes_to_their_thresholds(name: str) -> None:
    distribution = next(d for d in DISTRIBUTIONS if d.name == name)
    assert sum(distribution.bit_shares.values()) == pytest.approx(1.0, abs=6e-4)  # rounded; small ones left out
    # the shares are rounded, and the programme stops at 250 rounds
    total = sum(distribution.bit_shares.values())
    shares = {degree: share / total for degree, share in distribution.bit_shares.items()}
    assert converges(shares, distribution.check_shares, distribution.threshold_qber * 0.99, 400)


def four_cycles(shifts: np.ndarray, lifting: int) -> int:
    """Pairs of equal differences between two rows: each closes a cycle of length 4."""
    found = 0
    for a in range(len(shifts)):
        for b in range(a):
            both = (shifts[a] >= 0) & (shifts[b] >= 0)
            differences = (shifts[a, both].astype(int) - shifts[b, both]) % lifting
            found += len(differences) - len(np.unique(differences))
    return found


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("lifting", [LEAST_LIFTING, 250, 313])
def test_girth_is_at_least_6(name: str, lifting: int) -> None:
    assert four_cycles(TABLES[name], lifting) == 0


def closed_degree_2_cycles(shifts: np.ndarray, lifting: int, longest: int) -> int:
    """Code words made of so many bits of degree 2, through the lifted bit at shift 0 of each column; by walking."""
    columns = np.flatnonzero((shifts >= 0).sum(axis=0) == 2)
    ends: dict[int, list[tuple[int, int, int, int]]] = {}
    for column in columns.tolist():
        a, b = np.flatnonzero(shifts[:, column] >= 0).tolist()
        sa, sb = int(shifts[a, column]), int(shifts[b, column])
        ends.setdefault(a, []).append((column, sa, b, sb))
        ends.setdefault(b, []).append((column, sb, a, sa))
    found = 0
    for column in columns.tolist():
        a, b = np.flatnonzero(shifts[:, column] >= 0).tolist()
        home = (a, -int(shifts[a, column]) % lifting)  # check equations of bit 0 of the column
        walks = [((b, -int(shifts[b, column]) % lifting), {column})]
        for _ in range(longest - 1):
            further = []
            for (row, equation), used in walks:
                for other, here, far_row, far in ends[row]:
                    if other in used:
                        continue
                    check = (far_row, (equation + here - far) % lifting)
                    found += check == home
                    further.append((check, used | {other}))
            walks = further
    return found


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_code_word_of_four_bits_of_degree_2(name: str) -> None:
    assert closed_degree_2_cycles(TABLES[name], 250, 4) == 0


def test_halves_of_a_row_share_its_edges() -> None:
    for code in shipped_codes():
        first = code.half_start - code.row_start[:-1]
        second = code.row_start[1:] - code.half_start
        assert (np.abs(first - second) <= 1).all()
        assert (np.diff(code.starts(code.rows)) >= 4).all()  # a check of one bit would be a bit disclosed
        assert len(code.starts(3)) == code.rows + 4


def test_code_data_are_small() -> None:
    assert sum(len(path.read_bytes()) for path in files(PACKAGE).iterdir() if path.name[-4:] in {".npz", "toml"}) < 1e6


def dense(code: LdpcCode, lifting: int) -> np.ndarray:
    """The parity-check matrix, written out equation by equation: the oracle of the kernels."""
    matrix = np.zeros((code.rows * lifting, code.columns * lifting), dtype=np.uint8)
    for row in range(code.rows):
        for edge in range(code.row_start[row], code.row_start[row + 1]):
            for r in range(lifting):
                matrix[row * lifting + r, code.column[edge] * lifting + (r + code.reach[edge]) % lifting] ^= 1
    return matrix


@pytest.mark.parametrize("lifting", [1, 7, 32])
def test_syndromes_equal_the_dense_product(lifting: int) -> None:
    from qkdsim.postprocessing.ldpc.kernels import check_sums

    code = shipped_codes()[2]
    bits = np.random.default_rng(lifting).integers(0, 2, code.columns * lifting, dtype=np.uint8)
    shift = np.mod(code.reach, lifting).astype(np.int32)
    sums = check_sums(code.row_start[:-1], code.row_start[1:], code.column, shift, bits, lifting)
    assert np.array_equal(sums.ravel(), dense(code, lifting).astype(int) @ bits % 2)
