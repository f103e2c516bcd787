"""The files of corpus/ beside what the search has of them: each with its state."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from treatment_search import generations
from treatment_search.changes import compare
from treatment_search.errors import IndexNotBuilt, IndexProblem
from treatment_search.gathering import CorpusFile, files_in
from treatment_search.history import UNREAD, unread_files
from treatment_search.records import CatalogueEntry, FileNote
from treatment_search.seen import SeenFiles
from treatment_search.store import PassageStore


class FileState(StrEnum):
    """What became of a file since the last ingest; what asks for one comes first."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    GONE = "gone"
    SKIPPED = "skipped"
    SEARCHED = "in the search"


@dataclass(frozen=True, slots=True)
class CollectionEntry:
    """An article or another file of the collection.

    `file` is where it is in corpus/ (the archive, when it is in one), None when it is gone;
    `searched` what the search has of it, None when it has nothing. `note` is why it was skipped,
    "" when the last ingest could not read it, or where a moved one was.
    """

    article_id: str
    state: FileState
    file: str | None
    searched: CatalogueEntry | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """Every entry, those that changed first and then by path; `problem` is that of the index."""

    entries: tuple[CollectionEntry, ...]
    problem: str | None = None

    @property
    def counts(self) -> Mapping[FileState, int]:
        """Return how many entries each state has, 0 for the others."""
        return Counter(entry.state for entry in self.entries)

    @property
    def has_changed(self) -> bool:
        """Return whether an ingest would find something to do."""
        return any(self.counts[s] for s in FileState if s not in (_SKIPPED, FileState.SEARCHED))


@dataclass(frozen=True, slots=True)
class _Live:
    """What the search has: digests and descriptions by article."""

    digests: dict[str, str] = field(default_factory=dict)
    catalogue: dict[str, CatalogueEntry] = field(default_factory=dict)
    problem: str | None = None


_SKIPPED = FileState.SKIPPED
_ORDER = {state: place for place, state in enumerate(FileState)}


def look_at(corpus: Path, index: Path) -> Collection:
    """Return every file of `corpus` and every article of the live generation, with its state.

    Files that look changed are read, none is parsed. What the last ingest could not read and has
    not changed since is skipped, not new.
    """
    skipped: list[FileNote] = []
    found = files_in(corpus, SeenFiles.of(index), skipped) if corpus.is_dir() else []
    files = {one.article_id: one for one in found}
    live = _live(index)
    unread = unread_files(index)
    readable = {name: f.digest for name, f in files.items() if unread.get(name) != f.digest}
    notes = {note.path: note.reason for note in skipped}
    notes |= dict.fromkeys(files.keys() - readable.keys(), "")
    states, origins = _states(live.digests, readable)
    states |= dict.fromkeys(notes, FileState.SKIPPED)
    entries = [
        CollectionEntry(
            name,
            state,
            _file(name, files, corpus, state),
            live.catalogue.get(origins.get(name, name)),
            notes.get(name, origins.get(name, "")),
        )
        for name, state in states.items()
    ]
    entries.sort(key=lambda entry: (_ORDER[entry.state], entry.article_id))
    return Collection(tuple(entries), live.problem)


def fingerprint(corpus: Path, index: Path) -> str:
    """Return what differs as soon as a file of the corpus or the live generation does.

    No file is read: sizes and times tell.
    """
    seen = sha256()
    paths = [Path(folder, name) for folder, _, names in os.walk(corpus) for name in names]
    for path in (*sorted(paths), index / generations.CURRENT, index / UNREAD):
        stat = None
        with suppress(OSError):
            stat = path.lstat()
        told = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) if stat else None
        seen.update(f"{path}\0{told}\n".encode("utf-8", "surrogateescape"))
    return seen.hexdigest()


def _states(
    then: Mapping[str, str], now: Mapping[str, str]
) -> tuple[dict[str, FileState], dict[str, str]]:
    """Return the state of each article, and where those that moved were."""
    changes = compare(then, now)
    states = dict.fromkeys(changes.added, FileState.NEW)
    states |= dict.fromkeys(changes.changed, FileState.CHANGED)
    states |= dict.fromkeys(changes.removed, FileState.GONE)
    states |= dict.fromkeys(changes.unchanged, FileState.SEARCHED)
    origins = {move.target: move.source for move in changes.moved}
    return states | dict.fromkeys(origins, FileState.MOVED), origins


def _file(name: str, files: Mapping[str, CorpusFile], corpus: Path, state: FileState) -> str | None:
    if name in files:
        return files[name].name
    # Of what is skipped some are no files, such as a folder that is a link or one in an archive.
    return name if state is _SKIPPED and (corpus / name).is_file() else None


def _live(index: Path) -> _Live:
    try:
        generation = generations.live_generation(index)
        with closing(PassageStore(generation.folder / generations.PASSAGES)) as store:
            catalogue = {entry.article_id: entry for entry in store.catalogue()}
            return _Live(store.digests(), catalogue)
    except IndexNotBuilt:
        return _Live()
    except IndexProblem as error:
        return _Live(problem=str(error))
