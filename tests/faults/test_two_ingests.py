"""Two ingests at once, and one that died holding the lock."""

from __future__ import annotations

import time

import pytest

from tests.faults.children import started
from tests.faults.editions import Folders, answered, assert_clean
from treatment_search import publishing
from treatment_search.errors import IndexBusy


def wait_until_it_runs(folders: Folders) -> None:
    deadline = time.monotonic() + 20
    while not publishing.ingest_running(folders.index):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_second_of_two_says_who_is_first_and_the_first_ends_well(folders: Folders) -> None:
    folders.write(1)
    first = started(folders, pause=0.6)
    wait_until_it_runs(folders)
    with pytest.raises(IndexBusy, match=f"process {first.pid}, since 20.*Wait until it is done"):
        folders.ingest()
    with pytest.raises(IndexBusy, match=f"process {first.pid}"):
        publishing.roll_back(folders.index)
    assert answered(folders.engine()) == 0
    first.join()
    assert first.exitcode == 0
    assert answered(folders.engine()) == 1
    assert_clean(folders.index)


def test_the_lock_of_one_that_died_is_free(folders: Folders) -> None:
    folders.write(1)
    first = started(folders, pause=60)
    wait_until_it_runs(folders)
    first.kill()
    first.join()
    assert not publishing.ingest_running(folders.index)
    folders.ingest()
    assert answered(folders.engine()) == 1
    assert_clean(folders.index)
