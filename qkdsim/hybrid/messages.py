"""The messages of a handshake, and their exact bytes.

    version (1) | kind (1) | handshake (16) | fields

A field stands after its length (32 bits, big-endian); a list is a field whose content is its items, each after its
length. There is one encoding of a message and one message of an encoding: whatever else arrives is refused, so that
no bit of a message is without meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar, Final, TypeAlias

VERSION: Final = 1
HANDSHAKE_BYTES: Final = 16
NONCE_BYTES: Final = 32
MAC_BYTES: Final = 48  # HMAC-SHA-384
MOST_MESSAGE_BYTES: Final = 1 << 22  # the longest public key, of Classic McEliece, has 1.3 MiB
MOST_ITEMS: Final = 16  # of a list
MOST_NAME_BYTES: Final = 255
_HEADER_BYTES: Final = 2 + HANDSHAKE_BYTES
_LENGTH_BYTES: Final = 4

Field: TypeAlias = "bytes | str | tuple[bytes, ...] | tuple[str, ...]"


class MalformedError(ValueError):
    """These bytes are not a message; the text says why and holds none of them."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The initiator's opening: what it offers. `previous` is the handshake of the session being rekeyed, or empty."""

    kind: ClassVar[int] = 1

    handshake: bytes
    suite: str
    policy: str
    initiator: str
    responder: str
    previous: bytes
    nonce: bytes = field(repr=False)
    key_ids: tuple[str, ...]
    kems: tuple[str, ...]
    public_keys: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """The responder's choice out of the offer (no key_ID or one), its proofs of identity, and its confirmation."""

    kind: ClassVar[int] = 2

    handshake: bytes
    nonce: bytes = field(repr=False)
    key_ids: tuple[str, ...]
    kems: tuple[str, ...]
    ciphertexts: tuple[bytes, ...] = field(repr=False)
    proofs: tuple[bytes, ...] = field(repr=False)
    confirmation: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finish:
    """The initiator's proofs of identity and its confirmation."""

    kind: ClassVar[int] = 3

    handshake: bytes
    proofs: tuple[bytes, ...] = field(repr=False)
    confirmation: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """The responder has the session."""

    kind: ClassVar[int] = 4

    handshake: bytes
    confirmation: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refuse:
    """An end that will not go on says why, with its proofs of identity: whoever cannot prove it is not listened to."""

    kind: ClassVar[int] = 5

    handshake: bytes
    reason: str
    proofs: tuple[bytes, ...] = field(repr=False)


Message: TypeAlias = Hello | Response | Finish | Done | Refuse
_CLASSES: dict[int, type[Message]] = {one.kind: one for one in (Hello, Response, Finish, Done, Refuse)}
# name and type of every field after `handshake`, in the order of the wire
_LAYOUT = {one: tuple((f.name, str(f.type)) for f in fields(one)[1:]) for one in _CLASSES.values()}
_FIXED = {"nonce": (NONCE_BYTES,), "confirmation": (MAC_BYTES,), "previous": (0, HANDSHAKE_BYTES)}


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    parts = [bytes((VERSION, message.kind)), message.handshake]
    parts.extend(_prefixed(_content(getattr(message, name))) for name, _ in _LAYOUT[type(message)])
    return b"".join(parts)


def size_bytes(message: Message) -> int:
    """How long `encode` makes it, without doing so."""
    size = _HEADER_BYTES
    for name, kind in _LAYOUT[type(message)]:
        value = getattr(message, name)
        size += _LENGTH_BYTES + len(value)
        if kind.startswith("tuple"):
            size += sum(map(len, value)) + (_LENGTH_BYTES - 1) * len(value)
    return size


def decode(wire: bytes) -> Message:
    """The message of these bytes.

    Raises MalformedError if they are truncated or too long, of another version or kind, or anything but its encoding.
    """
    if len(wire) > MOST_MESSAGE_BYTES:
        raise MalformedError(f"a message has at most {MOST_MESSAGE_BYTES} bytes, not {len(wire)}")
    if len(wire) < _HEADER_BYTES:
        raise MalformedError(f"a message has at least {_HEADER_BYTES} bytes, not {len(wire)}")
    if wire[0] != VERSION:
        raise MalformedError(f"version {wire[0]} of the handshake is not known, only {VERSION}")
    cls = _CLASSES.get(wire[1])
    if cls is None:
        raise MalformedError(f"kind {wire[1]} of message is not known")
    layout = _LAYOUT[cls]
    values = _items(wire[_HEADER_BYTES:], len(layout))
    if len(values) < len(layout):
        raise MalformedError(f"{cls.__name__}: truncated, {len(values)} of {len(layout)} fields")
    decoded = [_decoded(name, kind, value) for (name, kind), value in zip(layout, values, strict=True)]
    return cls(wire[2:_HEADER_BYTES], *decoded)  # type: ignore[arg-type]  # the layout is that of the class


def sayable(reason: str) -> str:
    """A reason as it can be sent: printable ASCII, cut where it is too long."""
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in reason)[:MOST_NAME_BYTES]


def _content(value: Field) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("ascii")
    return b"".join(_prefixed(_content(item)) for item in value)


def _prefixed(content: bytes) -> bytes:
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


def _decoded(name: str, kind: str, value: bytes) -> Field:
    if name in _FIXED and len(value) not in _FIXED[name]:
        raise MalformedError(f"{name}: {_FIXED[name][-1]} bytes, not {len(value)}")
    if kind == "bytes":
        return value
    if kind == "str":
        return _text(name, value)
    items = _items(value, MOST_ITEMS)
    return tuple(_text(name, item) for item in items) if "str" in kind else items


def _text(name: str, value: bytes) -> str:
    if not 0 < len(value) <= MOST_NAME_BYTES:
        raise MalformedError(f"{name}: 1 to {MOST_NAME_BYTES} characters, not {len(value)}")
    text = value.decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        raise MalformedError(f"{name}: printable ASCII only")
    return text


def _items(content: bytes, most: int) -> tuple[bytes, ...]:
    items: list[bytes] = []
    at = 0
    while at < len(content):
        start = at + _LENGTH_BYTES
        end = start + int.from_bytes(content[at:start], "big")
        if end > len(content) or start > len(content):
            raise MalformedError(f"truncated: {len(content) - at} bytes where a field of {end - at} stands")
        if len(items) == most:
            raise MalformedError(f"more than {most} fields")
        items.append(content[start:end])
        at = end
    return tuple(items)
