"""When a session is due for a new key: by time, by volume, or because there is key to do it with.

A rekeying is a handshake whose `Setup.previous` is the old session: its first message names that session, and both ends
prove besides all else that they hold a key of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from qkdsim.errors import InputError
from qkdsim.hybrid.limits import LIMITS
from qkdsim.hybrid.sealing import Sender
from qkdsim.hybrid.session import Session

RekeyCause: TypeAlias = Literal["volume", "time", "supply"]
SHARE_OF_LIMIT: Final = 0.9  # of the cipher's limit; the rest is for what is sent while the new key is agreed on


@dataclass(frozen=True, slots=True)
class RekeyRules:
    """When to rekey; None leaves a rule out. The limits of the cipher hold in any case.

    after_s      age of the session
    after_bytes  plain bytes sent under it
    supply_bits  bits of QKD key in store that are enough to rekey at once: with each key that comes, or to mend a
                 session that had to do without
    least_s      the shortest life of a session, against rekeying by supply without end

    Raises InputError for a rule that is not positive.
    """

    after_s: float | None = 3600.0
    after_bytes: int | None = None
    supply_bits: int | None = None
    least_s: float = 1.0

    def __post_init__(self) -> None:
        for key in ("after_s", "after_bytes", "supply_bits", "least_s"):
            value = getattr(self, key)
            if value is not None and not value > 0:
                raise InputError.of("rekeying", key, value, "more than 0")


def rekey_due(
    rules: RekeyRules, session: Session, sender: Sender, now_s: float, supply_bits: float = 0.0
) -> RekeyCause | None:
    """Why the session should be rekeyed now, or None. A pure function.

    sender       what this end has sent under the session
    supply_bits  QKD key in store for this pair
    """
    limits, age_s = LIMITS[sender.cipher], now_s - session.established_s
    spent = max(sender.messages / limits.messages, sender.blocks / limits.blocks)
    if spent >= SHARE_OF_LIMIT or (rules.after_bytes is not None and sender.plain_bytes >= rules.after_bytes):
        return "volume"
    if rules.after_s is not None and age_s >= rules.after_s:
        return "time"
    if rules.supply_bits is not None and supply_bits >= rules.supply_bits and age_s >= rules.least_s:
        return "supply"
    return None
