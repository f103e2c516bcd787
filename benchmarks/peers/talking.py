"""A child process that runs one peer, told what to do a line at a time."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.measuring import ROOT
from benchmarks.peers.environments import QUIET, python_of

_CHILD = Path(__file__).parent / "child.py"
_SAID = 2_000


class Child:
    """One peer in a process of its own; use it as a context manager."""

    def __init__(self, peer: str, model: Path, store: Path) -> None:
        self.peer = peer
        store.parent.mkdir(parents=True, exist_ok=True)
        self._errors = store.with_name(f"{store.name}.log")
        environment = {**os.environ, **QUIET, "PYTHONPATH": str(ROOT)}
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [str(python_of(peer)), str(_CHILD), peer, str(model), str(store)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def tell(self, do: str, **more: object) -> dict[str, Any]:
        """Have something done and return what came of it; RuntimeError when the child ended."""
        assert self._process.stdin  # noqa: S101
        assert self._process.stdout  # noqa: S101
        try:
            self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            said = self._errors.read_text("utf-8", "replace")[-_SAID:]
            raise RuntimeError(f"{self.peer} ended without an answer to {do!r}:\n{said}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def cold_seconds(peer: str, model: Path, store: Path, question: str) -> float:
    """Return seconds from starting a process to its first answer, the index on the disk."""
    started = time.perf_counter()
    with Child(peer, model, store) as child:
        child.tell("open")
        found = child.tell("ask", questions=[question], count=10)["found"]
        seconds = time.perf_counter() - started
    if not found[0]:
        raise RuntimeError(f"{peer} found nothing for {question!r}")
    return seconds
