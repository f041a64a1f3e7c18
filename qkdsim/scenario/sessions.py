"""Hybrid sessions between nodes, as a scenario file states them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from qkdsim import library
from qkdsim.devices.quantity import NonNegative, Quantity
from qkdsim.errors import InputError
from qkdsim.scenario.duration import Duration

if TYPE_CHECKING:
    from qkdsim.hybrid import Policy, Suite

_OWN_SUITE = ("kems", "authentication", "cipher")
_ABOVE_0 = (
    *("rekey_after", "expire_after", "retry_interval", "key_wait", "handshake_timeout"),
    *("pad_interval",),
)


class Session(library.FileModel):
    """Nodes that keep up a hybrid session: one pair, `from` and `to`, or several (`pairs`); the first node of a pair
    begins handshakes.

    `suite` names a cipher suite (see [hybrid keys](../explanation/hybrid.md)), or `authentication`, `kems` and `cipher`
    make one; `policy` says which secrets are enough for a key. With `migrates`, suite and policy are those of the
    pair's stage of `[migration]`. With `cryptography = "simulated"` messages have their lengths and times, and there is
    nothing in them.

    A session is rekeyed by age (`rekey_after`), by volume (`rekey_after_bytes`, and in any case before the limit of the
    cipher), and by supply: when a route holds `rekey_supply_bits` of key, which is looked at every `retry_interval`.
    The old session carries traffic until the new one is there, at most until `expire_after`. A handshake that gave no
    session is tried again after `retry_interval`. The QKD key of a handshake may take `key_wait`, or the latency budget
    of a `class`; what can be done without it, the policy says.
    """

    id: str = Field(min_length=1, max_length=100)
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    suite: str | None = None  # `hybrid` when left out
    kems: tuple[str, ...] | None = None  # of a suite of one's own, in the order in which their secrets are joined
    authentication: tuple[str, ...] | None = None  # of a suite of one's own: `pre-shared`, signature schemes
    cipher: Literal["aes-256-gcm", "chacha20-poly1305", "one-time-pad"] | None = None  # of a suite of one's own
    policy: str | None = None  # `QkdAndPqcRequired` when left out
    migrates: StrictBool = False
    cryptography: Literal["real", "simulated"] = "real"
    traffic_bps: NonNegative = Quantity(0.0)  # plain traffic, both directions together
    rekey_after: Duration = 3600.0
    rekey_after_bytes: StrictInt | None = Field(default=None, ge=1, le=10**15)
    rekey_supply_bits: StrictInt | None = Field(default=None, ge=1, le=10**15)
    expire_after: Duration | None = None
    retry_interval: Duration = 60.0
    key_wait: Duration = 10.0
    class_: str | None = Field(default=None, alias="class")
    handshake_timeout: Duration = 1.0  # before a message is repeated; then twice as long each time
    max_repeats: StrictInt = Field(default=4, ge=0, le=20)  # of one message
    processing: Duration = 0.001  # what an end needs to make a message (assumed)
    pad_interval: Duration = 10.0  # a one-time pad is fetched for so long at a time
    message_bytes: StrictInt = Field(default=1024, ge=1, le=65536)  # plain bytes of a message of the traffic
    start: Duration = 0.0
    stop: Duration | None = None

    @model_validator(mode="after")
    def _is_told_rightly(self) -> Session:
        lines = [*self._end_problems(), *self._number_problems(), *self._suite_problems()]
        if lines:
            raise ValueError("\n".join(lines))
        return self

    @property
    def ends(self) -> tuple[tuple[str, str], ...]:
        """All pairs, who begins first."""
        return self.pairs or ((self.from_ or "", self.to or ""),)

    def suite_and_policy(self) -> tuple[Suite, Policy]:
        """Suite and policy of a session that does not migrate.

        Raises InputError for a name that is not known, a suite that cannot be, and a policy that it could never meet.
        """
        from qkdsim.hybrid import DEFAULT_POLICY, DEFAULT_SUITE, Suite, find_policy, find_suite

        if self._has_own_suite:
            own = Suite(self.id, self.kems or (), self.authentication or (), self.cipher or "aes-256-gcm")
        else:
            own = find_suite(DEFAULT_SUITE if self.suite is None else self.suite)
        policy = find_policy(DEFAULT_POLICY if self.policy is None else self.policy)
        own.check(policy)
        return own, policy

    @property
    def _has_own_suite(self) -> bool:
        return any(getattr(self, key) is not None for key in _OWN_SUITE)

    def _end_problems(self) -> Iterator[str]:
        named = {key: value for key, value in (("from", self.from_), ("to", self.to)) if value is not None}
        if self.pairs or "pairs" in self.model_fields_set:
            yield from (f"{key}: got {value!r}, expected none beside pairs" for key, value in named.items())
            if not self.pairs:
                yield "pairs: got a list of 0, expected pairs of nodes"
        else:
            yield from (f"{key}: got nothing, expected a node, or pairs" for key in ("from", "to") if key not in named)
        seen: set[frozenset[str]] = set()
        for index, (one, other) in enumerate(self.ends):
            key = f"pairs[{index}]" if self.pairs else "to"
            if one == other and one:
                yield (
                    f"{key}: got {other!r} twice, expected two nodes"
                    if self.pairs
                    else (f"{key}: got {other!r}, expected another node than `from`")
                )
            elif frozenset((one, other)) in seen:
                yield f"{key}: got {one!r} and {other!r} again, expected every pair once"
            seen.add(frozenset((one, other)))

    def _number_problems(self) -> Iterator[str]:
        for key in _ABOVE_0:
            value = getattr(self, key)
            if value is not None and value <= 0.0:
                yield f"{key}: got 0, expected a duration above 0"
        if self.stop is not None and self.stop <= self.start:
            yield f"stop: got {self.stop:g} s, expected later than start ({self.start:g} s)"
        if self.expire_after is not None and self.expire_after <= self.rekey_after:
            yield f"expire_after: got {self.expire_after:g} s, expected later than rekey_after ({self.rekey_after:g} s)"
        if self.rekey_after_bytes is not None and not self.traffic_bps:
            yield f"rekey_after_bytes: got {self.rekey_after_bytes}, expected none without traffic_bps"
        if self.class_ is not None and "key_wait" in self.model_fields_set:
            yield f"key_wait: got {self.key_wait:g} s, expected none: class {self.class_!r} states it"
        if not (self.id.isascii() and self.id.isprintable()):
            yield f"id: got {self.id!r}, expected printable ASCII characters"

    def _suite_problems(self) -> Iterator[str]:
        if self.migrates:
            for key in ("suite", "policy", *_OWN_SUITE):
                if getattr(self, key) is not None:
                    yield f"{key}: got a value, expected none with migrates: the stages of [migration] state it"
            return
        if self.suite is not None and self._has_own_suite:
            yield f"suite: got {self.suite!r}, expected none beside {', '.join(_OWN_SUITE)}"
            return
        unknown = list(self._unknown_algorithms())
        if unknown:
            yield from unknown
            return
        try:
            suite, _ = self.suite_and_policy()
        except InputError as error:
            for one in error.problems:
                yield f"{one.key}: got {one.given or 'nothing'}, expected {one.expected}"
            return
        if "pad_interval" in self.model_fields_set and suite.cipher != "one-time-pad":
            yield f"pad_interval: got {self.pad_interval:g} s, expected none with cipher {suite.cipher}"

    def _unknown_algorithms(self) -> Iterator[str]:
        from qkdsim.crypto.kem import kem_facts
        from qkdsim.crypto.signature import signature_facts
        from qkdsim.hybrid.suites import PRE_SHARED

        named = (("kems", self.kems or (), kem_facts), ("authentication", self.authentication or (), signature_facts))
        for key, names, facts in named:
            for place, name in enumerate(names):
                try:
                    if name != PRE_SHARED or key == "kems":
                        facts(name)
                except InputError as error:
                    yield f"{key}[{place}]: got {name!r}, expected {error.problems[0].expected}"
