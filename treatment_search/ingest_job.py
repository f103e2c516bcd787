"""One ingest at a time behind the page: started, watched and stopped from any of its visitors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from treatment_search.address import ClusterAddress
from treatment_search.encoder import Encoder
from treatment_search.errors import ArticlesGone, TreatmentSearchError
from treatment_search.ingestion import encoder_for_index
from treatment_search.records import IngestReport
from treatment_search.reporting import error_line
from treatment_search.selfcheck import ingest_and_check

_DEFECT = (
    "the ingest met a defect of this program. What it was stands in the terminal where the page "
    "was started; the search is as it was"
)


class Phase(StrEnum):
    """Where a job stands; all but RUNNING wait for the next one."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    ASKS = "asks"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class JobState:
    """What a job is doing or has done, at one moment.

    `number` counts the jobs; `stage` has `done` of `total` steps, since `since` (monotonic).
    `report` is there once it is DONE, `error` once it FAILED, and `gone` are the articles of which
    it ASKS whether they are meant to go.
    """

    number: int = 0
    phase: Phase = Phase.IDLE
    dry_run: bool = False
    stage: str = ""
    done: int = 0
    total: int = 0
    since: float = 0.0
    report: IngestReport | None = None
    error: str | None = None
    gone: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        """Return whether a job runs."""
        return self.phase is Phase.RUNNING

    def seconds_left(self, now: float) -> float | None:
        """Return how long the stage takes on at the rate so far, None before that can be told."""
        return (now - self.since) / self.done * (self.total - self.done) if self.done else None


class _Stopped(Exception):
    """Ends an ingest whose keeper does not want it any more."""


class IngestJob:
    """Runs ingests of one corpus into one index; safe to use from several threads.

    The thread belongs to the server: a page that is closed ends nothing. With the server it dies
    as a killed ingest does, which loses nothing.
    """

    def __init__(
        self,
        corpus: Path,
        index: Path,
        encoder_for: Callable[[Path], Encoder] = encoder_for_index,
        cluster: ClusterAddress | None = None,
    ) -> None:
        self._cluster = cluster
        self._corpus = corpus
        self._index = index
        self._encoder_for = encoder_for
        self._lock = threading.Lock()
        self._state = JobState()
        self._is_unwanted = threading.Event()

    @property
    def state(self) -> JobState:
        """Return the state at this moment."""
        with self._lock:
            return self._state

    def start(self, *, dry_run: bool = False, allow_removal: bool = False) -> bool:
        """Begin an ingest and return True; False, and nothing is done, while one runs."""
        with self._lock:
            if self._state.is_running:
                return False
            self._state = JobState(self._state.number + 1, Phase.RUNNING, dry_run)
            self._is_unwanted.clear()
        threading.Thread(
            target=self._run, args=(dry_run, allow_removal), name="ingest", daemon=True
        ).start()
        return True

    @property
    def is_stopping(self) -> bool:
        """Return whether the job that runs was asked to stop."""
        return self._is_unwanted.is_set()

    def stop(self) -> None:
        """Let the ingest that runs end at its next step; the next one goes on from there."""
        self._is_unwanted.set()

    def forget(self) -> None:
        """Put the outcome of the last job away; one that runs stays."""
        with self._lock:
            if not self._state.is_running:
                self._state = JobState(self._state.number)

    def _run(self, dry_run: bool, allow_removal: bool) -> None:
        try:
            self._begin("getting ready", 0)
            report = ingest_and_check(
                self._corpus,
                self._index,
                self._encoder_for(self._index),
                progress=_Told(self._begin, self._advance),
                cluster=self._cluster,
                dry_run=dry_run,
                allow_removal=allow_removal,
            )
        except ArticlesGone as problem:
            self._end(Phase.ASKS, gone=problem.gone)
        except (TreatmentSearchError, OSError) as error:
            self._end(Phase.FAILED, error=error_line(error))
        except _Stopped:
            self._end(Phase.STOPPED)
        except BaseException:
            self._end(Phase.FAILED, error=_DEFECT)
            raise
        else:
            self._end(Phase.DONE, report=report)

    def _begin(self, stage: str, total: int) -> None:
        with self._lock:
            now = time.monotonic()
            self._state = replace(self._state, stage=stage, done=0, total=total, since=now)

    def _advance(self, count: int) -> None:
        if self._is_unwanted.is_set():
            raise _Stopped
        with self._lock:
            self._state = replace(self._state, done=self._state.done + count)

    def _end(
        self,
        phase: Phase,
        *,
        report: IngestReport | None = None,
        error: str | None = None,
        gone: tuple[str, ...] = (),
    ) -> None:
        with self._lock:
            self._state = replace(self._state, phase=phase, report=report, error=error, gone=gone)


@dataclass(frozen=True, slots=True)
class _Told:
    """Implements IngestProgress."""

    start: Callable[[str, int], None]
    advance: Callable[[int], None]
