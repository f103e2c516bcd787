from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search import publishing
from treatment_search.encoder import Encoder
from treatment_search.engine import Engine
from treatment_search.generations import current_name, generation_names
from treatment_search.ingest_job import IngestJob, JobState, Phase
from treatment_search.ingestion import NONE_YET, ingest

pytestmark = pytest.mark.usefixtures("uncalibrated")


class Gate:
    """Gives the encoder out once it is open."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, index: Path) -> Encoder:
        assert self.open.wait(10)
        return ConceptEncoder()


def ended(job: IngestJob) -> JobState:
    for _ in range(1000):
        if not job.state.is_running:
            return job.state
        time.sleep(0.01)
    raise AssertionError(job.state)


@pytest.fixture
def job(corpus: Path, index: Path) -> IngestJob:
    return IngestJob(corpus, index, lambda _: ConceptEncoder())


def test_before_the_first_nothing_runs(job: IngestJob) -> None:
    assert job.state == JobState(0, Phase.IDLE)


def test_an_ingest_leaves_its_report_and_a_live_generation(job: IngestJob, index: Path) -> None:
    assert job.start()
    state = ended(job)
    assert (state.phase, state.number, state.error) == (Phase.DONE, 1, None)
    assert state.report
    assert (state.report.articles, state.report.added) == (3, 3)
    assert state.report.generation == current_name(index)
    assert job.state == state  # kept until the next one
    job.forget()
    assert job.state == JobState(1)


def test_a_dry_run_tells_and_writes_nothing(job: IngestJob, index: Path) -> None:
    assert job.start(dry_run=True)
    report = ended(job).report
    assert report
    assert (report.dry_run, report.added, report.generation) == (True, 3, NONE_YET)
    assert generation_names(index) == []


def test_a_second_start_is_refused_while_one_runs(corpus: Path, index: Path) -> None:
    gate = Gate()
    job = IngestJob(corpus, index, gate)
    assert job.start()
    assert not job.start()
    assert not job.start(dry_run=True)
    job.forget()
    assert (job.state.is_running, job.state.number, job.state.dry_run) == (True, 1, False)
    gate.open.set()
    assert ended(job).phase is Phase.DONE
    assert len(generation_names(index)) == 1
    assert job.start()
    assert ended(job).number == 2


def test_what_another_ingest_says_is_kept_as_its_text(job: IngestJob, index: Path) -> None:
    with publishing.locked(index):
        job.start()
        state = ended(job)
    assert state.phase is Phase.FAILED
    assert state.error
    assert state.error.startswith(f"another ingest is running on '{index}' (process ")


def test_an_error_of_the_disk_says_where_and_what_to_do(corpus: Path, index: Path) -> None:
    def refused(_: Path) -> Encoder:
        raise OSError(28, "No space left on device", "/some/file")

    job = IngestJob(corpus, index, refused)
    job.start()
    error = ended(job).error
    assert error
    assert error.startswith("the disk said no '/some/file': No space left on device. Look at free")


def test_a_defect_does_not_leave_the_job_running_for_ever(
    corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = threading.Semaphore(0)
    monkeypatch.setattr(threading, "excepthook", lambda _: told.release())
    job = IngestJob(corpus, index, lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    job.start()
    state = ended(job)
    assert state.phase is Phase.FAILED
    assert state.error
    assert "in the terminal" in state.error
    assert told.acquire(timeout=10)  # the traceback goes to the terminal
    assert job.start()
    assert ended(job).number == 2
    assert told.acquire(timeout=10)


def test_articles_that_are_gone_are_asked_about_and_go_once_that_is_allowed(
    job: IngestJob, corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    (corpus / "needling.md").unlink()
    job.start()
    state = ended(job)
    assert (state.phase, state.gone) == (Phase.ASKS, ("needling.md",))
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert engine.article("needling.md")
    job.start(allow_removal=True)
    state = ended(job)
    assert state.report
    assert state.report.removed == 1
    assert engine.article("needling.md") is None


def test_an_ingest_can_be_stopped_and_the_search_stays(
    corpus: Path, index: Path, write: Callable[[str, str], Path]
) -> None:
    gate = Gate()
    job = IngestJob(corpus, index, gate)
    job.start()
    job.stop()
    gate.open.set()
    assert ended(job).phase is Phase.STOPPED
    assert generation_names(index) == []
    assert not publishing.ingest_running(index)
    job.start()  # an old wish to stop does not end it
    assert ended(job).phase is Phase.DONE


def test_the_time_left_is_that_of_the_rate_so_far() -> None:
    assert JobState(done=0, total=10, since=100.0).seconds_left(130.0) is None
    assert JobState(done=4, total=10, since=100.0).seconds_left(120.0) == 20.0 / 4 * 6
