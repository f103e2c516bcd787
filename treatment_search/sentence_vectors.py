"""One small vector a sentence: 8 bits a number, on disk, read only where a passage is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from treatment_search.errors import IndexDamaged
from treatment_search.vectors import SmallVectors, Vectors, unit


class SentenceVectors:
    """The sentences of every passage; row 0 of a passage is its first sentence.

    A model whose token vectors differ in length from its text vectors has none: dim 0.
    """

    def __init__(self, rows: SmallVectors, starts: npt.NDArray[np.int64]) -> None:
        self._rows = rows
        self._starts = starts

    @classmethod
    def of_passages(cls, passages: Sequence[SmallVectors], dimensions: int) -> SentenceVectors:
        """Return the vectors of passages in order."""
        starts = np.cumsum([0, *map(len, passages)], dtype=np.int64)
        rows = np.concatenate(passages) if passages else np.empty((0, dimensions), np.int8)
        return cls(rows, starts)

    @classmethod
    def open(cls, path: Path) -> SentenceVectors:
        """Return the vectors saved at `path`, read from the disk as they are asked for."""
        try:
            rows = np.load(path, mmap_mode="r", allow_pickle=False)
            return cls(rows, np.load(_starts_of(path), allow_pickle=False))
        except (ValueError, OSError, EOFError) as error:
            raise IndexDamaged(f"'{path}' cannot be read as sentence vectors") from error

    def save(self, path: Path) -> None:
        """Write two files: the vectors at `path`, and where each passage's begin beside it."""
        np.save(path, self._rows)
        np.save(_starts_of(path), self._starts)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def rows(self, passage: int) -> SmallVectors:
        """Return the vectors of a passage's sentences."""
        return self._rows[self._starts[passage] : self._starts[passage + 1]]

    def vectors(self, passages: Iterable[int]) -> Vectors:
        """Return unit vectors of all sentences of these passages, in order."""
        return unit(np.concatenate([self.rows(n) for n in passages]).astype(np.float32))

    def cosines(self, passage: int, vector: Vectors) -> list[float]:
        """Return the cosine of each sentence of a passage with a question, in order."""
        rows = self.rows(passage)
        if rows.shape[1] != len(vector):
            return []
        cosines: list[float] = (unit(rows.astype(np.float32)) @ vector).tolist()
        return cosines


def _starts_of(path: Path) -> Path:
    return path.with_stem(f"{path.stem}_starts")
