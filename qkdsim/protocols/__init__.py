"""Device and channel state -> ClickTable; Counts; and the key-length theory over Counts."""

from qkdsim.protocols.attacks import Attack, InterceptResend, PhotonNumberSplitting, unnoticed_splitting
from qkdsim.protocols.bb84 import Bb84Setup, bb84_setup, click_table, photon_number_table
from qkdsim.protocols.clicktable import KEY_BASIS, TEST_BASIS, ClickTable, matched_gain_and_error
from qkdsim.protocols.counts import Counts
from qkdsim.protocols.coverage import Coverage, coverage
from qkdsim.protocols.entropy import binary_entropy, plob_bound_bits_per_use
from qkdsim.protocols.linear_model import linear_click_table
from qkdsim.protocols.photon_numbers import PhotonNumberCounts, PhotonNumberTables, photon_number_tables
from qkdsim.protocols.theory import Security, Theory, secret_key, theory_of

__all__ = [
    "KEY_BASIS",
    "TEST_BASIS",
    "Attack",
    "Bb84Setup",
    "ClickTable",
    "Counts",
    "Coverage",
    "InterceptResend",
    "PhotonNumberCounts",
    "PhotonNumberSplitting",
    "PhotonNumberTables",
    "Security",
    "Theory",
    "bb84_setup",
    "binary_entropy",
    "click_table",
    "coverage",
    "linear_click_table",
    "matched_gain_and_error",
    "photon_number_table",
    "photon_number_tables",
    "plob_bound_bits_per_use",
    "secret_key",
    "theory_of",
    "unnoticed_splitting",
]
