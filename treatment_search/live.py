"""The generation that answers: the live one, or another while that one is damaged."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from treatment_search import generations
from treatment_search.address import IndexAddress
from treatment_search.errors import IndexDamaged, IndexProblem, IndexUnreachable
from treatment_search.generations import Generation
from treatment_search.retrieval import OpenGeneration

# A generation can be pruned between reading its name and opening it, by two quick ingests.
_ATTEMPTS = 5
# A generation of up to so many bytes is compared with its manifest before it answers: half a
# second. A larger one answers at once and is compared behind it, when a command that asks once
# has long ended.
CHECKED_FIRST = 1 << 30
CHECKED_AFTER_SECONDS = 5.0


class LiveSource(Protocol):
    """What answers from an index, wherever it is."""

    def opened(self) -> OpenGeneration:
        """Return the generation to ask now."""
        ...

    def forget(self, opened: OpenGeneration) -> None:
        """Open anew at the next question, when `opened` turned out to lack something."""
        ...


def live_index(index: IndexAddress) -> LiveSource:
    """Return what answers from a folder or a server."""
    if isinstance(index, Path):
        return LiveIndex(index)
    with cluster_library():
        from treatment_search.cluster.live import ClusterIndex
    return ClusterIndex(index)


@contextmanager
def cluster_library() -> Iterator[None]:
    """Say what to install when what only a server needs is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in ("pymilvus", "grpc"):
            raise
        raise IndexUnreachable(
            "an index on a Milvus server needs a library that is not installed. "
            "Run: pip install -r requirements-cluster.txt"
        ) from error


class LiveIndex:
    """What answers from an index folder, kept open; safe to use from several threads."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._kept: tuple[str, OpenGeneration] | None = None
        self._damage: dict[str, IndexDamaged] = {}

    def opened(self) -> OpenGeneration:
        """Return the generation to ask now; open another one when CURRENT has changed.

        Raises IndexNotBuilt, IndexOutdated, or IndexDamaged when no generation is sound.
        """
        for _ in range(_ATTEMPTS):
            current = self._current()
            kept = self._kept
            if kept and kept[0] == current:
                return kept[1]
            with self._lock:
                if self._kept is not kept:
                    continue  # another thread has just opened it
                try:
                    opened = open_sound(self._index, self._damage)
                except IndexDamaged:
                    if self._current() == current:
                        raise
                    continue
                if self._current() == current:
                    self._kept = current, opened
                    self._check_later(opened)
                    return opened
        raise IndexProblem(f"'{self._index}' changes faster than it can be opened. Try again")

    def forget(self, opened: OpenGeneration) -> None:
        """Open and check anew at the next question, when `opened` turned out to be damaged."""
        with self._lock:
            if self._kept and self._kept[1] is opened:
                self._kept = None

    def _check_later(self, opened: OpenGeneration) -> None:
        generation = Generation(self._index / opened.generation.name, opened.generation.manifest)
        if generation.bytes > CHECKED_FIRST:
            timer = threading.Timer(CHECKED_AFTER_SECONDS, self._check, [opened, generation])
            timer.daemon = True
            timer.start()

    def _check(self, opened: OpenGeneration, generation: Generation) -> None:
        try:
            generation.check_contents()
        except IndexDamaged as damage:
            if generation.folder.is_dir():  # and was not pruned while it was looked at
                self._damage[generation.name] = damage
                self.forget(opened)

    def _current(self) -> str:
        """Return what CURRENT says, or what is wrong with it."""
        try:
            return generations.current_name(self._index)
        except IndexDamaged as damage:
            return str(damage)


def open_sound(index: Path, damaged: Mapping[str, IndexDamaged]) -> OpenGeneration:
    """Open the live generation, or with a warning the newest other one when it is damaged.

    `damaged` are generations known to be. Every byte is compared with the manifest first, unless
    there are more than CHECKED_FIRST.
    """
    live = None
    try:
        live = generations.current_name(index)
        return _opened(index, live, damaged)
    except IndexDamaged as damage:
        for name in generations.generation_names(index):
            if name == live:
                continue
            try:
                return _opened(index, name, damaged, f"{damage}. Until then {name} answers")
            except IndexProblem:
                continue
        raise


def _opened(
    index: Path, name: str, damaged: Mapping[str, IndexDamaged], warning: str | None = None
) -> OpenGeneration:
    if name in damaged:
        raise damaged[name]
    generation = generations.open_generation(index, name)
    if generation.bytes <= CHECKED_FIRST:
        generation.check_contents()
    return OpenGeneration.of(generation, warning)
