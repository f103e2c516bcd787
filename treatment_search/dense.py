"""Unit vectors -> the nearest ones by cosine; the only file that knows faiss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from treatment_search.errors import IndexDamaged
from treatment_search.vectors import Vectors, unit

# From so many rows on, lists of neighbours (IVF) are searched instead of every row.
LISTS_FROM = 50_000
# The share of the ten nearest rows that the lists must find, in the mean over a sample.
RECALL = 0.985
_ASKED = 256
_NEAREST = 10
# So many times the rows asked for are scored exactly.
_SCORED = 4.0


class DenseIndex:
    """Cosine search over rows numbered from 0; exact, or from LISTS_FROM rows on through lists.

    The lists hold 8 bits a number and only choose candidates: every cosine is exact.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors, lists_from: int = LISTS_FROM) -> DenseIndex:
        """Return an index over unit vectors, shape (rows, dim)."""
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        exact = faiss.IndexFlatIP(rows.shape[1])
        exact.add(rows)
        return cls(exact if len(rows) < lists_from else _with_lists(exact, rows))

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


def _with_lists(exact: Any, rows: Vectors) -> Any:
    """Return `exact` behind lists of neighbours, as few of them searched as RECALL allows."""
    dimensions = rows.shape[1]
    count = max(1, min(2 * round(len(rows) ** 0.5), len(rows) // 39))
    quantizer = faiss.IndexFlatIP(dimensions)
    lists = faiss.IndexIVFScalarQuantizer(
        quantizer, dimensions, count, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    random = np.random.default_rng(0)
    lists.train(rows[np.sort(random.permutation(len(rows))[: 64 * count])])
    lists.add(rows)
    index = faiss.IndexRefine(lists, exact)
    index.k_factor = _SCORED
    asked = _between(rows, random)
    _, nearest = exact.search(asked, _NEAREST)
    lists.nprobe = 1
    while lists.nprobe < count and _recall(index, asked, nearest) < RECALL:
        lists.nprobe = min(2 * lists.nprobe, count)
    return index


def _between(rows: Vectors, random: np.random.Generator) -> Vectors:
    """Return vectors that are no rows, as a question is none: each halfway between two."""
    one, other = random.integers(len(rows), size=(2, _ASKED))
    return unit(rows[one] + rows[other])


def _recall(index: Any, asked: Vectors, nearest: npt.NDArray[np.int64]) -> float:
    """Return which share of the nearest rows an index finds, in the mean over the questions."""
    _, found = index.search(asked, nearest.shape[1])
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(nearest, found, strict=True)]))


_NONE = (np.empty((1, 0), np.float32), np.empty((1, 0), np.int64))
