"""Ingest whenever the articles change, until somebody ends it; the only file that knows watchfiles.

What is reported and what went wrong is told as it happens; nothing that happens to the folder,
or to one ingest, ends the watch.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from treatment_search.errors import CorpusProblem, TreatmentSearchError

# An editor writes a file in several steps, and people copy many files at once: changes are
# gathered until none has come for so long, but no longer than the second.
QUIET_SECONDS = 2.0
MOST_GATHERING_SECONDS = 10.0
# What failed, such as an ingest beside another one, may work later although no file changes.
RETRY_SECONDS = 60.0
LOOKING_SECONDS = 1.0

_Folder = tuple[int, int]
Tell = Callable[[Exception], None]


@dataclass(slots=True)
class _Turn:
    """What the last ingest came to; `said` is what was told last of what is wrong."""

    failed_at: float | None = None
    said: str | None = None


def watch(
    corpus: Path,
    ingest: Callable[[], None],
    tell: Tell,
    *,
    stop: Event | None = None,
) -> None:
    """Call `ingest` now, and again whenever something below `corpus` changed; return on `stop`.

    `tell` gets each error that an ingest raised, the same one again only after another, and a
    CorpusProblem while the folder is gone: it is waited for. An error that is a defect of the
    program is told with its traceback on standard error. Raises CorpusProblem when the system
    cannot watch the folder.
    """
    stop = stop or Event()
    turn = _Turn()
    while not stop.is_set():
        folder = _identity(corpus)
        if folder is None:
            _say(turn, tell, CorpusProblem(f"no folder '{corpus}'. Waiting until it is there"))
            stop.wait(LOOKING_SECONDS)
            continue
        due = True
        for changed in _changes(corpus, stop):
            if _identity(corpus) != folder:
                break
            due = due or changed or _is_due_again(turn)
            if due:
                _ingest_once(turn, ingest, tell)
                due = False


def _ingest_once(turn: _Turn, ingest: Callable[[], None], tell: Tell) -> None:
    try:
        ingest()
    except (TreatmentSearchError, OSError) as error:
        turn.failed_at = time.monotonic()
        _say(turn, tell, error)
    except Exception as error:
        # A watch that ended here would leave the index behind and nobody would know.
        turn.failed_at = time.monotonic()
        traceback.print_exc()
        _say(turn, tell, error)
    else:
        turn.failed_at = turn.said = None


def _is_due_again(turn: _Turn) -> bool:
    return turn.failed_at is not None and time.monotonic() - turn.failed_at >= RETRY_SECONDS


def _say(turn: _Turn, tell: Tell, error: Exception) -> None:
    if turn.said != str(error):
        turn.said = str(error)
        tell(error)


def _changes(corpus: Path, stop: Event) -> Iterator[bool]:
    """Yield every LOOKING_SECONDS, and after changes, whether something changed below a folder."""
    import watchfiles
    from watchfiles._rust_notify import WatchfilesRustInternalError

    root = corpus.resolve()

    def counts(_: watchfiles.Change, path: str) -> bool:
        return not any(part.startswith(".") for part in Path(os.path.relpath(path, root)).parts)

    try:
        for changes in watchfiles.watch(
            root,
            watch_filter=counts,
            debounce=int(MOST_GATHERING_SECONDS * 1000),
            step=int(QUIET_SECONDS * 1000),
            stop_event=stop,
            rust_timeout=int(LOOKING_SECONDS * 1000),
            yield_on_timeout=True,
            raise_interrupt=True,
            ignore_permission_denied=True,
        ):
            yield bool(changes)
    except (FileNotFoundError, WatchfilesRustInternalError):
        stop.wait(LOOKING_SECONDS)  # the folder went away in the meantime; it is looked for again
    except OSError as error:
        raise CorpusProblem(
            f"'{corpus}' cannot be watched: {error.strerror or error}. With "
            "WATCHFILES_FORCE_POLLING=true in the environment it is looked at now and then instead"
        ) from error


def _identity(corpus: Path) -> _Folder | None:
    """Return what tells a folder from another of the same name, or None when there is none."""
    try:
        status = corpus.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if corpus.is_dir() else None
