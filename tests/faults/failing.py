"""Every call by which an ingest changes the disk, so that one of them can be made to fail."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from unittest.mock import patch

import faiss
import tantivy

from treatment_search import rows


class Way(Enum):
    """How a call fails: it does nothing, it is cut short midway, or all that follow fail too."""

    FULL_FOR_ONCE = "the disk is full at this call"
    STOPPED = "Ctrl-C when the call has done half of it"
    FULL_FROM_HERE = "the disk is full from this call on, and only removing works"


@dataclass
class Failing:
    """Counts the calls and fails the one numbered `at`, from 1; 0 fails none."""

    at: int = 0
    way: Way = Way.FULL_FOR_ONCE
    calls: int = 0

    def around(
        self, function: Callable[..., Any], *, frees: bool = False, path: int | None = None
    ) -> Callable[..., Any]:
        """Return `function` made to fail; `path` is its argument that names a file it writes."""

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            full = self.way is Way.FULL_FROM_HERE and not frees
            if self.calls != self.at and not (self.at and self.calls > self.at and full):
                return function(*arguments, **options)
            if self.way is Way.STOPPED:
                function(*arguments, **options)
                if path is not None:
                    os.truncate(arguments[path], Path(arguments[path]).stat().st_size // 2)
                raise KeyboardInterrupt
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return call


@contextmanager
def failing(fault: Failing) -> Iterator[None]:
    """Pass every call that changes the disk through `fault`."""
    around = fault.around
    connect, index = sqlite3.connect, tantivy.Index

    class Connection(sqlite3.Connection):
        executescript = around(sqlite3.Connection.executescript)
        executemany = around(sqlite3.Connection.executemany)
        __exit__ = around(sqlite3.Connection.__exit__)

    class Writer:
        def __init__(self, real: Any) -> None:
            self.add_document = around(real.add_document)
            self.delete_documents_by_query = around(real.delete_documents_by_query)
            self.commit = around(real.commit)
            self.wait_merging_threads = around(real.wait_merging_threads)

    class Index:
        def __init__(self, schema: tantivy.Schema | None, path: str) -> None:
            self._real = around(index)(schema, path=path) if schema else index.open(path)

        @classmethod
        def open(cls, path: str) -> Index:
            return cls(None, path)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def writer(self, **options: Any) -> Writer:
            return Writer(self._real.writer(**options))

    patches = [
        patch.object(os, "fsync", around(lambda _: None)),
        *(patch.object(os, name, around(getattr(os, name))) for name in _WRITE),
        *(patch.object(os, name, around(getattr(os, name), frees=True)) for name in _FREE),
        patch.object(shutil, "copyfile", around(shutil.copyfile, path=1)),
        patch.object(Path, "write_text", around(Path.write_text, path=0)),
        patch.object(Path, "write_bytes", around(Path.write_bytes, path=0)),
        patch.object(rows, "write_array_header_1_0", around(rows.write_array_header_1_0)),
        patch.object(faiss, "write_index", around(faiss.write_index)),
        patch.object(sqlite3, "connect", lambda *a, **o: connect(*a, factory=Connection, **o)),
        patch.object(tantivy, "Index", Index),
    ]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


_WRITE = ("replace", "rename", "mkdir", "chmod", "link")
_FREE = ("unlink", "rmdir")
