"""Write the generated pages of the manual: `python docs/generate.py`.

A test compares the stored copies with fresh ones, so that manual, schemas and code cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from generate_comparisons import comparisons_page
from generate_files import files_page
from generate_handshake import hybrid_page
from generate_schemas import document_schema_text, schema_text
from generate_tables import tables_page

DOCS = Path(__file__).parent
PAGES: Mapping[str, Callable[[], str]] = {
    "schemas/profile-1.json": lambda: schema_text("profile"),
    "schemas/topology-1.json": lambda: schema_text("topology"),
    "schemas/scenario-1.json": lambda: schema_text("scenario"),
    "schemas/criteria-1.json": lambda: schema_text("criteria"),
    "schemas/scheme-1.json": lambda: schema_text("scheme"),
    "schemas/evidence-1.json": lambda: schema_text("evidence"),
    "schemas/certify-1.json": document_schema_text,
    "reference/files.md": files_page,
    "reference/tables.md": tables_page,
    "explanation/comparisons.md": comparisons_page,
    "explanation/hybrid.md": hybrid_page,
}


def main() -> None:
    """Write every generated page."""
    for name, text in PAGES.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
