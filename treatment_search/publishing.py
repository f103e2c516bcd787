"""Everything that writes an index folder: the lock, staging, publishing, rollback, pruning.

    index/.staging-<process>/       being built; left behind only by a killed ingest
    index/.embedded-<model>/        what a killed ingest had embedded (resume.py)
    index/history.jsonl             a line for each generation ever published (history.py)
    index/unread.json               files that the last ingest could not read (history.py)
    index/CURRENT.new               about to become CURRENT
    index/ingest.lock               held by the one ingest that runs
    index/ingest.lock.holder        who that is

A generation becomes live when CURRENT is replaced, which is one atomic rename; everything it
names is on the disk by then.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from treatment_search import durable
from treatment_search.errors import IndexBusy, NothingToRollBack
from treatment_search.generations import (
    CURRENT,
    DIGEST_LETTERS,
    MANIFEST,
    FileRecord,
    Generation,
    Manifest,
    generation_names,
    open_generation,
    previous_name,
)
from treatment_search.locking import held
from treatment_search.models import sha256_of

_LOCK = "ingest.lock"
# Others hold the lock for an instant to see whether it is free; an ingest waits that long.
_LOOKING_SECONDS = 1
_HOLDER = "ingest.lock.holder"
_STAGING = ".staging-"
_FRESH = f"{CURRENT}.new"


@contextmanager
def locked(index: Path) -> Iterator[None]:
    """Hold the index for one ingest; raise IndexBusy, naming the holder, when another has it.

    The lock is the operating system's, so it is free again the moment its holder dies. What was
    staged and not published is removed: first what killed ingests left, at last one's own.
    """
    index.mkdir(parents=True, exist_ok=True)
    holder = index / _HOLDER
    with ExitStack() as stack:
        try:
            stack.enter_context(held(index / _LOCK, _LOOKING_SECONDS))
        except TimeoutError:
            who = ""
            with suppress(OSError, ValueError):
                who = holder.read_text("utf-8")
            raise IndexBusy(
                f"another ingest is running on '{index}' ({who or 'another process'}). "
                "Wait until it is done"
            ) from None
        try:
            started = datetime.now(UTC).isoformat(timespec="seconds")
            holder.write_text(f"process {os.getpid()}, since {started}", "utf-8")
            _remove_unpublished(index)
            yield
        finally:
            _remove_unpublished(index)
            with suppress(OSError):
                holder.unlink()


def ingest_running(index: Path) -> bool:
    """Return whether an ingest holds the lock of `index` at this moment."""
    if not (index / _HOLDER).exists():
        return False
    try:
        # A killed ingest leaves its note behind but not its lock.
        with held(index / _LOCK, 0):
            return False
    except TimeoutError:
        return True
    except PermissionError:
        return False  # a page that may only read cannot tell


def stage(index: Path) -> Path:
    """Return a new empty folder to build in; the caller holds the lock of `index`."""
    staging = index / f"{_STAGING}{os.getpid()}"
    staging.mkdir()  # not mkdtemp: whoever may read the index folder may read its generations
    return staging


def carry_over(generation: Generation, staging: Path) -> None:
    """Put every file of a generation into a staged folder too, as a link where that can be.

    A link and what it was made from are one file: from here on it may be replaced by another,
    but never be written to.
    """
    for name in generation.manifest.files:
        target = staging / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(generation.folder / name, target)
        except OSError:  # not every file system has links
            shutil.copyfile(generation.folder / name, target)


def publish(
    index: Path, staging: Path, manifest: Manifest, carried: Generation | None = None
) -> Generation:
    """Make a staged folder the live generation, keep the one before it, prune older ones.

    What is a link to a file of `carried` is what it was there; it is not read again.
    """
    records = {
        path.relative_to(staging).as_posix(): _record(path, path.relative_to(staging), carried)
        for path in sorted(staging.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }
    content = json.dumps({**asdict(manifest), "files": {k: asdict(v) for k, v in records.items()}})
    (staging / MANIFEST).write_text(content, "utf-8")
    for path in (*staging.rglob("*"), staging):
        durable.sync(path)
    moment = datetime.fromisoformat(manifest.created).strftime("%Y%m%dT%H%M%S%fZ")
    digest = sha256_of(staging / MANIFEST)[:DIGEST_LETTERS]
    folder = index / f"g-{moment}-{digest}"
    staging.rename(folder)
    durable.sync(index)
    _point_to(index, folder.name)
    generation = open_generation(index, folder.name)
    prune(index, generation)
    return generation


def _record(path: Path, name: Path, carried: Generation | None) -> FileRecord:
    record = carried.manifest.files.get(name.as_posix()) if carried else None
    if carried and record and path.samefile(carried.folder / name):
        return record
    return FileRecord.of(path)


def roll_back(index: Path) -> Generation:
    """Make the previous generation live again and return it, its contents checked."""
    previous_name(index)  # raises IndexNotBuilt before the lock makes a folder of that name
    with locked(index):
        name = previous_name(index)
        if name is None or not (index / name).is_dir():
            raise NothingToRollBack(
                f"'{index}' has no previous generation. The next ingest will keep this one"
            )
        return _made_live(index, name)


def make_live(index: Path, name: str) -> Generation:
    """Make a generation that is there live and return it, its contents checked."""
    with locked(index):
        return _made_live(index, name)


def _made_live(index: Path, name: str) -> Generation:
    generation = open_generation(index, name)
    generation.check_contents()
    _point_to(index, name)
    return generation


def _point_to(index: Path, name: str) -> None:
    durable.replace(index / CURRENT, f"{name}\n".encode("ascii"))


def prune(index: Path, live: Generation) -> None:
    """Remove all generations but the live one and the one before it.

    One that is still open somewhere may stay until the next ingest; so may those that a killed
    ingest had no time to remove.
    """
    for name in generation_names(index):
        if name not in (live.name, live.manifest.previous):
            shutil.rmtree(index / name, ignore_errors=True)


def _remove_unpublished(index: Path) -> None:
    for staging in index.glob(f"{_STAGING}*"):
        shutil.rmtree(staging, ignore_errors=True)
    (index / _FRESH).unlink(missing_ok=True)
