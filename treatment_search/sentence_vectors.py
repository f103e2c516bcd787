"""One small vector a sentence: 8 bits a number, on disk, read only where a passage is shown.

    rows/           the vectors of all sentences, passage by passage (rows.py)
    starts.npy      where each passage's begin, and where the last one's end

The sentences of a passage that was removed stay where they are; nobody asks for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from treatment_search.errors import IndexDamaged
from treatment_search.rows import Numbers, Rows, load_array, save_array
from treatment_search.vectors import SmallVectors, Vectors, unit

_ROWS, _STARTS = "rows", "starts.npy"


class SentenceVectors:
    """The sentences of every passage; row 0 of a passage is its first sentence.

    A model whose token vectors differ in length from its text vectors has none: dim 0.
    """

    def __init__(self, rows: Rows, starts: Numbers) -> None:
        self._rows = rows
        self._starts = starts

    @classmethod
    def of_passages(cls, passages: Sequence[SmallVectors], dimensions: int) -> SentenceVectors:
        """Return the vectors of passages in order; in memory."""
        starts = np.cumsum([0, *map(len, passages)], dtype=np.int64)
        rows = np.concatenate(passages) if passages else np.empty((0, dimensions), np.int8)
        return cls(Rows.of(rows), starts)

    @classmethod
    def open(cls, folder: Path) -> SentenceVectors:
        """Return the vectors saved in `folder`, read from the disk as they are asked for."""
        rows = Rows.open(folder / _ROWS, np.int8)
        starts = load_array(folder / _STARTS, np.int64)
        if starts.ndim != 1 or not len(starts) or starts[0] != 0 or starts[-1] != len(rows):
            raise IndexDamaged(f"the files of '{folder}' do not belong together")
        return cls(rows, starts)

    @classmethod
    def open_sound(cls, folder: Path, sound: Collection[Path]) -> SentenceVectors:
        """Return what those files of `folder` hold that are in `sound`; `has` tells of whom."""
        starts = folder / _STARTS
        return cls(
            Rows.open_sound(folder / _ROWS, np.int8, sound),
            load_array(starts, np.int64) if starts in sound else np.zeros(1, np.int64),
        )

    def save(self, folder: Path) -> None:
        """Write the vectors into a new folder."""
        folder.mkdir()
        Rows.write(folder / _ROWS, self._rows.all())
        save_array(folder / _STARTS, self._starts)

    @classmethod
    def amend(cls, folder: Path, added: SentenceVectors) -> None:
        """Add passages, numbered from those on that there are, to a folder.

        What may be linked to from another folder is not written into.
        """
        before = cls.open(folder)
        Rows.append(folder / _ROWS, added._rows.all())
        starts = np.concatenate([before._starts, before._starts[-1] + added._starts[1:]])
        save_array(folder / _STARTS, starts)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def has(self, passages: Numbers) -> npt.NDArray[np.bool]:
        """Return of each passage whether its sentences, if it has any, are there."""
        there = np.asarray(passages) < len(self)
        firsts = self._starts[np.where(there, passages, 0)]
        ends = self._starts[np.where(there, passages + 1, 0)]
        # What one change added, all of it or none, stands in one file.
        there &= (firsts == ends) | (self._rows.has(firsts) & self._rows.has(ends - 1))
        return there

    def rows(self, passage: int) -> SmallVectors:
        """Return the vectors of a passage's sentences, not copied."""
        return self._rows.between(int(self._starts[passage]), int(self._starts[passage + 1]))

    def vectors(self, passages: Iterable[int]) -> Vectors:
        """Return unit vectors of all sentences of these passages, in order."""
        wanted = np.fromiter(passages, np.int64)
        firsts, counts = self._starts[wanted], self._counts(wanted)
        # The rows of a passage follow each other: from its first one, less those before it here.
        offsets = np.repeat(firsts - (np.cumsum(counts) - counts), counts)
        return unit(self._rows.take(offsets + np.arange(len(offsets))).astype(np.float32))

    def cosines_of(self, passages: Sequence[int], vector: Vectors) -> list[list[float]]:
        """Return the cosine of each sentence with a question, passage by passage, in order."""
        if self._rows.width != len(vector):
            return [[] for _ in passages]
        vectors = self.vectors(passages)
        bounds = np.cumsum([0, *self._counts(np.asarray(passages, np.int64))])
        # One product for all would add in another order, and change the last bits of a passage
        # with what stands beside it.
        return [(vectors[a:b] @ vector).tolist() for a, b in pairwise(bounds)]

    def _counts(self, passages: Numbers) -> Numbers:
        return self._starts[passages + 1] - self._starts[passages]
