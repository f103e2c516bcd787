"""Unit vectors -> the nearest ones by cosine; the only file that knows faiss.

    rows/           the vectors of every row there ever was, float32 (rows.py)
    numbers.npy     the numbers of those that are still there, ascending
    lists.faiss     lists of neighbours, from LISTS_FROM rows on
    record.json     how many rows there ever were, how well the lists find them, and how many
                    rows came or went since that was measured

A row that was removed is a hole: its number is not given again, and no search finds it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from treatment_search.errors import IndexDamaged
from treatment_search.records import DenseRecord
from treatment_search.rows import Numbers, Rows, load_array, save_array
from treatment_search.vectors import Vectors, cosines, unit

# From so many rows on, lists of neighbours (IVF) are searched instead of every row.
LISTS_FROM = 50_000
# The share of the ten nearest rows that the lists must find, in the mean over a sample.
RECALL = 0.985
_ASKED = 256
_NEAREST = 10
# Two ways to add up a cosine differ by less.
_ROUNDING = 1e-6
# So many times the rows asked for are scored exactly.
_SCORED = 4
# When so large a share of the rows has come or gone, the lists are measured again.
_CHANGED = 0.02
# Rows that are in memory at once while lists are made or measured.
_BLOCK = 65_536

_ROWS, _NUMBERS, _LISTS, _RECORD = "rows", "numbers.npy", "lists.faiss", "record.json"


class DenseIndex:
    """Cosine search over numbered rows; exact, or from LISTS_FROM rows on through lists.

    The lists hold 8 bits a number and only choose candidates: every cosine is exact.
    """

    def __init__(
        self,
        rows: Rows,
        numbers: Numbers,
        lists: Any = None,
        record: DenseRecord | None = None,
        changed: int = 0,
    ) -> None:
        """Take rows, the numbers of those that are there, and how many changed since `record`."""
        self._rows = rows
        self._numbers = numbers
        self._lists = lists
        self.record = record or DenseRecord()
        self._changed = changed

    @classmethod
    def build(cls, vectors: Vectors, lists_from: int = LISTS_FROM) -> DenseIndex:
        """Return an index over unit vectors, shape (rows, dim), numbered from 0; in memory."""
        rows = Rows.of(np.ascontiguousarray(vectors, dtype=np.float32))
        index = cls(rows, np.arange(len(vectors)))
        return index if len(vectors) < lists_from else index._with_lists()

    @classmethod
    def open(cls, folder: Path) -> DenseIndex:
        """Return the index saved in `folder`; the vectors stay on the disk."""
        rows = Rows.open(folder / _ROWS, np.float32)
        numbers = load_array(folder / _NUMBERS, np.int64)
        try:
            content = json.loads((folder / _RECORD).read_bytes())
            count, changed = content.pop("rows"), content.pop("changed")
            record = DenseRecord(**content)
            lists = faiss.read_index(str(folder / _LISTS)) if record.lists else None
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
            raise IndexDamaged(f"'{folder}' cannot be read as a dense index") from error
        kept = len(numbers) if lists is None else lists.ntotal
        ascending = numbers.ndim == 1 and np.all(np.diff(numbers, prepend=-1) > 0)
        if count != len(rows) or kept != len(numbers) or not ascending or np.any(numbers >= count):
            raise IndexDamaged(f"the files of '{folder}' do not belong together")
        return cls(rows, numbers, lists, record, changed)

    @staticmethod
    def sound_rows(folder: Path, sound: Collection[Path]) -> Rows:
        """Return the rows saved in those files of `folder` that are in `sound`."""
        return Rows.open_sound(folder / _ROWS, np.float32, sound)

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir()
        Rows.write(folder / _ROWS, self._rows.all())
        self._save_all_but_rows(folder)

    @classmethod
    def amend(
        cls,
        folder: Path,
        removed: Collection[int],
        added: Vectors,
        lists_from: int = LISTS_FROM,
    ) -> None:
        """Remove rows by number and add others, numbered from `next_number` on, in a folder.

        What may be linked to from another folder is not written into. Lists are not trained
        again; more of them are searched when they find less than RECALL. Raises ValueError when
        a number to remove is not there.
        """
        before = cls.open(folder)
        gone = np.array(sorted(set(removed)), np.int64)
        if not np.isin(gone, before._numbers).all():
            raise ValueError(f"rows that are not in '{folder}' cannot be removed")
        fresh = np.arange(before.next_number, before.next_number + len(added))
        Rows.append(folder / _ROWS, np.ascontiguousarray(added, dtype=np.float32))
        kept = before._numbers[~np.isin(before._numbers, gone)]
        index = cls(
            Rows.open(folder / _ROWS, np.float32),
            np.concatenate([kept, fresh]),
            before._lists,
            before.record,
            before._changed + len(gone) + len(fresh),
        )
        if index._lists is None:
            index = index if len(index) < lists_from else index._with_lists()
        else:
            index._lists.remove_ids(faiss.IDSelectorBatch(gone))
            index._lists.add_with_ids(np.ascontiguousarray(added, np.float32), fresh)
            if 0 < len(index) <= index._changed / _CHANGED:
                index = index._measured(index._lists)
        index._save_all_but_rows(folder)

    def _save_all_but_rows(self, folder: Path) -> None:
        save_array(folder / _NUMBERS, self._numbers)
        if self._lists is not None:
            path = folder / _LISTS
            path.unlink(missing_ok=True)
            # FAISS itself says nothing when the last bytes of a file do not fit on the disk.
            with path.open("wb") as file:
                writer = faiss.PyCallbackIOWriter(file.write)  # type: ignore[attr-defined]
                faiss.write_index(self._lists, writer)
        path = folder / _RECORD
        path.unlink(missing_ok=True)
        counts = {"rows": len(self._rows), "changed": self._changed}
        path.write_text(json.dumps(asdict(self.record) | counts), "utf-8")

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def next_number(self) -> int:
        """Return the number that the next row will get: one more than there ever were."""
        return len(self._rows)

    @property
    def dimensions(self) -> int:
        """Return the length of the vectors."""
        return self._rows.width

    def search(self, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """Return the `count` best (row, cosine), best first, ties by row number.

        FAISS cuts ties at the end its own way, so one more row than asked is fetched until the
        cut falls between two different scores.
        """
        wanted = min(count, len(self))
        fetched = wanted
        numbers, scores = np.empty(0, np.int64), np.empty(0, np.float32)
        while wanted:
            fetched = min(fetched + 1 + fetched // 8, len(self))
            numbers, scores = self._best(vector, fetched)
            if len(numbers) < fetched or fetched == len(self) or scores[-1] < scores[wanted - 1]:
                break
        return list(zip(numbers[:wanted].tolist(), scores[:wanted].tolist(), strict=True))

    def _best(self, vector: Vectors, count: int) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Return rows and their cosines, best first, ties in FAISS's choice by row number."""
        question = vector.reshape(1, -1)
        if self._lists is None:
            scores, places = (found[0] for found in self._exact.search(question, count))
            numbers = self._numbers[places]
        else:
            # FAISS pads with row -1 what the lists do not hold.
            _, found = self._lists.search(question, min(_SCORED * count, len(self)))
            numbers = found[0][found[0] >= 0]
            scores = self.cosines(vector, numbers)
        order = np.lexsort((numbers, -scores))[:count]
        return numbers[order], scores[order]

    @cached_property
    def _exact(self) -> Any:
        exact = faiss.IndexFlatIP(self.dimensions)
        exact.add(self.all_vectors())
        return exact

    def cosines(self, vector: Vectors, rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the exact cosine of each row in `rows`, in order."""
        return cosines(self.vectors(rows), vector)

    def vectors(self, rows: npt.ArrayLike) -> Vectors:
        """Return the vectors of the rows with these numbers, in order, shape (len(rows), dim)."""
        return self._rows.take(rows)

    def all_vectors(self) -> Vectors:
        """Return the vector of every row that is there, in order, shape (rows, dim)."""
        return self.vectors(self._numbers)

    def _blocks(self) -> Iterator[tuple[Numbers, Vectors]]:
        for first in range(0, len(self), _BLOCK):
            numbers = self._numbers[first : first + _BLOCK]
            yield numbers, self.vectors(numbers)

    def _with_lists(self) -> DenseIndex:
        """Return the same rows with lists."""
        count = max(1, min(2 * round(len(self) ** 0.5), len(self) // 39))
        lists = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(self.dimensions),
            self.dimensions,
            count,
            faiss.ScalarQuantizer.QT_8bit,
            faiss.METRIC_INNER_PRODUCT,
        )
        random = np.random.default_rng(0)
        sample = self._numbers[np.sort(random.permutation(len(self))[: 64 * count])]
        lists.train(self.vectors(sample))
        for numbers, vectors in self._blocks():
            lists.add_with_ids(vectors, numbers)
        lists.nprobe = 1
        return self._measured(lists)

    def _measured(self, lists: Any) -> DenseIndex:
        """Return the same rows with lists, as few more of them searched as RECALL asks for.

        The questions are vectors that are no rows, as a question is none: halfway between two.
        """
        random = np.random.default_rng(0)
        one, other = self._numbers[random.integers(len(self), size=(2, _ASKED))]
        asked = unit(self.vectors(one) + self.vectors(other))
        tenth = self._tenth(asked)
        index = DenseIndex(self._rows, self._numbers, lists)
        while (recall := index._recall(asked, tenth)) < RECALL and lists.nprobe < lists.nlist:
            lists.nprobe = min(2 * lists.nprobe, lists.nlist)
        index.record = DenseRecord(lists.nlist, lists.nprobe, recall)
        return index

    def _tenth(self, asked: Vectors) -> npt.NDArray[np.float32]:
        """Return the cosine of the tenth nearest row to each question, every row looked at."""
        best = np.full((len(asked), _NEAREST), -np.inf, np.float32)
        for _, vectors in self._blocks():
            found, _ = faiss.knn(asked, vectors, _NEAREST, faiss.METRIC_INNER_PRODUCT)
            best = np.sort(np.hstack([best, found]), axis=1)[:, -_NEAREST:]
        return best[:, 0]

    def _recall(self, asked: Vectors, tenth: npt.NDArray[np.float32]) -> float:
        """Return the share of the ten nearest rows that is found, in the mean.

        By cosine and not by number: of two rows of one vector either is as good.
        """
        nearest = min(_NEAREST, len(self))
        found = [
            sum(cosine >= least - _ROUNDING for _, cosine in self.search(question, nearest))
            for question, least in zip(asked, tenth, strict=True)
        ]
        return float(np.mean(found)) / nearest
