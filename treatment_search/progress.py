"""Progress bars on a terminal: done, rate and time left; silent where nobody watches."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Never

from tqdm import tqdm


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
