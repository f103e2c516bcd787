"""What a killed ingest had embedded, kept aside so that the next one goes on from there.

    index/.embedded-<model>/part-000001     vectors of some texts, never changed once written

Every text is known by a digest of itself and of its sentences. A part holds the SHA-256 of all
that follows it: one that is torn is passed over, and its texts are embedded again.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import numpy as np

from treatment_search import durable
from treatment_search.errors import IndexDamaged
from treatment_search.models import ModelIdentity
from treatment_search.records import Span
from treatment_search.vectors import SmallVectors, Vectors

# Work that a kill may cost, beside the slice that is being embedded.
SECONDS_A_PART = 30.0

_FOLDER = ".embedded-"
_PART = "part-"
_PARTS = f"{_PART}{'[0-9]' * 6}"
_MAGIC = b"treatment-search embedded 1\n"
_KEY_BYTES = 16
_DIGEST_BYTES = 32


def text_key(text: str, sentences: Sequence[Span] = ()) -> bytes:
    """Return what a text's vectors are kept under: 16 bytes for it and its sentences."""
    return hashlib.blake2b(f"{sentences!r}\0{text}".encode(), digest_size=_KEY_BYTES).digest()


def forget_all(index: Path) -> None:
    """Remove what was kept aside in an index folder, by whichever model."""
    for folder in index.glob(f"{_FOLDER}*"):
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class _Part:
    """Vectors of some texts; `lots` are unit rows as they came, `sentences` one array a text."""

    keys: list[bytes] = field(default_factory=list)
    lots: list[Vectors] = field(default_factory=list)
    sentences: list[SmallVectors] = field(default_factory=list)


class KeptAside:
    """Vectors by the key of their text, for one ingest; without a folder nothing is written.

    As a context manager it writes what it has when an error ends the block.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._places: dict[bytes, tuple[int, int]] = {}
        self._files: list[Path] = []
        self._unwritten = _Part()
        self._since = time.monotonic()
        self._last = 0
        for path in sorted(folder.glob(_PARTS)) if folder else ():
            part = _unpacked(path)
            if part is not None:
                self._place(part.keys, 0)
                self._files.append(path)
            self._last = int(path.name.removeprefix(_PART))

    @classmethod
    def of_model(cls, index: Path, identity: ModelIdentity, runtime: str) -> KeptAside:
        """Return what this very model left in an index folder, run the same way; writes nothing."""
        model = hashlib.sha256(repr((identity, runtime)).encode()).hexdigest()[:16]
        return cls(index / f"{_FOLDER}{model}")

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __enter__(self) -> KeptAside:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            with suppress(OSError):  # the error that ended the block says more
                self.write()

    def add(
        self, keys: Sequence[bytes], vectors: Vectors, sentences: Sequence[SmallVectors]
    ) -> None:
        """Keep the vectors of texts, and of the sentences in each; written now and then."""
        self._place(keys, len(self._unwritten.keys))
        self._unwritten.keys += keys
        self._unwritten.lots.append(vectors)
        self._unwritten.sentences += sentences
        if time.monotonic() - self._since >= SECONDS_A_PART:
            self.write()

    def write(self) -> None:
        """Put what is not on the disk yet there, as one part that is there whole or not at all."""
        self._since = time.monotonic()
        if self._folder is None or not self._unwritten.keys:
            return
        self._folder.mkdir(exist_ok=True)
        self._last += 1
        path = self._folder / f"{_PART}{self._last:06}"
        durable.replace(path, _packed(self._unwritten))
        self._files.append(path)
        self._unwritten = _Part()

    def collect(self, keys: Sequence[bytes]) -> tuple[Vectors, list[SmallVectors]]:
        """Return the vectors kept under these keys, in order, and those of their sentences.

        One part is read at a time. Raises KeyError for what was never added, IndexDamaged for a
        part that is not what it was.
        """
        wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for position, key in enumerate(keys):
            number, row = self._places[key]
            wanted[number].append((position, row))
        vectors = np.empty((0, 0), np.float32)
        sentences: list[SmallVectors] = [np.empty((0, 0), np.int8)] * len(keys)
        for number, pairs in sorted(wanted.items()):
            part = self._part(number)
            rows = np.concatenate(part.lots)
            if not len(vectors):
                vectors = np.empty((len(keys), rows.shape[1]), np.float32)
            vectors[[position for position, _ in pairs]] = rows[[row for _, row in pairs]]
            for position, row in pairs:
                sentences[position] = part.sentences[row]
        return vectors, sentences

    def _part(self, number: int) -> _Part:
        if number == len(self._files):
            return self._unwritten
        part = _unpacked(self._files[number])
        if part is None:
            raise IndexDamaged(f"'{self._files[number]}' has changed on disk")
        return part

    def _place(self, keys: Sequence[bytes], first: int) -> None:
        places = ((len(self._files), row) for row in range(first, first + len(keys)))
        self._places.update(zip(keys, places, strict=True))


def _packed(part: _Part) -> bytes:
    buffer = io.BytesIO()
    some = [rows for rows in part.sentences if len(rows)]
    for array in (
        np.frombuffer(b"".join(part.keys), np.uint8).reshape(-1, _KEY_BYTES),
        np.concatenate(part.lots),
        np.array([len(rows) for rows in part.sentences], np.int64),
        np.concatenate(some) if some else np.empty((0, 0), np.int8),
    ):
        np.save(buffer, array, allow_pickle=False)
    content = buffer.getvalue()
    return _MAGIC + hashlib.sha256(content).digest() + content


def _unpacked(path: Path) -> _Part | None:
    """Return a part as it was written, or None for anything else."""
    try:
        data = path.read_bytes()
        content = data[len(_MAGIC) + _DIGEST_BYTES :]
        if data[: -len(content)] != _MAGIC + hashlib.sha256(content).digest():
            return None
        buffer = io.BytesIO(content)
        keys, vectors, counts, rows = (np.load(buffer, allow_pickle=False) for _ in range(4))
    except (OSError, ValueError, EOFError):
        return None
    ends = np.cumsum([0, *counts])
    sentences = [rows[start:end] for start, end in pairwise(ends)]
    return _Part([key.tobytes() for key in keys], [vectors], sentences)
