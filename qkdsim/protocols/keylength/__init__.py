"""Key-length theory: pure functions of counts and security parameters.

One file per theory; each names its paper and equations. All functions take many blocks along leading axes.
"""

from qkdsim.protocols.keylength.asymptotic import (
    InfiniteData,
    asymptotic_decoy,
    infinite_decoy_rate,
)
from qkdsim.protocols.keylength.leakage import leakage_floor_bits, planned_leak_ec_bits
from qkdsim.protocols.keylength.lim2014 import lim2014
from qkdsim.protocols.keylength.rusca2018 import rusca2018
from qkdsim.protocols.keylength.statistics import DecoySettings, KeyLength, Statistics
from qkdsim.protocols.keylength.tomamichel2012 import tomamichel2012

__all__ = [
    "DecoySettings",
    "InfiniteData",
    "KeyLength",
    "Statistics",
    "asymptotic_decoy",
    "infinite_decoy_rate",
    "leakage_floor_bits",
    "lim2014",
    "planned_leak_ec_bits",
    "rusca2018",
    "tomamichel2012",
]
