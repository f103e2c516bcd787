"""The power goes between any two writes: what was not yet put on the disk is gone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.faults.editions import Folders, answered, assert_clean
from treatment_search import publishing

Version = tuple[int, int]


class Disk:
    """Knows which files are on the disk as they are, by the fsyncs that were asked for."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._synced: dict[int, Version] = {}
        self._renamed = False
        self.cuts = 0
        self.found: set[int] = set()
        for path in folders.index.rglob("*"):
            self._note(path.stat())

    def _note(self, status: os.stat_result) -> None:
        self._synced[status.st_ino] = (status.st_size, status.st_mtime_ns)

    def fsync(self, descriptor: int) -> None:
        self.cut()
        status = os.fstat(descriptor)
        self._note(status)
        if status.st_ino == self._folders.index.stat().st_ino:
            self._renamed = False

    def renaming(self, rename: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            assert not self._renamed, "two renames may reach the disk in either order"
            self.cut()
            rename(*arguments)
            self._renamed = True
            self.cut()

        return call

    def cut(self) -> None:
        """Look at a copy of the index in which files not yet on the disk are empty."""
        self.cuts += 1
        copy = replace(self._folders, index=self._folders.index.with_name("after the cut"))
        shutil.copytree(self._folders.index, copy.index)
        for path in self._folders.index.rglob("*"):
            status = path.stat()
            if stat.S_ISREG(status.st_mode) and not self._is_there(status):
                Path(copy.index, path.relative_to(self._folders.index)).write_bytes(b"")
        self.found.add(answered(copy.engine()))
        shutil.rmtree(copy.index)

    def _is_there(self, status: os.stat_result) -> bool:
        return self._synced.get(status.st_ino) == (status.st_size, status.st_mtime_ns)


def cuts_during(folders: Folders, work: Callable[[], object]) -> Disk:
    disk = Disk(folders)
    with (
        patch.object(os, "fsync", disk.fsync),
        patch.object(os, "rename", disk.renaming(os.rename)),
        patch.object(os, "replace", disk.renaming(os.replace)),
    ):
        work()
    disk.cut()
    return disk


def test_an_ingest_cut_anywhere_is_the_old_index_or_the_new_one(folders: Folders) -> None:
    folders.write(1)
    disk = cuts_during(folders, folders.ingest)
    assert disk.found == {0, 1}
    assert disk.cuts > 30
    assert_clean(folders.index)
    print(f"\npower cuts: {disk.cuts} faults, 0 lost, 0 mixed")


def test_a_rollback_cut_anywhere_is_the_one_or_the_other(folders: Folders) -> None:
    disk = cuts_during(folders, lambda: publishing.roll_back(folders.index))
    assert disk.found == {0, -1}
