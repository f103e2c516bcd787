"""Rows of equal width on disk, in chunks that never change: a folder grows by new files alone.

    <first row, 12 digits>.npy      rows from that number on, up to the first of the next file

A file may be a link to one of a published folder, so nothing is ever written into a file that
is there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.format import header_data_from_array_1_0, write_array_header_1_0

from treatment_search.errors import IndexDamaged

Array: TypeAlias = npt.NDArray[Any]
Numbers: TypeAlias = npt.NDArray[np.int64]

# Rows that are merged with those before them; chunks of more stay as they are.
MERGED_UP_TO = 65_536
_ENDING = ".npy"


class Rows:
    """Rows numbered from 0 across chunks, read from the disk as they are asked for."""

    def __init__(self, chunks: Sequence[Array]) -> None:
        self._chunks = [np.asarray(chunk) for chunk in chunks]
        self._starts = np.cumsum([0, *map(len, chunks)], dtype=np.int64)

    @classmethod
    def of(cls, array: Array) -> Rows:
        """Return rows that are in memory, not copied."""
        return cls([array])

    @classmethod
    def write(cls, folder: Path, array: Array) -> None:
        """Write rows into a new folder; none are written too, so that their width is known."""
        folder.mkdir()
        save_array(_file(folder, 0), array)

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
        while chunks and len(chunks[-1]) <= count <= MERGED_UP_TO:
            merged.insert(0, chunks.pop())
            count += len(merged[0])
        first = sum(map(len, chunks))
        rows = np.concatenate(merged) if len(merged) > 1 else array
        for path in _files(folder):
            if int(path.stem) > first:
                path.unlink()
        save_array(_file(folder, first), rows)

    @classmethod
    def open(cls, folder: Path, kind: npt.DTypeLike) -> Rows:
        """Return the rows of a folder; raise IndexDamaged when one is missing or no `kind`."""
        return cls(_chunks_of(folder, np.dtype(kind)))

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def width(self) -> int:
        """Return how many numbers a row has."""
        return int(self._chunks[0].shape[1])

    def take(self, numbers: npt.ArrayLike) -> Array:
        """Return a copy of the rows with these numbers, in order, shape (len(numbers), width)."""
        wanted = np.asarray(numbers, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < len(self):
            raise IndexError(f"rows are numbered from 0 to {len(self) - 1:,}")
        if len(self._chunks) == 1:
            return np.take(self._chunks[0], wanted, axis=0)
        taken = np.empty((len(wanted), self.width), self._chunks[0].dtype)
        of_chunk = np.searchsorted(self._starts, wanted, "right") - 1
        for number in np.unique(of_chunk):
            here = of_chunk == number
            taken[here] = np.take(self._chunks[number], wanted[here] - self._starts[number], axis=0)
        return taken

    def between(self, first: int, end: int) -> Array:
        """Return the rows from `first` on up to, not with, `end`; those of one chunk uncopied."""
        number = int(np.searchsorted(self._starts, first, "right")) - 1
        if not 0 <= first < end <= self._starts[min(number + 1, len(self._chunks))]:
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
