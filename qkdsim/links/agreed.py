"""What a transmitter and a receiver of different makers agree on."""

from __future__ import annotations

from dataclasses import replace

from qkdsim.devices import NamedProfile
from qkdsim.devices.profile import PROOF_INTENSITIES
from qkdsim.errors import InputError


def agreed_transmitter(transmitter: NamedProfile, receiver: NamedProfile) -> NamedProfile:
    """The transmitter's profile with the key-length theory of the pair.

    The theory belongs to the light: a transmitter that states a `[security_model]` decides. Where it is silent the
    receiver's holds, which states the key processing, too. Raises InputError for other protocols at the two ends, or a
    proof of the receiver that does not fit the source.
    """
    tx, rx = transmitter.profile, receiver.profile
    if tx.protocol.name != rx.protocol.name:
        expected = f"{tx.protocol.name}, the transmitter's protocol"
        raise InputError.of(receiver.name, "protocol.name", rx.protocol.name, expected)
    if "security_model" in tx.model_fields_set or "security_model" not in rx.model_fields_set:
        return transmitter
    proof, count = rx.security_model.proof, len(tx.source.intensity) if tx.source else 0
    least, most = PROOF_INTENSITIES.get(proof or "", (0, 99))
    single = tx.protocol.name == "bb84-single-photon"
    if not least <= count <= most or (proof is not None and single != (proof == "tomamichel-2012")):
        expected = f"a proof that fits the source of {transmitter.name}, with {count} intensities"
        raise InputError.of(receiver.name, "security_model.proof", proof, expected)
    return replace(transmitter, profile=tx.model_copy(update={"security_model": rx.security_model}))
