"""Rows of equal width on disk, in chunks that never change: a folder grows by new files alone.

    <first row, 12 digits>.npy      rows from that number on, up to the first of the next file

A file may be a link to one of a published folder, so nothing is ever written into a file that
is there already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.format import header_data_from_array_1_0, write_array_header_1_0

from treatment_search.errors import IndexDamaged

Array: TypeAlias = npt.NDArray[Any]
Numbers: TypeAlias = npt.NDArray[np.int64]

# The most rows in one file: all that damage to one of its bytes can cost.
CHUNK = 65_536
_ENDING = ".npy"


class Rows:
    """Rows numbered from 0 across chunks, read from the disk as they are asked for."""

    def __init__(self, chunks: Sequence[Array], starts: Sequence[int] | None = None) -> None:
        """Take chunks, at least one, and the number of the first row of each unless none lacks."""
        self._chunks = [np.asarray(chunk) for chunk in chunks]
        lengths = np.array([len(chunk) for chunk in chunks], np.int64)
        ends = np.cumsum(lengths)
        self._starts = ends - lengths if starts is None else np.array(starts, np.int64)
        self._ends = self._starts + lengths

    @classmethod
    def of(cls, array: Array) -> Rows:
        """Return rows that are in memory, not copied."""
        return cls([array])

    @classmethod
    def write(cls, folder: Path, array: Array) -> None:
        """Write rows into a new folder; none are written too, so that their width is known."""
        folder.mkdir()
        _save_chunks(folder, 0, array)

    @classmethod
    def append(cls, folder: Path, array: Array) -> None:
        """Add rows after those of a folder, of the same width and type.

        Small chunks at the end become part of the new one as soon as it has as many rows as
        they, so that a thousand additions leave ten files, and a row is copied ten times at most.
        """
        if not len(array):
            return
        chunks = _chunks_of(folder, array.dtype)
        if chunks[-1].shape[1] != array.shape[1]:
            raise ValueError(
                f"rows of {array.shape[1]} numbers behind some of {chunks[-1].shape[1]}"
            )
        merged, count = [array], len(array)
        while chunks and len(chunks[-1]) <= count < CHUNK:
            merged.insert(0, chunks.pop())
            count += len(merged[0])
        first = sum(map(len, chunks))
        rows = np.concatenate(merged) if len(merged) > 1 else array
        for path in _files(folder):
            if int(path.stem) > first:
                path.unlink()
        _save_chunks(folder, first, rows)

    @classmethod
    def open(cls, folder: Path, kind: npt.DTypeLike) -> Rows:
        """Return the rows of a folder; raise IndexDamaged when one is missing or no `kind`."""
        return cls(_chunks_of(folder, np.dtype(kind)))

    @classmethod
    def open_sound(cls, folder: Path, kind: npt.DTypeLike, sound: Collection[Path]) -> Rows:
        """Return the rows of those files alone that are in `sound`; `has` tells which they are."""
        paths = [path for path in _files(folder) if path in sound]
        if not paths:
            return cls.of(np.empty((0, 0), kind))
        chunks = [load_array(path, kind, mapped=True) for path in paths]
        return cls(chunks, [int(path.stem) for path in paths])

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def width(self) -> int:
        """Return how many numbers a row has."""
        return int(self._chunks[0].shape[1])

    def has(self, numbers: npt.ArrayLike) -> npt.NDArray[np.bool]:
        """Return of each of these numbers whether its row is there."""
        wanted = np.asarray(numbers, np.int64)
        of_chunk = self._chunk_of(wanted)
        return (wanted >= self._starts[of_chunk]) & (wanted < self._ends[of_chunk])

    def _chunk_of(self, numbers: Numbers) -> Numbers:
        # A number before the first row counts to the first chunk, which then lacks it.
        return np.searchsorted(self._starts[1:], numbers, "right")

    def take(self, numbers: npt.ArrayLike) -> Array:
        """Return a copy of the rows with these numbers, in order, shape (len(numbers), width)."""
        wanted = np.asarray(numbers, np.int64)
        if not self.has(wanted).all():
            raise IndexError(f"rows are numbered from 0 to {len(self) - 1:,}")
        if len(self._chunks) == 1:
            rows: Array = np.take(self._chunks[0], wanted - self._starts[0], axis=0)
            return rows
        taken = np.empty((len(wanted), self.width), self._chunks[0].dtype)
        of_chunk = self._chunk_of(wanted)
        for number in np.unique(of_chunk):
            here = of_chunk == number
            taken[here] = np.take(self._chunks[number], wanted[here] - self._starts[number], axis=0)
        return taken

    def between(self, first: int, end: int) -> Array:
        """Return the rows from `first` on up to, not with, `end`; those of one chunk uncopied."""
        number = int(np.searchsorted(self._starts, first, "right")) - 1
        if not 0 <= first < end <= self._ends[number]:
            return self.take(np.arange(first, end))
        start = self._starts[number]
        return self._chunks[number][first - start : end - start]

    def all(self) -> Array:
        """Return every row, in order; one chunk is not copied."""
        return self._chunks[0] if len(self._chunks) == 1 else np.concatenate(self._chunks)


def save_array(path: Path, array: Array) -> None:
    """Write an array to a new file; an old one, which may have other names, keeps its bytes."""
    path.unlink(missing_ok=True)
    whole = np.ascontiguousarray(array)
    # numpy.save says nothing when the last bytes of a file do not fit on the disk.
    with path.open("wb") as file:
        write_array_header_1_0(file, header_data_from_array_1_0(whole))
        file.write(whole.data)


def load_array(path: Path, kind: npt.DTypeLike, *, mapped: bool = False) -> Array:
    """Return the array of a file; raise IndexDamaged when it has another type or is cut short."""
    try:
        # Mapping compares the length that the file claims with the one it has.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise IndexDamaged(f"'{path}' cannot be read as an array of numbers") from error
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(kind):
        raise IndexDamaged(f"'{path}' does not hold numbers of type {np.dtype(kind)}")
    return array if mapped else np.array(array)


def _save_chunks(folder: Path, first: int, array: Array) -> None:
    for start in range(0, max(1, len(array)), CHUNK):
        save_array(_file(folder, first + start), array[start : start + CHUNK])


def _chunks_of(folder: Path, kind: np.dtype[Any]) -> list[Array]:
    chunks: list[Array] = []
    first, width = 0, None
    for path in _files(folder):
        chunk = load_array(path, kind, mapped=True)
        if path != _file(folder, first):
            raise IndexDamaged(f"'{folder}' lacks rows from number {first:,} on")
        if chunk.ndim != 2 or width not in (None, chunk.shape[1]):
            raise IndexDamaged(f"'{path}' does not hold rows of one width")
        chunks.append(chunk)
        first, width = first + len(chunk), chunk.shape[1]
    if not chunks:
        raise IndexDamaged(f"'{folder}' lacks its rows")
    return chunks


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_ENDING}"))


def _file(folder: Path, first: int) -> Path:
    return folder / f"{first:012}{_ENDING}"
