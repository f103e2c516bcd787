from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import IN_MEMORY
from tests.faults.editions import Folders
from treatment_search import generations
from treatment_search.store import PassageStore

if sys.platform == "win32":  # which neither forks nor limits the size of a file
    collect_ignore = ["test_full_disk.py", "test_killed_ingest.py", "test_two_ingests.py"]


@pytest.fixture(params=[False, True], ids=["whole", "amended"])
def folders(request: pytest.FixtureRequest) -> Iterator[Folders]:
    """A corpus of edition 0, with a generation of edition -1 before it."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        folders = Folders(Path(folder, "corpus"), Path(folder, "index"), request.param)
        folders.corpus.mkdir()
        for edition in (-1, 0):
            folders.write(edition)
            folders.ingest()
        live = generations.live_generation(folders.index)
        store = PassageStore(live.folder / generations.PASSAGES)
        assert (store.holes > 0) == folders.amended
        store.close()
        yield folders
