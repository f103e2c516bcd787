"""Locks between processes: the operating system's, free the moment their holder dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


@contextmanager
def held(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock of a file; raise TimeoutError when another has it for `seconds`."""
    with FileLock(path, timeout=seconds):
        yield
