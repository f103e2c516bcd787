"""What an ingest tells of its progress, and bars that show it: done, rate and time left."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Never, Protocol

from tqdm import tqdm


class IngestProgress(Protocol):
    """Is told what an ingest is doing."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins."""
        ...

    def advance(self, count: int) -> None:
        """`count` more steps of the stage are done."""
        ...


class Silence:
    """Progress that nobody watches."""

    def start(self, stage: str, total: int) -> None:
        """Say nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""


class Bar:
    """Draws one bar a stage on stderr when that is a terminal, and nothing elsewhere."""

    def __init__(self) -> None:
        self._bar: tqdm[Never] | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._close()
        self._bar = tqdm(total=total, desc=stage, file=sys.stderr, disable=None, leave=False)

    def advance(self, count: int) -> None:
        """`count` more steps are done."""
        if self._bar is not None:
            self._bar.update(count)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
