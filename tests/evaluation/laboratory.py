"""A laboratory for tests: records of a sound `generic-ingaas-metro`, drawn from known values, as files or in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

METRO = "generic-ingaas-metro"
MEANS = {"signal": 0.4514, "decoy": 0.1502, "vacuum": 0.00095}
EFFICIENCY = (0.199, 0.2005)
DARK = (1.7e-6, 1.5e-6)
QBER = 0.015
RATES_BPS = {5: 9.0e5, 10: 4.2e5, 15: 1.5e5, 20: 4.0e4}
PATH_LOSS_DB = 6.0
HEAD = """format = "evidence/1"
laboratory = "Test Laboratory"
date = 2025-05-04
device = "qkdsim Generic InGaAs Metro"
"""


def csv_text(columns: Mapping[str, Iterable[object]]) -> str:
    """A table as CSV."""
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(str(cell) for cell in row) for row in rows)]) + "\n"


def entry(kind: str, file: str, **more: object) -> str:
    """One `[[record]]` table."""
    words = {True: "true", False: "false"}
    lines = [f"{key} = {words[value] if isinstance(value, bool) else value}" for key, value in more.items()]
    return "\n".join(["[[record]]", f'kind = "{kind}"', f'file = "{file}"', 'instrument = "instrument"', *lines]) + "\n"


def qber_columns(rng: np.random.Generator, rows: int = 120, true: float = QBER) -> dict[str, Sequence[float]]:
    """A reading a minute of a million sifted bits."""
    errors = rng.binomial(1_000_000, true, rows)
    return {
        "time_s": [60.0 * row for row in range(rows)],
        "qber": (errors / 1e6).tolist(),
        "sifted_bits": [1_000_000] * rows,
    }


def key_rate_columns(rng: np.random.Generator, true_bps: float, hours: float = 24.5) -> dict[str, Sequence[float]]:
    """A reading every five minutes, with 3 % of spread."""
    rows = int(12 * hours)
    return {
        "time_s": [300.0 * row for row in range(rows)],
        "secret_key_rate_bps": (true_bps * (1.0 + 0.03 * rng.standard_normal(rows))).tolist(),
    }


def intensity_columns(rng: np.random.Generator, hours: float = 24.5) -> dict[str, Sequence[object]]:
    """Every intensity every five minutes, with 1 % of spread."""
    rows = int(12 * hours)
    time_s = [300.0 * row for row in range(rows) for _ in MEANS]
    means = [mean * (1.0 + 0.01 * rng.standard_normal()) for _ in range(rows) for mean in MEANS.values()]
    return {"time_s": time_s, "intensity": list(MEANS) * rows, "mean_photon_number": means}


def count_columns(rng: np.random.Generator, rows: int = 40, gates: int = 10**8) -> dict[str, Sequence[float]]:
    """Both detectors in turn, first in the dark and then in light."""
    table: dict[str, list[float]] = {
        "time_s": [], "detector": [], "mean_photon_number": [], "gates": [], "detections": []
    }  # fmt: skip
    for light in (0.0, 0.2):
        for row in range(rows):
            for unit in (0, 1):
                mean = light * EFFICIENCY[unit] * 10.0 ** (-PATH_LOSS_DB / 10.0)
                click = 1.0 - (1.0 - DARK[unit]) * np.exp(-mean)
                cells = (60.0 * (row + rows * (light > 0.0)), unit, light, gates, int(rng.binomial(gates, click)))
                for column, cell in zip(table.values(), cells, strict=True):
                    column.append(cell)
    return table


def block_columns(rng: np.random.Generator, rows: int = 40) -> dict[str, Sequence[float]]:
    """Blocks of key processing at 1.12 times the limit of Shannon."""
    errors = rng.binomial(10**7, QBER, rows)
    rate = errors / 1e7
    entropy = -rate * np.log2(rate) - (1.0 - rate) * np.log2(1.0 - rate)
    return {
        "time_s": [60.0 * row for row in range(rows)],
        "sifted_bits": [10**7] * rows,
        "errors": errors.tolist(),
        "disclosed_bits": np.round(1.12e7 * entropy).astype(int).tolist(),
        "secret_bits": [4_000_000] * rows,
    }


def write_records(folder: Path, *, is_parquet: bool = False) -> Path:
    """A whole folder of sound records but for samples of bits."""
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    ending = "parquet" if is_parquet else "csv"
    tables: dict[str, Mapping[str, Sequence[object]]] = {
        "qber": qber_columns(rng),
        "intensities": intensity_columns(rng),
        "counts": count_columns(rng),
        "key_processing": block_columns(rng),
    }
    tables |= {f"key_rate_{loss}db": key_rate_columns(rng, rate) for loss, rate in RATES_BPS.items()}
    for name, columns in tables.items():
        if is_parquet:
            pl.DataFrame(dict(columns)).write_parquet(folder / f"{name}.parquet")
        else:
            (folder / f"{name}.csv").write_text(csv_text(columns), encoding="utf-8")
    text = HEAD + entry("qber", f"qber.{ending}", loss_db=10.0, relative_uncertainty=0.0)
    text += entry("intensities", f"intensities.{ending}", relative_uncertainty=0.005, shared_calibration=True)
    text += entry(
        "counts",
        f"counts.{ending}",
        path_loss_db=PATH_LOSS_DB,
        relative_uncertainty=0.008,
        shared_calibration=True,
    )
    text += entry("key_processing", f"key_processing.{ending}")
    for loss in RATES_BPS:
        text += entry("key_rate", f"key_rate_{loss}db.{ending}", loss_db=float(loss), relative_uncertainty=0.0)
    (folder / "evidence.toml").write_text(text, encoding="utf-8")
    return folder
