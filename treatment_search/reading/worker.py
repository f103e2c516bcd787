"""The other end of a ReadingProcess: reads what it is sent until nobody sends any more."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import frames, parse_archive, parse_article

# Processor seconds for each second allowed, should the one who waits be gone.
_PROCESSOR_SHARE = 2
_GENTLE_RECURSION = 3_000


def main() -> None:
    """Answer requests from standard input on standard output, one at a time."""
    memory, seconds = int(sys.argv[1]), float(sys.argv[2])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a parser prints must not get between the frames
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asked decides
    sys.addaudithook(_refuse_network)
    sys.setrecursionlimit(_GENTLE_RECURSION)
    _limit_memory(memory)
    frames.write_message(out, {"ready": True})
    out.flush()
    with suppress(EOFError, BrokenPipeError):
        while True:
            request = frames.read_message(sys.stdin.buffer)
            data = frames.read_frame(sys.stdin.buffer)
            _limit_processor(seconds)
            go_on = _answer(request, data, out)
            out.flush()
            if not go_on:
                return


def _answer(request: dict[str, Any], data: bytes, out: BinaryIO) -> bool:
    """Write the answer; return False when this process should end after it."""
    # Into memory first: half an answer and then a refusal would make no sense to anybody.
    answer = io.BytesIO()
    article_id = request["article_id"]
    try:
        if request["what"] == "archive":
            frames.write_unpacked(answer, parse_archive(article_id, data))
        else:
            frames.write_article(answer, parse_article(article_id, data))
    except ArticleUnreadable as error:
        _refuse(out, str(error))
    except MemoryError:
        _refuse(out, "too large: reading it takes more memory than one file may", is_last=True)
        return False
    except RecursionError:
        _refuse(out, "nested too deep")
    except Exception as error:
        what = " ".join(str(error).split())[:120]
        _refuse(out, f"broken: {type(error).__name__}{': ' if what else ''}{what}")
    else:
        out.write(answer.getbuffer())
    return True


def _refuse(out: BinaryIO, reason: str, *, is_last: bool = False) -> None:
    frames.write_message(out, {"refused_because": reason, "is_last": is_last})


def _limit_memory(most_bytes: int) -> None:
    """Allow this process so much more memory than it has; a limit that only Linux keeps."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + most_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _limit_processor(seconds: float) -> None:
    """End this process by itself when one file takes too long and nobody is there to end it."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(usage.ru_utime + usage.ru_stime + _PROCESSOR_SHARE * seconds) + 1
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _refuse_network(event: str, _: tuple[Any, ...]) -> None:
    """Keep every parser from the network, whatever a file asks of it (PEP 578)."""
    if event.startswith("socket.") or event in ("subprocess.Popen", "os.system", "os.exec"):
        raise PermissionError(f"not while reading a file: {event}")
