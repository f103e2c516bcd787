"""Generations of an index on disk, as they are read; publishing.py writes them.

    index/CURRENT                   one line: the name of the live generation
    index/g-<time>-<digest>/        never changed once published

The digest is that of the manifest, which holds those of all other files.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from blake3 import blake3

from treatment_search.bands import BandLimits
from treatment_search.errors import IndexDamaged, IndexNotBuilt, IndexOutdated, IndexProblem
from treatment_search.models import ModelIdentity
from treatment_search.records import DenseRecord

FORMAT_VERSION = 7

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
PASSAGES = "passages.sqlite"
DENSE = "dense"
HEADINGS = "headings"
KEYWORD = "keyword"
ARTICLES = "articles"
SENTENCES = "sentences"
REFERENCES = "references"

DIGEST_LETTERS = 8
_BLOCK = 1 << 22
_NAME = re.compile(rf"g-\d{{8}}T\d{{12}}Z-[0-9a-f]{{{DIGEST_LETTERS}}}")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file of a generation must be."""

    bytes: int
    blake3: str

    @classmethod
    def of(cls, path: Path) -> FileRecord:
        """Return what a file is now."""
        return cls(path.stat().st_size, blake3_of(path))


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
    roles_version: str
    articles: int
    passages: int
    changes: dict[str, int]
    reference_digest: str
    off_topic: list[int]
    """Which questions of the list this collection does not cover."""
    floor: float | None
    """The coverage (offtopic.py) below which a question is refused."""
    bands: BandLimits
    """From where a match is called possible and strong (bands.py)."""
    whole: int
    """How many passages it had when it was last written whole; amended since."""
    calibrated: int
    """How many passages came or went since the floor and the bands were found."""
    dense: DenseRecord
    """How the passages' vectors are found."""
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

    @property
    def bytes(self) -> int:
        """Return the size of all files together."""
        return sum(record.bytes for record in self.manifest.files.values())

    @property
    def files(self) -> frozenset[Path]:
        """Return every file that was written."""
        return frozenset(self.folder / name for name in self.manifest.files)

    def check_sizes(self) -> None:
        """Raise IndexDamaged when a file is missing or has not the size it was written with."""
        for name, record in self.manifest.files.items():
            _check_size(self.folder / name, record)

    def check_contents(self) -> None:
        """Raise IndexDamaged when a byte of any file differs from what was written."""
        self.check_sizes()
        for name, record in self.manifest.files.items():
            _check_content(self.folder / name, record)

    def sound_files(self) -> frozenset[Path]:
        """Return the files that are what was written, to the last byte; each is looked at."""
        return frozenset(
            self.folder / name
            for name, record in self.manifest.files.items()
            if _is_sound(self.folder / name, record)
        )


def _check_size(path: Path, record: FileRecord) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if size != record.bytes:
        raise IndexDamaged(f"'{path}' is {size:,} bytes, not {record.bytes:,}")


def _check_content(path: Path, record: FileRecord) -> None:
    try:
        digest = blake3_of(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if digest != record.blake3:
        raise IndexDamaged(f"'{path}' has changed on disk")


def _is_sound(path: Path, record: FileRecord) -> bool:
    try:
        _check_size(path, record)
        _check_content(path, record)
    except IndexDamaged:
        return False
    return True


def blake3_of(path: Path) -> str:
    """Return the BLAKE3 digest of a file, in hex: three times as quick as SHA-256."""
    digest = blake3(max_threads=blake3.AUTO)
    # A mapping of a file that another process cuts short would end this one.
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _unreadable(path: Path, error: Exception) -> IndexDamaged:
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    why = error.strerror if isinstance(error, OSError) else error
    return IndexDamaged(f"'{path}' is missing" if missing else f"'{path}' cannot be read: {why}")


def current_name(index: Path) -> str:
    """Return the name of the live generation; raise IndexNotBuilt when there never was one."""
    path = index / CURRENT
    try:
        name = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        if missing and not generation_names(index):
            raise IndexNotBuilt(f"no index in '{index}'. Run: python ingest.py") from None
        raise _unreadable(path, error) from error
    if not _NAME.fullmatch(name):
        raise IndexDamaged(f"'{path}' names no generation: {name!r:.60}")
    if not (index / name).is_dir():
        raise IndexDamaged(f"'{path}' names {name}, which is not there")
    return name


def generation_names(index: Path) -> list[str]:
    """Return the names of all published generations, the newest first."""
    if not index.is_dir():
        return []
    return sorted((p.name for p in index.iterdir() if _NAME.fullmatch(p.name)), reverse=True)


def open_generation(index: Path, name: str) -> Generation:
    """Return a published generation by name, its files present and of the right size."""
    generation = read_generation(index, name)
    generation.check_sizes()
    return generation


def read_generation(index: Path, name: str) -> Generation:
    """Return a published generation by name; its manifest is sound, its files may not be."""
    folder = index / name
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
        content = json.loads(data)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not name.endswith(f"-{sha256(data).hexdigest()[:DIGEST_LETTERS]}"):
        raise IndexDamaged(f"'{path}' has changed on disk")
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != FORMAT_VERSION:
        raise IndexOutdated(
            f"'{folder}' has index format {version}, this program writes {FORMAT_VERSION}. "
            "Run: python ingest.py"
        )
    try:
        return Generation(folder, manifest_of(content))
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"'{path}' lacks {error}") from error


def live_generation(index: Path) -> Generation:
    """Return the live generation of an index folder."""
    return open_generation(index, current_name(index))


def previous_name(index: Path) -> str | None:
    """Return the generation before the live one, or the newest other one if that cannot be told."""
    live = None
    try:
        live = current_name(index)
        return open_generation(index, live).manifest.previous
    except IndexDamaged:
        return next((name for name in generation_names(index) if name != live), None)


def model_name(index: Path) -> str | None:
    """Return the model an index was made with, even when nothing else in it can be used."""
    names = generation_names(index)
    with suppress(IndexProblem):
        names.insert(0, current_name(index))
    for name in names:
        with suppress(OSError, ValueError, LookupError, TypeError):
            return str(json.loads((index / name / MANIFEST).read_bytes())["model"]["name"])
    return None


def manifest_of(content: dict[str, Any]) -> Manifest:
    """Return the manifest of what `asdict` made of it; raise KeyError or TypeError otherwise."""
    known = {field.name: content[field.name] for field in fields(Manifest)}
    known["model"] = ModelIdentity(**content["model"])
    known["dense"] = DenseRecord(**content["dense"])
    known["bands"] = BandLimits(**content["bands"])
    known["files"] = {name: FileRecord(**record) for name, record in content["files"].items()}
    return Manifest(**known)
