"""The page of comparisons: outside figures beside those of the code, deviations and reasons."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import compared_devices as devices
import compared_satellites as satellites
import compared_theories as theories
from comparison import Row, Section

INTRO = """<!-- written by docs/generate.py; edit docs/compared_*.py, not this page -->
# Comparisons

Outside figures beside those of qkdsim, which are computed whenever this page is written. The figures come from
`tests/references/`, which states the provenance of each; many were read from a re-typed or digitised copy, not from
the paper. **Figures marked "calculated" are not published**: they were worked out from the published formulas, and
test the code, not the paper. A row that is not met stays here with its deviation and, where we know it, the reason.
Nothing was tuned to meet a row, apart from the parameters that a section lists as fitted.

All figures are expected values, without randomness, at steady state: no start-up, no faults.
"""


def comparisons_page() -> str:
    """The whole page."""
    sections = [*theories.sections(), *devices.sections(), *satellites.sections()]
    return "\n".join([INTRO, _verdict(sections), *(_section(one) for one in sections)]).rstrip() + "\n"


def _verdict(sections: Iterable[Section]) -> str:
    rows = [(section, row) for section in sections for row in section.rows]
    missed = [f"- {section.title}: {row.what} ({row.deviation})" for section, row in rows if row.met is False]
    scored = sum(row.met is not None for _, row in rows)
    head = f"## Rows that are not met\n\n{len(missed)} of {scored} rows with a tolerance are not met:\n"
    return "\n".join([head, *missed, ""])


def _section(section: Section) -> str:
    head = "| what | published | qkdsim | deviation | allowed | met |\n|---|---|---|---|---|---|"
    cells = "\n".join(_cells(row) for row in section.rows)
    fitted = f"Parameters fitted: {section.fitted}."
    remarks = textwrap.fill(section.remarks, 118, break_long_words=False, break_on_hyphens=False)
    return f"## {section.title}\n\n{section.source}.\n\n{fitted}\n\n{head}\n{cells}\n\n{remarks}\n"


def _cells(row: Row) -> str:
    met = {True: "yes", False: "**no**", None: "not scored"}[row.met]
    return f"| {row.what} | {row.published} | {row.ours} | {row.deviation} | {row.allowed} | {met} |"
