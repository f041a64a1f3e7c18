"""Putting a run folder in its place: a hidden stage beside it, renamed when it is whole."""

from __future__ import annotations

import glob
import os
import shutil
from contextlib import suppress
from pathlib import Path

from qkdsim.errors import InputError, RunError
from qkdsim.results.run import MANIFEST, manifest_of

try:
    import fcntl
except ImportError:  # Windows has no advisory locks of this kind; stages of killed runs stay there
    fcntl = None  # type: ignore[assignment]  # a module or nothing, decided by the platform


class Stage:
    """A hidden folder `.<name>.partial-<pid>` beside its target, locked while its process lives.

    What a killed process leaves behind is hidden, and removed by the next run to the same target.
    """

    def __init__(self, target: Path, kind: str, beside: tuple[str, ...] = ()) -> None:
        """Make the stage of a folder whose manifest has the format `kind`, such as `manifest/1`.

        `beside` names files that belong to such a folder though its manifest does not list them.

        Raises InputError when the target cannot be written or must not be replaced: it holds anything but an earlier
        folder of the same kind.
        """
        self.shown = str(target)
        self._made: list[Path] = []
        self._lock: int | None = None
        try:
            self.target = target.resolve()
            _tidy(self.target)
            _refuse_foreign(self.target, self.shown, kind, beside)
            self._make_parents()
            self.path = self.target.parent / f".{self.target.name}.partial-{os.getpid()}"
            self.path.mkdir()
            self._lock = _lock(self.path)
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that no file can have
            reason = getattr(error, "strerror", None) or error
            raise InputError.of(self.shown, "", None, f"cannot be written: {reason}") from None

    def _make_parents(self) -> None:
        missing = [parent for parent in self.target.parents if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir(exist_ok=True)
            self._made.append(parent)

    def place(self) -> None:
        """Rename the stage to the target, replacing an earlier run. Raises RunError when that fails."""
        aside = self.target.parent / f".{self.target.name}.old-{os.getpid()}"
        try:
            if self.target.exists():
                self.target.rename(aside)
            try:
                self.path.rename(self.target)
            except BaseException:  # an interrupt included: the earlier run goes back to its place
                if aside.exists() and not self.target.exists():
                    aside.rename(self.target)
                raise
        except OSError as error:
            raise RunError(f"{self.shown}: cannot be replaced: {error.strerror or error}") from None
        shutil.rmtree(aside, ignore_errors=True)
        self._unlock()

    def remove(self) -> None:
        """Remove the stage, and the parent folders that were made for it if they are empty."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._unlock()
        with suppress(OSError):
            for parent in reversed(self._made):
                parent.rmdir()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _refuse_foreign(target: Path, shown: str, kind: str, beside: tuple[str, ...]) -> None:
    """Raise InputError unless the target is free, empty, or an earlier folder of its kind without foreign files."""
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError.of(shown, "", None, "is a file, expected a folder")
    if not any(target.iterdir()):
        return
    try:
        manifest = manifest_of(target)
        known = {*manifest["files"], MANIFEST, *beside} if manifest.get("format") == kind else None
    except InputError:
        known = None
    if known is None:
        expected = f"holds other files, expected a new or empty folder, or an earlier one of format {kind}"
        raise InputError.of(shown, "", None, expected)
    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    if foreign := sorted(found - known):
        raise InputError.of(shown, "", None, f"holds {foreign[0]}, which would be lost")


def _tidy(target: Path) -> None:
    """Clear away what killed runs to the same target left: stages, and an earlier run that was moved aside."""
    name = glob.escape(target.name)
    for stage in sorted(target.parent.glob(f".{name}.partial-*")):
        _remove_if_unlocked(stage)
    for aside in sorted(target.parent.glob(f".{name}.old-*")):
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(target)


def _lock(folder: Path) -> int | None:
    """Hold the folder with an advisory lock, which ends with the process however it ends."""
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # a file system without locks: leftovers of killed runs stay
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove_if_unlocked(folder: Path) -> None:
    if fcntl is None:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass  # another run is at work in it
    finally:
        os.close(descriptor)
