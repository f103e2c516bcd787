"""Whole generations of an index on disk: stage, publish, open, roll back, prune.

    index/CURRENT                   one line: the name of the live generation
    index/g-<time>-<digest>/        never changed once published
    index/.staging-<process>/        being built; left behind only by a killed ingest
    index/ingest.lock               held by the one ingest that runs

A generation becomes live when CURRENT is replaced, which is one atomic rename; everything it
names is on the disk by then.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from treatment_search.errors import (
    IndexBusy,
    IndexDamaged,
    IndexNotBuilt,
    IndexOutdated,
    NothingToRollBack,
)
from treatment_search.models import ModelIdentity, sha256_of

FORMAT_VERSION = 4

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
PASSAGES = "passages.sqlite"
DENSE = "dense.faiss"
HEADINGS = "headings.faiss"
KEYWORD = "keyword"
ARTICLES = "articles"
OFF_TOPIC = "offtopic.faiss"

_LOCK = "ingest.lock"
# Others hold the lock for an instant to see whether it is free; an ingest waits that long.
_LOOKING_SECONDS = 1
_HOLDER = "ingest.lock.holder"
_STAGING = ".staging-"
_NAME = re.compile(r"g-\d{8}T\d{12}Z-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file of a generation must be."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds and what made it; written last."""

    created: str
    previous: str | None
    model: ModelIdentity
    dimensions: int
    reader_version: str
    chunker_version: str
    analyzer_version: str
    articles: int
    passages: int
    changes: dict[str, int]
    off_topic_digest: str
    off_topic: list[int]
    """Which questions of the list this collection does not cover."""
    floor: float | None
    """The coverage (offtopic.py) below which a question is refused."""
    files: dict[str, FileRecord]
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Return the folder's name, which CURRENT holds while the generation is live."""
        return self.folder.name

    def check_sizes(self) -> None:
        """Raise IndexDamaged when a file is missing or has not the size it was written with."""
        for relative, record in self.manifest.files.items():
            path = self.folder / relative
            size = path.stat().st_size if path.is_file() else None
            if size != record.bytes:
                found = "missing" if size is None else f"{size:,} bytes, not {record.bytes:,}"
                raise IndexDamaged(f"'{path}' is {found}. {_WAY_OUT}")

    def check_contents(self) -> None:
        """Raise IndexDamaged when a byte of any file differs from what was written."""
        self.check_sizes()
        for relative, record in self.manifest.files.items():
            if sha256_of(self.folder / relative) != record.sha256:
                raise IndexDamaged(f"'{self.folder / relative}' has changed on disk. {_WAY_OUT}")


_WAY_OUT = "Run: python -m treatment_search rollback, or python ingest.py --rebuild"


def current_name(index: Path) -> str:
    """Return the name of the live generation; raise IndexNotBuilt when there is none."""
    try:
        name = (index / CURRENT).read_text("ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise IndexNotBuilt(f"no index in '{index}'. Run: python ingest.py") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"'{index / CURRENT}' cannot be read: {error}. {_WAY_OUT}") from error
    if not _NAME.fullmatch(name):
        raise IndexDamaged(f"'{index / CURRENT}' names no generation: {name!r:.60}. {_WAY_OUT}")
    return name


def open_generation(index: Path, name: str) -> Generation:
    """Return a published generation by name, its files present and of the right size."""
    folder = index / name
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"'{path}' cannot be read: {error}. {_WAY_OUT}") from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != FORMAT_VERSION:
        raise IndexOutdated(
            f"'{folder}' has index format {version}, this program writes {FORMAT_VERSION}. "
            "Run: python ingest.py"
        )
    try:
        generation = Generation(folder, _manifest(content))
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"'{path}' lacks {error}. {_WAY_OUT}") from error
    generation.check_sizes()
    return generation


def live_generation(index: Path) -> Generation:
    """Return the live generation of an index folder."""
    return open_generation(index, current_name(index))


@contextmanager
def locked(index: Path) -> Iterator[None]:
    """Hold the index for one ingest; raise IndexBusy, naming the holder, when another has it.

    The lock is the operating system's, so it is free again the moment its holder dies.
    """
    index.mkdir(parents=True, exist_ok=True)
    holder = index / _HOLDER
    lock = FileLock(index / _LOCK)
    try:
        lock.acquire(timeout=_LOOKING_SECONDS)
    except Timeout:
        try:
            who = holder.read_text("utf-8")
        except FileNotFoundError:
            who = "another process"
        raise IndexBusy(
            f"another ingest is running on '{index}' ({who}). Wait until it is done"
        ) from None
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(f"process {os.getpid()}, since {started}", "utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def ingest_running(index: Path) -> bool:
    """Return whether an ingest holds the lock of `index` at this moment."""
    if not (index / _HOLDER).exists():
        return False
    try:
        # A killed ingest leaves its note behind but not its lock.
        with FileLock(index / _LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except PermissionError:
        return False  # a page that may only read cannot tell


def stage(index: Path) -> Path:
    """Return a new empty folder to build in; what killed ingests left is removed first."""
    for abandoned in index.glob(f"{_STAGING}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    staging = index / f"{_STAGING}{os.getpid()}"
    staging.mkdir()  # not mkdtemp: whoever may read the index folder may read its generations
    return staging


def publish(index: Path, staging: Path, manifest: Manifest) -> Generation:
    """Make a staged folder the live generation, keep the one before it, prune older ones."""
    records = {
        path.relative_to(staging).as_posix(): FileRecord(path.stat().st_size, sha256_of(path))
        for path in sorted(staging.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }
    content = json.dumps({**asdict(manifest), "files": {k: asdict(v) for k, v in records.items()}})
    (staging / MANIFEST).write_text(content, "utf-8")
    for path in (*staging.rglob("*"), staging):
        _sync(path)
    moment = datetime.fromisoformat(manifest.created).strftime("%Y%m%dT%H%M%S%fZ")
    digest = sha256_of(staging / MANIFEST)[:8]
    folder = index / f"g-{moment}-{digest}"
    staging.rename(folder)
    _sync(index)
    _point_to(index, folder.name)
    generation = open_generation(index, folder.name)
    _prune(index, keep={folder.name, manifest.previous})
    return generation


def roll_back(index: Path) -> Generation:
    """Make the previous generation live again and return it, its contents checked."""
    previous_name(index)  # raises IndexNotBuilt before the lock makes a folder of that name
    with locked(index):
        name = previous_name(index)
        if name is None or not (index / name).is_dir():
            raise NothingToRollBack(
                f"'{index}' has no previous generation. The next ingest will keep this one"
            )
        generation = open_generation(index, name)
        generation.check_contents()
        _point_to(index, name)
        return generation


def previous_name(index: Path) -> str | None:
    """Return the generation before the live one, or the newest other one if that cannot be told."""
    try:
        live = current_name(index)
    except IndexDamaged:
        live = ""
    try:
        return open_generation(index, live).manifest.previous
    except IndexDamaged:
        others = (path.name for path in index.iterdir() if _NAME.fullmatch(path.name))
        return max((name for name in others if name != live), default=None)


def _point_to(index: Path, name: str) -> None:
    fresh = index / f"{CURRENT}.new"
    fresh.write_text(f"{name}\n", "ascii")
    _sync(fresh)
    fresh.replace(index / CURRENT)
    _sync(index)


def _prune(index: Path, keep: set[str | None]) -> None:
    """Remove generations nobody can ask for again; one that is still open somewhere may stay."""
    for folder in index.iterdir():
        if _NAME.fullmatch(folder.name) and folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    """Put a file, or a folder's list of names, on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _manifest(content: dict[str, Any]) -> Manifest:
    known = {field.name: content[field.name] for field in fields(Manifest)}
    known["model"] = ModelIdentity(**content["model"])
    known["files"] = {name: FileRecord(**record) for name, record in content["files"].items()}
    return Manifest(**known)
