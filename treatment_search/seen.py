"""What the files of a corpus held when they were last read, told by their size and times.

    index/seen.json     for each file its stamp, and the digest of each article in it

A file that looks as it did is not read again. Where that is in doubt there is no entry, and the
file is read: one that changed while it was read or within GRAIN before, for its times are too
coarse to tell a second change from the first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from treatment_search import durable

SEEN = "seen.json"
# The coarsest times of a file system, of FAT: two seconds.
GRAIN = 2_000_000_000

Stamp: TypeAlias = tuple[int, int, int, int]
"""Bytes, time of the last change of content and of anything, both in nanoseconds, and inode."""


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file, or None when there is none to look at."""
    with suppress(OSError):
        stat = path.stat()
        return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
    return None


class SeenFiles:
    """Digests of the articles in each file, for one look over a corpus folder.

    What is looked up or added is what `write` keeps; the rest is forgotten.
    """

    def __init__(self, before: Mapping[str, tuple[Stamp, dict[str, str]]] | None = None) -> None:
        self._before = before or {}
        self._now: dict[str, tuple[Stamp, dict[str, str]]] = {}

    @classmethod
    def of(cls, index: Path) -> SeenFiles:
        """Return what the last ingest into an index folder saw; nothing when that is unreadable."""
        try:
            content = json.loads((index / SEEN).read_bytes())
            return cls({name: _entry(*entry) for name, entry in content.items()})
        except (OSError, ValueError, TypeError, AttributeError):
            return cls()

    def digests(self, name: str, path: Path) -> dict[str, str] | None:
        """Return the digest of each article in a file, or None when the file must be read."""
        entry = self._before.get(name)
        if entry is None or entry[0] != stamp_of(path):
            return None
        self._now[name] = entry
        return entry[1]

    def add(self, name: str, path: Path, before: Stamp | None, digests: dict[str, str]) -> None:
        """Remember what a file held; `before` is its stamp from before it was read."""
        if before is None or before != stamp_of(path):
            return
        if max(before[1], before[2]) < time.time_ns() - GRAIN:
            self._now[name] = before, digests

    def forget(self, name: str) -> None:
        """Remember nothing of a file."""
        self._now.pop(name, None)

    def write(self, index: Path) -> None:
        """Keep what was seen for the next ingest."""
        if self._now != self._before:
            durable.replace(index / SEEN, json.dumps(self._now).encode())


def _entry(stamp: Any, digests: Any) -> tuple[Stamp, dict[str, str]]:
    size, modified, changed, inode = map(int, stamp)
    return (size, modified, changed, inode), {str(name): str(of) for name, of in digests.items()}
