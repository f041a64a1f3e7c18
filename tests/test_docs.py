"""The manual is held to the code: examples run, generated pages are fresh, links resolve."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import qkdsim
from qkdsim.cli import main

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)[ ]?(.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: its language, the words after it, and its text."""

    language: str
    words: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield Block(*match.groups())


def has_examples(page: Path) -> bool:
    return any(block.language in {"python", "sh"} and block.words != "no-run" for block in blocks(page))


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [page for page in PAGES if has_examples(page)], ids=name)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks run in order in one empty folder; `toml NAME` and `csv NAME` blocks become files there."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language in {"toml", "csv"} and block.words:
            Path(block.words).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, name(page), "exec"), namespace)
        elif block.language == "sh" and block.words != "no-run":
            _run(block.text)


def _run(text: str) -> None:
    for line in text.splitlines():
        if line.startswith("qkdsim "):
            assert main(shlex.split(line)[1:]) == 0, line


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_internal_links_resolve(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = page if not path else Path(os.path.normpath(page.parent / path))
        assert found.exists(), f"{name(page)}: {target}"
        if anchor:
            assert anchor in anchors(found), f"{name(page)}: {target}"


def anchors(page: Path) -> set[str]:
    """The anchors that a Markdown reader gives the headings of a page."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def generated() -> Mapping[str, Callable[[], str]]:
    """The generated pages of docs/generate.py, whose modules find each other in their own folder."""
    sys.path.insert(0, str(DOCS))
    try:
        pages: Mapping[str, Callable[[], str]] = importlib.import_module("generate").PAGES
    finally:
        sys.path.remove(str(DOCS))
    return pages


@pytest.mark.parametrize(("page", "fresh"), sorted(generated().items()))
def test_generated_pages_are_fresh(page: str, fresh: Callable[[], str]) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == fresh(), "run `python docs/generate.py`"


def test_the_python_page_lists_the_public_names() -> None:
    page = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^## `(\w+)", page, re.MULTILINE)) == sorted(qkdsim.__all__)


def test_the_command_page_lists_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    figures = ("key-rate", "network", "stores", "load", "served", "restoration", "passes")
    plots = (f"plot {one}" for one in figures)
    others = ("run", "rate", "distill", "vectors", "passes", "exposure", "import", "generate", "list", "check")
    commands = (*others, "certify", *plots)
    for command in commands:
        assert main([*command.split(), "--help"]) == 0
        options = set(re.findall(r"(--[a-z][a-z-]+)", capsys.readouterr().out)) - {"--help"}
        section = page.partition(f"## `qkdsim {command}")[2].partition("\n## ")[0]
        assert section, command
        assert {option for option in options if f"`{option}" not in section} == set(), command


def test_what_only_describes_a_device_is_not_read_by_the_simulation() -> None:
    """The list in not-modelled.md: no key of it may occur in the code outside the profile models and certification."""
    page = (DOCS / "explanation" / "not-modelled.md").read_text(encoding="utf-8")
    section = page.partition("## Keys that only describe")[2].partition("\nOthers change no number")[0]
    keys = {key.rpartition(".")[2] for key in re.findall(r"`([a-z_]+\.[a-z_0-9]+)`", section)}
    assert len(keys) > 10
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "qkdsim").rglob("*.py")
        if not {"devices", "evaluation"} & set(path.relative_to(ROOT).parts)
    )
    assert {key for key in keys if re.search(rf"\.{key}\b", code)} == set()
