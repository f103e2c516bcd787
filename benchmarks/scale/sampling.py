"""Where a question's time goes, by looking at the asking thread a few thousand times a second.

The product is not touched: the stack says which of its modules are at work. A question's time is
shared out by the looks that found it in each part, so the parts of a question add up to its time.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERVAL = 0.0003
PARTS = ("read", "encode", "candidates", "fusion", "hits")
_PACKAGE = "treatment_search."
# The first of these that is anywhere on the stack names the part; what remains is reading.
_MODULES_OF = (
    ("encode", {"encoder", "compiled"}),
    ("fusion", {"fusion"}),
    ("hits", {"answers"}),
    ("candidates", {"retrieval", "dense", "lexical"}),
)


def part_of(modules: set[str]) -> str:
    """Return the part of a question in which these modules of the package are at work."""
    return next((part for part, some in _MODULES_OF if some & modules), "read")


@contextmanager
def sampled() -> Iterator[Callable[[], Counter[str]]]:
    """Look at the calling thread all through the block; the function gives and clears the counts.

    Python's threads take turns more often meanwhile.
    """
    watched = threading.get_ident()
    counts: Counter[str] = Counter()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            frame = sys._current_frames().get(watched)
            modules = _modules(frame)
            if modules:
                counts[part_of(modules)] += 1
            time.sleep(INTERVAL)

    def taken() -> Counter[str]:
        since = Counter(counts)
        counts.clear()
        return since

    before = sys.getswitchinterval()
    sys.setswitchinterval(INTERVAL / 3)
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        ended.set()
        thread.join()
        sys.setswitchinterval(before)


def _modules(frame: FrameType | None) -> set[str]:
    found = set()
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith(_PACKAGE):
            found.add(name.removeprefix(_PACKAGE))
        frame = frame.f_back
    return found
