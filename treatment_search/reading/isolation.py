"""Reading in a process of its own, with limits: what one file does to its parser stays there."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar, cast

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.archive import Unpacked
from treatment_search.reading.frames import (
    article_from,
    read_message,
    unpacked_from,
    write_frame,
    write_message,
)
from treatment_search.records import Article

# A PDF of 2,000 dense pages takes about half of it on one slow core.
MOST_SECONDS = 120.0
# Above what the process has when it starts. 20 MB of HTML make a tree of about 300 MB.
MOST_MEMORY = 1 << 30

_STARTING_SECONDS = 60.0
_PACKAGE_PARENT = Path(__file__).parents[2]
_CHILD = "from treatment_search.reading.worker import main; main()"

_T = TypeVar("_T")


class ReadingProcess:
    """One process that reads a file after the other; started when needed, anew after a stop.

    Safe to use from several threads: they take turns. `seconds` and `memory` (in bytes, held on
    Linux) limit the reading of one file.
    """

    def __init__(self, *, seconds: float = MOST_SECONDS, memory: int = MOST_MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ReadingProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def number(self) -> int | None:
        """Return the number of the running process, None while there is none."""
        return self._child.pid if self._child else None

    def read(self, article_id: str, data: bytes) -> Article:
        """Return the article in `data`, or raise ArticleUnreadable with the reason."""
        return self._ask("article", article_id, data, _article_in)

    def unpack(self, article_id: str, data: bytes) -> Unpacked:
        """Return the members of the archive in `data`, or raise ArticleUnreadable."""
        return self._ask("archive", article_id, data, unpacked_from)

    def close(self) -> None:
        """End the process; it is started again when it is needed again."""
        with self._lock:
            self._stop()

    def _ask(
        self,
        what: str,
        article_id: str,
        data: bytes,
        answer: Callable[[BinaryIO, dict[str, Any]], _T],
    ) -> _T:
        with self._lock:
            child = self._started()
            timed_out = threading.Event()
            timer = threading.Timer(self._seconds, _end, (child, timed_out))
            timer.start()
            try:
                to, back = cast(BinaryIO, child.stdin), cast(BinaryIO, child.stdout)
                write_message(to, {"what": what, "article_id": article_id})
                write_frame(to, data)
                to.flush()
                message = read_message(back)
                if "refused_because" not in message:
                    return answer(back, message)
            except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
                timer.cancel()
                raise ArticleUnreadable(self._how_it_ended(timed_out)) from error
            except BaseException:
                self._stop()  # half an answer may wait in the pipe
                raise
            finally:
                timer.cancel()
            if message.get("is_last"):
                self._stop()
            raise ArticleUnreadable(str(message["refused_because"]))

    def _started(self) -> subprocess.Popen[bytes]:
        """Return the process, ready to read; importing its code is on nobody's time."""
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._stop()
        paths = [str(_PACKAGE_PARENT), os.environ.get("PYTHONPATH", "")]
        quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._child = subprocess.Popen(  # noqa: S603  this very Python, and no shell
            [sys.executable, "-c", _CHILD, str(self._memory), str(self._seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        atexit.register(self.close)
        timed_out = threading.Event()
        timer = threading.Timer(_STARTING_SECONDS, _end, (self._child, timed_out))
        timer.start()
        try:
            read_message(cast(BinaryIO, self._child.stdout))
        except (OSError, EOFError, ValueError) as error:
            self._stop()
            raise ArticleUnreadable("not read: the process that reads it cannot start") from error
        finally:
            timer.cancel()
        return self._child

    def _how_it_ended(self, timed_out: threading.Event) -> str:
        child = self._child
        status = self._stop()
        if timed_out.is_set():
            return f"broken or too large: not read within {self._seconds:g} seconds"
        if child and status is not None and status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else -status
            return f"broken: it makes its parser crash ({name})"
        return "broken: it makes its parser crash"

    def _stop(self) -> int | None:
        """End the process and return how it ended: below 0 is the signal that ended it."""
        child, self._child = self._child, None
        if child is None:
            return None
        atexit.unregister(self.close)
        for stream in (child.stdin, child.stdout):
            try:
                if stream:
                    stream.close()
            except OSError:
                pass  # what was still to be written goes with the process
        try:
            return child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


def _article_in(_: BinaryIO, message: dict[str, Any]) -> Article:
    return article_from(message["article"])


def _end(child: subprocess.Popen[bytes], timed_out: threading.Event) -> None:
    timed_out.set()
    child.kill()
