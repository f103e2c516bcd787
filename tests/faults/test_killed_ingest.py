"""SIGKILL at random moments of an ingest: the old index answers on, the next ingest finishes."""

from __future__ import annotations

import random
import time
from multiprocessing.process import BaseProcess

from tests.faults.children import started
from tests.faults.editions import FAULTS, Folders, answered, assert_clean, assert_sound

SEED = 20261123


def wait_for_staging(folders: Folders, process: BaseProcess) -> None:
    while process.is_alive() and not any(folders.index.glob(".staging-*")):
        time.sleep(0.0005)


def durations(folders: Folders) -> tuple[float, float]:
    """Return how long an ingest takes, and how long from its first write to its last."""
    began = time.monotonic()
    process = started(folders)
    wait_for_staging(folders, process)
    staged = time.monotonic()
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - began, time.monotonic() - staged


def test_a_killed_ingest_leaves_the_old_index_answering_and_the_next_one_finishes(
    folders: Folders,
) -> None:
    chance = random.Random(SEED)  # noqa: S311
    staying = folders.engine()
    folders.write(1)
    durations(folders)  # the server starts
    folders.write(2)
    whole, writing = durations(folders)
    old, published = answered(staying), 0
    for edition in range(3, 3 + FAULTS // 2):
        folders.write(edition)
        process = started(folders)
        if edition % 3:
            wait_for_staging(folders, process)
            time.sleep(chance.uniform(0, 1.3 * writing))
        else:
            time.sleep(chance.uniform(0, whole))
        process.kill()
        process.join()
        found = answered(staying)
        assert found == answered(folders.engine())
        assert found in (old, edition)
        assert_sound(folders.index)
        published += found == edition
        old = found
        if edition % 10 == 0:
            folders.ingest()
            assert_clean(folders.index)
            old = answered(staying)
            assert old == edition
    assert 0 < published < FAULTS // 2  # some were killed before, some after the moment that counts
    print(f"\nkilled: {FAULTS // 2} faults, 0 lost, 0 mixed ({published} had published)")
