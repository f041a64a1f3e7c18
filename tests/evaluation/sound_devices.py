"""The shipped specimens without a defect: each passes L2. Fictional, and marked so."""

from __future__ import annotations

LINKS: tuple[str, ...] = (
    "generic-ingaas-metro",
    "generic-snspd-longhaul",
    "generic-cv-metro",
    "generic-passive-metro",
    "generic-quantum-dot-metro",
)
TRANSMITTERS: tuple[str, ...] = (
    "generic-cubesat-transmitter",
    "generic-ogs-transmitter",
    "generic-roof-transmitter",
    "generic-satellite-transmitter",
)
RECEIVERS: tuple[str, ...] = (
    "generic-ogs-1m",
    "generic-ogs-40cm",
    "generic-roof-receiver",
    "generic-satellite-receiver",
)
MADE_OF_MODULES: tuple[str, ...] = ("generic-satellite-downlink",)

SOUND_DEVICES: tuple[str, ...] = (*LINKS, *TRANSMITTERS, *RECEIVERS, *MADE_OF_MODULES)
