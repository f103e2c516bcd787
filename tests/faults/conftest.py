from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.editions import Folders

if sys.platform == "win32":  # which neither forks nor limits the size of a file
    collect_ignore = ["test_full_disk.py", "test_killed_ingest.py", "test_two_ingests.py"]

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - where there is one, an fsync costs nothing


@pytest.fixture
def folders() -> Iterator[Folders]:
    """A corpus of edition 0, with a generation of edition -1 before it."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        folders = Folders(Path(folder, "corpus"), Path(folder, "index"))
        folders.corpus.mkdir()
        for edition in (-1, 0):
            folders.write(edition)
            folders.ingest()
        yield folders
