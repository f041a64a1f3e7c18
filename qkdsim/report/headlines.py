"""The run in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from qkdsim.plots import bits_text
from qkdsim.report.link_rows import POOL_EMPTY
from qkdsim.report.words import NONE, count, percent
from qkdsim.results import RunResult

_NAMED = 4


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure worth a large type: what, how much, and a remark."""

    name: str
    value: str
    remark: str = ""


def headlines(result: RunResult) -> list[Headline]:
    """The run in a few numbers."""
    import polars as pl

    links, demands = result.summary["links"], result.summary["demands"]
    secret = sum(link["secret_bits"] for link in links)
    live = sum(link["secret_bits"] > 0 for link in links)
    found = [Headline("secret key made", bits_text(secret), f"on {count(live)} of {count(len(links))} links")]
    if demands:
        asked = sum(demand["requested_bits"] for demand in demands)
        served = sum(demand["served_bits"] for demand in demands)
        share = percent(served / asked) if asked else NONE
        found.append(Headline("demand served", share, f"{bits_text(served)} of {bits_text(asked)} asked for"))
        blocked = sum(demand["blocked"] for demand in demands)
        hit = sum(demand["blocked"] > 0 for demand in demands)
        found.append(Headline("requests blocked", count(blocked), f"of {count(hit)} of {count(len(demands))} demands"))
        if lost := sum(demand["lost"] for demand in demands):
            found.append(Headline("requests lost", count(lost), "their key was on its way when something failed"))
    passes = result.table("passes")
    if passes.height:
        won = passes.filter(pl.col("secret_bits") > 0)
        remark = f"of {count(passes.height)}; {bits_text(int(won['secret_bits'].sum()))} to ground stations"
        found.append(Headline("satellite passes with key", count(won.height), remark))
    aborted, keyless = (sum(link[name] for link in links) for name in ("aborted_blocks", "keyless_blocks"))
    blocks = sum(link["blocks"] for link in links)
    remark = f"of {count(blocks)}; {count(aborted)} for a QBER above the threshold"
    found.append(Headline("blocks without key", count(keyless), remark))
    stopped = [link["id"] for link in links if link["stopped_s"] is not None]
    if stopped:
        names = ", ".join(stopped[:_NAMED]) + (f" and {len(stopped) - _NAMED} more" if len(stopped) > _NAMED else "")
        found.append(Headline("links that stopped", count(len(stopped)), f"{POOL_EMPTY}: {names}"))
    open_links = sum(not link["covered_by_proof"] for link in links)
    found.append(
        Headline("links not covered by proof", count(open_links), f"of {count(len(links))}: see the table of links")
    )
    return found
