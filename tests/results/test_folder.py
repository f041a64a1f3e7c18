from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.results import TABLES, FolderSink, MemorySink, open_run
from qkdsim.results import folder as folder_module

from .rows import SUMMARY, rows


def write(target: Path, counts: Mapping[str, int], chunk: int = 1000) -> None:
    with FolderSink(target) as sink:
        for table, count in counts.items():
            for first in range(0, count, chunk):
                sink.append(table, rows(table, min(chunk, count - first), first))
        sink.result(SUMMARY, {"format": "manifest/1", "seed": 1})
        sink.write_text("figures/map.svg", "<svg/>")
        sink.commit()


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_a_folder_gives_back_what_memory_holds(tmp_path: Path) -> None:
    counts = {"links": 3, "blocks": 2500, "requests": 70_000, "relays": 1}
    write(tmp_path / "run", counts)
    memory = MemorySink()
    for table, count in counts.items():
        memory.append(table, rows(table, count))
    kept = memory.result(SUMMARY, {})
    read = open_run(tmp_path / "run")
    for table in TABLES:
        assert read.table(table).equals(kept.table(table))
    assert read.summary == SUMMARY
    assert read.folder == tmp_path / "run"
    assert hidden(tmp_path) == []
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == sorted(
        [*(f"{table}.parquet" for table in TABLES), "summary.json", "manifest.json", "figures"]
    )


@settings(max_examples=15, deadline=None)
@given(chunks=st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_bytes_do_not_depend_on_the_chunks(chunks: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("chunks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder_module, "PART_ROWS", 16)
        for name, sizes in (("one", [sum(chunks)]), ("many", chunks)):
            with FolderSink(folder / name) as sink:
                first = 0
                for size in sizes:
                    sink.append("blocks", rows("blocks", size, first))
                    first += size
                sink.result(SUMMARY, {})
                sink.commit()
    assert (folder / "one/blocks.parquet").read_bytes() == (folder / "many/blocks.parquet").read_bytes()
    assert pl.read_parquet(folder / "many/blocks.parquet")["index"].to_list() == list(range(sum(chunks)))


WRITER = """
import sys
from pathlib import Path
from tests.results.test_folder import write
write(Path(sys.argv[1]), {"links": 5, "blocks": 150_000, "requests": 90_000, "stores": 10}, int(sys.argv[2]))
"""
ROOT = Path(__file__).parents[2]


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for name, chunk, threads in (("a", "1000", "1"), ("b", "7777", "4")):
        environment = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads}
        command = [sys.executable, "-c", WRITER, str(tmp_path / name), chunk]
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(names) == len(TABLES) + 3
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


KILLED = """
import sys, time
from pathlib import Path
from qkdsim.results import FolderSink
from tests.results.rows import SUMMARY, rows
with FolderSink(Path(sys.argv[1])) as sink:
    for first in range(0, 140_000, 10_000):
        sink.append("blocks", rows("blocks", 10_000, first))
    if sys.argv[2] == "joined":
        sink.result(SUMMARY, {})
    print("ready", flush=True)
    time.sleep(60)
"""


def interrupted(target: Path, moment: str, signal_number: int) -> int:
    command = [sys.executable, "-c", KILLED, str(target), moment]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal_number)
        return process.wait(timeout=20)


@pytest.mark.parametrize("moment", ["writing", "joined"])
def test_a_killed_run_leaves_nothing_that_reads_as_whole(tmp_path: Path, moment: str) -> None:
    assert interrupted(tmp_path / "run", moment, signal.SIGKILL) == -signal.SIGKILL
    assert not (tmp_path / "run").exists()
    assert len(hidden(tmp_path)) == 1
    with pytest.raises(InputError, match=r"manifest\.json is missing"):
        open_run(tmp_path / hidden(tmp_path)[0])
    write(tmp_path / "run", {"faults": 2})  # the next run tidies up
    assert hidden(tmp_path) == []
    assert open_run(tmp_path / "run").table("faults").height == 2


def test_a_killed_run_leaves_the_earlier_one_alone(tmp_path: Path) -> None:
    write(tmp_path / "run", {"faults": 2})
    interrupted(tmp_path / "run", "joined", signal.SIGKILL)
    assert open_run(tmp_path / "run").table("faults").height == 2


def test_ctrl_c_leaves_nothing_at_all(tmp_path: Path) -> None:
    interrupted(tmp_path / "new/deep/run", "writing", signal.SIGINT)
    assert list(tmp_path.iterdir()) == []


def test_a_stage_at_work_is_left_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "run"), "writing"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        write(tmp_path / "run", {"faults": 1})
        assert len(hidden(tmp_path)) == 1
        process.kill()
        process.wait(timeout=20)


def test_a_repeated_run_replaces_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "run", {"faults": 2})
    write(tmp_path / "run", {"faults": 5})
    assert open_run(tmp_path / "run").table("faults").height == 5
    assert hidden(tmp_path) == []


def test_an_error_leaves_the_earlier_run(tmp_path: Path) -> None:
    write(tmp_path / "run", {"faults": 2})
    with FolderSink(tmp_path / "run") as sink, pytest.raises(ValueError, match=r"no-such"):
        sink.append("no-such", {})
    assert open_run(tmp_path / "run").table("faults").height == 2
    assert hidden(tmp_path) == []


def test_a_run_moved_aside_by_a_killed_one_comes_back(tmp_path: Path) -> None:
    write(tmp_path / "run", {"faults": 2})
    (tmp_path / "run").rename(tmp_path / ".run.old-123")
    with FolderSink(tmp_path / "run"):
        pass
    assert open_run(tmp_path / "run").table("faults").height == 2


def test_folders_with_other_files_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        FolderSink(tmp_path)
    write(tmp_path / "run", {})
    (tmp_path / "run/notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds notes\.txt, which would be lost"):
        FolderSink(tmp_path / "run")
    assert (tmp_path / "run/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["file", "file/run", "x" * 300, "loop/run"])
def test_a_target_that_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError) as caught:
        FolderSink(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(caught.value)
    assert hidden(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InputError, match="cannot be written: Permission denied"):
        FolderSink(tmp_path / "closed/run")


@pytest.mark.parametrize("missing", ["manifest.json", "summary.json", "blocks.parquet", "figures/map.svg"])
def test_an_incomplete_folder_does_not_open(tmp_path: Path, missing: str) -> None:
    write(tmp_path / "run", {"blocks": 2})
    (tmp_path / "run" / missing).unlink()
    with pytest.raises(InputError, match="is missing"):
        open_run(tmp_path / "run")


def test_damaged_folders_do_not_open(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        open_run(tmp_path / "nowhere")
    for name, text, message in (
        ("blocks.parquet", "PAR1", "not a Parquet file"),
        ("manifest.json", "{", "cannot be read as JSON"),
        ("manifest.json", "[]", "not a JSON object"),
        ("manifest.json", "{}", "files"),
        ("summary.json", '{"format": "run/9"}', "run/1"),
    ):
        write(tmp_path / name / "run", {"blocks": 2})
        (tmp_path / name / "run" / name).write_text(text)
        with pytest.raises(InputError, match=message):
            open_run(tmp_path / name / "run")
        (tmp_path / name / "run" / name).unlink()
        for path in sorted((tmp_path / name).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def test_the_files_hold_no_path_and_no_date(tmp_path: Path) -> None:
    write(tmp_path / "run", {"blocks": 20})
    year = time.strftime("%Y").encode()
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes()
            if path.suffix == ".json":
                assert year not in path.read_bytes()
    assert "blocks.parquet" in json.loads((tmp_path / "run/manifest.json").read_text())["files"]


def test_commit_needs_a_result(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="before result"), FolderSink(tmp_path / "run") as sink:
        sink.commit()
