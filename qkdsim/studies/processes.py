"""Worker processes that end with the work: on an error, on Ctrl-C, and when the process that started them is gone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection


@contextmanager
def worker_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """An executor with `count` processes, started as tasks come in; leaving the context ends them at once.

    Submit within `interrupts_held`. Processes are spawned, not forked: threads of polars and numba do not live through
    a fork. A script that comes here must therefore be guarded by `if __name__ == "__main__":`.
    """
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=_end_with, initargs=(theirs,))
    try:
        yield executor
    finally:
        ours.close()
        theirs.close()
        executor.shutdown(cancel_futures=True)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the context is left; processes started in it never hear of it.

    A terminal sends Ctrl-C to every process, and a worker would answer with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows: workers ignore it once they have started
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(parent: Connection) -> None:
    """In a worker: end when the other end of the connection is closed, whatever is under way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait, args=(parent,), daemon=True).start()


def _wait(parent: Connection) -> None:
    with suppress(EOFError, OSError):
        parent.recv()
    os._exit(1)  # nothing of a worker is to be kept, and its main thread may be deep in a computation
