"""The profile of a pair, put together from the profiles of its two modules."""

from __future__ import annotations

from typing import Any

from qkdsim.errors import InputError

Table = dict[str, Any]
ENDS = ("transmitter", "receiver")
_AGREED = {"name": None, "encoding": None, "states": 4, "key_bases": "one"}  # keys of [protocol], and their defaults
# what each end alone decides; of all other tables the receiver's holds, where the key processing of a link is stated
_OF_TRANSMITTER = ("source.", "protocol.", "isolation.transmitter_")
_SUMS = ("power_w", "cost_eur")


def pair_of(transmitter: Table, receiver: Table, name: str) -> Table:
    """The table of a pair of modules, by what links do with two profiles.

    Light, bases sent and key-length theory are the transmitter's; optics, detectors, bases measured, key processing and
    times the receiver's. The assumptions of both proofs hold. Power and cost add up; generator, interfaces and housing
    are those of the receiver, and certification looks at each module for itself. Telescopes are left out: the loss
    between the two is the channel's. Key rates are claims of the pair, which its own file states.

    Raises InputError, in the name of the pair, for other roles or for protocols that do not fit.
    """
    for end, table in zip(ENDS, (transmitter, receiver), strict=True):
        role = _at(table, "identity").get("role", "link")
        if role != end:
            raise InputError.of(name, f"based_on.{end}", role, f'a profile with identity.role = "{end}"')
    sent, measured = _at(transmitter, "protocol"), _at(receiver, "protocol")
    for key, usual in _AGREED.items():
        wanted, given = sent.get(key, usual), measured.get(key, usual)
        if wanted != given:
            expected = f"{wanted}, that of the transmitter"
            raise InputError.of(name, "based_on.receiver", f"protocol.{key} {given}", expected)
    pair = {key: value for key, value in receiver.items() if key not in ("telescope", "truth")}
    pair["identity"] = _identity(_at(transmitter, "identity"), _at(receiver, "identity"))
    pair["protocol"] = {**sent, **_measured(measured)}
    pair["source"] = transmitter.get("source")
    pair["security_model"] = _security(_at(transmitter, "security_model"), _at(receiver, "security_model"))
    pair["isolation"] = _isolation(_at(transmitter, "isolation"), _at(receiver, "isolation"))
    pair["platform"] = _platform(_at(transmitter, "platform"), _at(receiver, "platform"))
    if "truth" in transmitter or "truth" in receiver:
        pair["truth"] = _truth(_at(transmitter, "truth"), _at(receiver, "truth"))
    return pair


def _at(table: Table, key: str) -> Table:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _list(table: Table, key: str) -> list[Any]:
    found = table.get(key)
    return found if isinstance(found, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _identity(transmitter: Table, receiver: Table) -> Table:
    def both(key: str) -> str:
        names = dict.fromkeys(str(one.get(key, "")) for one in (transmitter, receiver))
        return " with ".join(names)

    evidence = [*_list(transmitter, "evidence"), *_list(receiver, "evidence")]
    is_fictional = bool(transmitter.get("fictional")) or bool(receiver.get("fictional"))
    return {
        **{key: both(key) for key in ("vendor", "model", "summary", "source")},
        "role": "link",
        "fictional": is_fictional,
        "evidence": evidence,
    }


def _measured(protocol: Table) -> Table:
    """What the receiver decides: how it chooses its bases."""
    chosen = protocol.get("receiver_key_basis_probability", protocol.get("key_basis_probability"))
    found = {"receiver_key_basis_probability": chosen, "basis_choice": protocol.get("basis_choice")}
    return {key: value for key, value in found.items() if value is not None}


def _security(transmitter: Table, receiver: Table) -> Table:
    """The transmitter's theory where it states one, and the assumptions of both, each once."""
    assumptions: list[Table] = []
    for one in [*_list(transmitter, "assumptions"), *_list(receiver, "assumptions")]:
        if one not in assumptions:
            assumptions.append(one)
    return {**(transmitter or receiver), "assumptions": assumptions}


def _isolation(transmitter: Table, receiver: Table) -> Table:
    """Each end's own figures, over the wavelengths of both bands."""
    band_nm = [*_list(transmitter, "band_nm"), *_list(receiver, "band_nm")]
    joined = {**receiver, **transmitter}
    joined |= {key: value for key, value in receiver.items() if key.startswith("receiver_")}
    numbers = [one for one in band_nm if _is_number(one)]
    return {**joined, "band_nm": [min(numbers), max(numbers)]} if numbers == band_nm != [] else joined


def _platform(transmitter: Table, receiver: Table) -> Table:
    """The receiver's housing with power and cost of both; without them where one end does not state a plain number."""
    joined = {key: value for key, value in receiver.items() if key not in _SUMS}
    for key in _SUMS:
        stated = [one.get(key) for one in (transmitter, receiver)]
        if all(_is_number(one) for one in stated):
            joined[key] = sum(one for one in stated if one is not None)
    return joined


def _truth(transmitter: Table, receiver: Table) -> Table:
    """True values of each end's own keys; misbehaviours of both."""
    values = {key: value for key, value in _at(transmitter, "values").items() if key.startswith(_OF_TRANSMITTER)}
    values |= {key: value for key, value in _at(receiver, "values").items() if not key.startswith(_OF_TRANSMITTER)}
    chosen = "protocol.receiver_key_basis_probability"
    if chosen in _at(receiver, "values"):
        values[chosen] = _at(receiver, "values")[chosen]
    behaviour = dict(_at(transmitter, "behaviour"))
    for key, value in _at(receiver, "behaviour").items():
        behaviour[key] = {**behaviour[key], **value} if isinstance(behaviour.get(key), dict) else value
    return {"values": values, "behaviour": behaviour}
