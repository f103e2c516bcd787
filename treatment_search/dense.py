"""Unit vectors -> the nearest ones by cosine; the only file that knows faiss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from treatment_search.errors import IndexDamaged
from treatment_search.vectors import Vectors


class DenseIndex:
    """Exact cosine search over rows numbered from 0."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> DenseIndex:
        """Return an index over unit vectors, shape (rows, dim)."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def open(cls, path: Path) -> DenseIndex:
        """Return the index saved at `path`."""
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise IndexDamaged(f"'{path}' cannot be read as a FAISS index") from error

    def save(self, path: Path) -> None:
        """Write the index to `path`."""
        # FAISS itself says nothing when the last bytes of a file do not fit on the disk.
        with path.open("wb") as file:
            writer = faiss.PyCallbackIOWriter(file.write)  # type: ignore[attr-defined]
            faiss.write_index(self._index, writer)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        """Return the length of the vectors."""
        return int(self._index.d)

    def search(self, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """Return the `count` best (row, cosine), best first, ties by row number.

        FAISS pads with row -1 and cuts ties at the end its own way, so one more row than asked
        is fetched until the cut falls between two different scores.
        """
        wanted = min(count, len(self))
        fetched = wanted
        while True:
            fetched = min(fetched + 1 + fetched // 8, len(self))
            scores, rows = self._index.search(vector.reshape(1, -1), fetched) if fetched else _NONE
            if fetched in (0, len(self)) or scores[0][-1] < scores[0][wanted - 1]:
                break
        found = [(int(r), float(s)) for r, s in zip(rows[0], scores[0], strict=True) if r >= 0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:wanted]

    def cosines(self, vector: Vectors, rows: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return the exact cosine of each row in `rows`, in order.

        Equal vectors give equal cosines wherever they stand in `rows`; a matrix product, which
        adds in another order from row to row, does not promise that, and would decide ties.
        """
        if not len(rows):
            return np.empty(0, np.float32)
        return np.asarray(np.vecdot(self.vectors(rows), vector), dtype=np.float32)

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """Return the stored vectors of `rows`, in order, shape (len(rows), dim)."""
        if not len(rows):
            return np.empty((0, self.dimensions), np.float32)
        return np.asarray(self._index.reconstruct_batch(np.asarray(rows, np.int64)), np.float32)

    def all_vectors(self) -> Vectors:
        """Return every stored vector, in order, shape (rows, dim)."""
        return self.vectors(range(len(self)))


_NONE = (np.empty((1, 0), np.float32), np.empty((1, 0), np.int64))
