"""Ingests in processes of their own, forked from a server that has imported everything."""

from __future__ import annotations

import os
import resource
import sys
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from unittest.mock import patch

from tests.faults import warm
from tests.faults.editions import Folders
from treatment_search.reporting import one_line_errors

# The server starts no thread, so that a child of it is a clean process after milliseconds.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.warm"])

NOBODY = 65534
TRACEBACK = 3
"""Exit status of an ingest that ends in an error nobody foresaw."""


def started(folders: Folders, pause: float = 0.0) -> BaseProcess:
    """Return a process that ingests."""
    return _start(folders.ingest, pause)


def with_small_files(work: Callable[[], object], largest: int) -> int:
    """Return the exit status of `work` when no file may grow above so many bytes."""
    return in_a_child(partial(_limited, work, largest))


def in_a_child(work: Callable[[], object]) -> int:
    """Return the exit status of `work`."""
    process = _start(_reporting, work)
    process.join()
    return process.exitcode or 0


def _start(work: Callable[..., object], *arguments: object) -> BaseProcess:
    process = PROCESSES.Process(target=work, args=arguments)
    # A child loads again what its parent was started with, which for tests may be anything.
    with patch.dict(sys.modules, {"__main__": warm}):
        process.start()
    return process


def drop_privileges() -> None:
    """Let this process, if it may do all, do from now on what anybody may."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _limited(work: Callable[[], object], largest: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    work()


def _reporting(work: Callable[[], object]) -> None:
    try:
        with one_line_errors():
            work()
    except Exception:
        traceback.print_exc()
        sys.exit(TRACEBACK)
