"""Each write of an ingest fails in turn: the index answers whole, and the next ingest mends it."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.editions import FAULTS, Folders, answered, assert_clean, assert_sound
from tests.faults.failing import Failing, Way, failing
from treatment_search import publishing

WAYS = tuple(Way)
EVERY_WAY = FAULTS >= 1000
"""Whether each call fails in each way; otherwise the ways take turns at every other call."""


def calls_of(work: Callable[[], object]) -> int:
    counting = Failing()
    with failing(counting):
        work()
    return counting.calls


def ends_in_spite_of(fault: Failing, work: Callable[[], object]) -> bool:
    """Return whether the work goes on to its end, as it does when what fails is tidying up."""
    with failing(fault):
        try:
            work()
        except (OSError, KeyboardInterrupt):
            return False
    return True


def faults(calls: int, first: int) -> list[Failing]:
    if EVERY_WAY:
        return [Failing(at, way) for at in range(1, calls + 1) for way in WAYS]
    return [Failing(at, WAYS[at % len(WAYS)]) for at in range(first, calls + 1, 2)]


def test_each_write_of_an_ingest_may_fail(folders: Folders) -> None:
    staying = folders.engine()
    folders.write(1)
    calls = calls_of(folders.ingest)
    old, published, edition = 1, 0, 1
    struck = faults(calls, 1 + folders.amended)
    for fault in struck:
        edition += 1
        folders.write(edition)
        ended = ends_in_spite_of(fault, folders.ingest)
        found = answered(staying)
        assert found == answered(folders.engine())
        assert found == edition if ended else found in (old, edition), fault
        assert_sound(folders.index)
        published += found == edition
        folders.ingest()
        assert_clean(folders.index)
        assert_sound(folders.index)
        old = answered(staying)
        assert old == edition
    assert calls > 80
    assert 0 < published < len(struck)
    print(f"\nfailing writes: {len(struck)} faults, 0 lost, 0 mixed ({published} had published)")


def test_each_write_of_a_rollback_may_fail(folders: Folders) -> None:
    staying = folders.engine()

    def roll_back() -> None:
        publishing.roll_back(folders.index)

    calls = calls_of(roll_back)
    edition = answered(staying)
    assert edition == -1
    struck = faults(calls, 1)
    for fault in struck:
        edition += 2
        for one in (edition, edition + 1):
            folders.write(one)
            folders.ingest()
        ended = ends_in_spite_of(fault, roll_back)
        found = answered(staying)
        assert found == answered(folders.engine())
        assert found == edition if ended else found in (edition, edition + 1), fault
        assert_sound(folders.index)
        folders.ingest()
        assert_clean(folders.index)
        assert answered(staying) == edition + 1
    print(f"\nrollback: {len(struck)} faults, 0 lost, 0 mixed")
