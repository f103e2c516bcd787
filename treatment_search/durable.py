"""Bytes that are on the disk when a call returns."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def replace(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Make `data` the whole content of a file, in one step: a reader sees the old or the new.

    `mode` says who may read and write it, less what the process's umask takes away.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.touch(mode)
        fresh.write_bytes(data)
        sync(fresh)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()  # half a file may be what fills the disk
        raise
    sync(path.parent)


def append_line(path: Path, line: str) -> None:
    """Add one line to a file; a line that was torn before it stays a line of its own."""
    with path.open("ab+") as file:
        before = b"\n"
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            before = file.read(1)
        file.write((b"" if before == b"\n" else b"\n") + f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


def sync(path: Path) -> None:
    """Put a file, or a folder's list of names, on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
