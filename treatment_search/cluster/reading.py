"""The parts of a generation on a Milvus server, as a question needs them (parts.py)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from treatment_search.cluster import layout
from treatment_search.cluster.layout import (
    HEADINGS,
    URGENT_HELP,
)
from treatment_search.cluster.lexicon import Lexicon
from treatment_search.cluster.tables import MOST_ROWS, Tables
from treatment_search.records import Field
from treatment_search.vectors import SmallVectors, Vectors, cosines, unit

# Urgent passages that are asked for first; four times as many each time that is not enough.
_FIRST = 128
# So many times the rows asked for are scored exactly where lists are searched.
_SCORED = 2


class ClusterVectors:
    """Vectors of passages or heading paths; Milvus finds the near ones, cosines are exact."""

    def __init__(self, tables: Tables, kind: str, rows: int, dimensions: int) -> None:
        self._tables = tables
        self._kind = kind
        self._rows = rows
        self._dimensions = dimensions

    def search(self, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """Return the `count` best (number, cosine), best first, ties by number."""
        if self._rows < layout.LISTS_FROM:
            return _untied(lambda limit: self.near(vector, limit), min(count, self._rows))
        # Lists hold 8 bits a number: they choose, and the vectors themselves decide.
        numbers = [number for number, _ in self.near(vector, min(_SCORED * count, MOST_ROWS))]
        cosines = self.cosines(vector, numbers).tolist()
        return _best(zip(numbers, cosines, strict=True))[:count]

    def near(self, vector: Vectors, limit: int, where: str = "") -> list[tuple[int, float]]:
        """Return up to `limit` rows that a filter lets through with their cosines."""
        options = {"nprobe": layout.PROBED} if self._rows >= layout.LISTS_FROM else {}
        return self._tables.search(self._kind, "vector", vector, limit, where, options)

    def cosines(self, vector: Vectors, rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the exact cosine of each of these rows, in order."""
        return cosines(self.vectors(rows), vector)

    def vectors(self, rows: npt.ArrayLike) -> Vectors:
        """Return the vectors of these rows, in order, shape (len(rows), dim)."""
        wanted = np.asarray(rows, np.int64).tolist()
        found = self._tables.numbered(self._kind, wanted, ["vector"])
        vectors = np.empty((len(wanted), self._dimensions), np.float32)
        for row, number in enumerate(wanted):
            vectors[row] = found[number]["vector"][: self._dimensions]
        return vectors


class UrgentPassages:
    """The passages on getting help now, by their nearness to a question."""

    def __init__(self, vectors: ClusterVectors, count: int) -> None:
        self._vectors = vectors
        self._count = count

    def nearest(self, vector: Vectors) -> Iterator[tuple[int, float]]:
        """Yield (number, cosine), best first, as far as Milvus tells: the first 16,384."""
        given, limit = 0, _FIRST
        while given < min(self._count, MOST_ROWS):
            found = _best(self._vectors.near(vector, limit, f"help == {URGENT_HELP}"))
            yield from found[given:]
            if len(found) < limit:
                return
            given, limit = len(found), min(4 * limit, MOST_ROWS)


class ClusterWords:
    """BM25 over one collection, as a product of sparse vectors (lexicon.py)."""

    def __init__(self, tables: Tables, kind: str, lexicons: Mapping[Field, Lexicon]) -> None:
        self._tables = tables
        self._kind = kind
        self._lexicons = lexicons

    def search(
        self, field: Field, terms: Sequence[str], count: int, also: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """Return the `count` best (number, BM25), best first, ties by number."""
        asked = self._lexicons[field].question(terms, also)
        if not asked:
            return []
        return _untied(lambda limit: self._tables.search(self._kind, field, asked, limit), count)

    def ceiling(self, field: Field, terms: Sequence[str]) -> float:
        """Return a BM25 no text can exceed: each of the terms, endlessly often."""
        return self._lexicons[field].ceiling(terms)

    def rarity(self, term: str) -> float:
        """Return BM25's inverse document frequency of a term, over both fields."""
        return self._lexicons[Field.TEXT].rarity_of(self.passages_with(term))

    def passages_with(self, term: str) -> int:
        """Return how many texts hold a term in either field, at least."""
        return max(lexicon.holding(term) for lexicon in self._lexicons.values())


class ClusterSentences:
    """One small vector for each sentence of a passage; `width` 0 where the model gives none."""

    def __init__(self, tables: Tables, width: int) -> None:
        self._tables = tables
        self._width = width

    def cosines_of(self, passages: Sequence[int], vector: Vectors) -> Sequence[list[float]]:
        """Return the cosine of each sentence with a question, passage by passage, in order."""
        if self._width != len(vector):
            return [[] for _ in passages]
        rows = self.rows(passages)
        return [
            (unit(rows[number].astype(np.float32)) @ vector).tolist() if number in rows else []
            for number in passages
        ]

    def rows(self, passages: Iterable[int]) -> dict[int, SmallVectors]:
        """Return the vectors of passages' sentences, those without any left out."""
        found = self._tables.parts(f"s{number}" for number in passages)
        return {
            int(owner[1:]): layout.array_of(value, np.int8, self._width)
            for owner, value in found.items()
        }


def context_terms(tables: Tables, contexts: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return the analyzed terms of heading paths."""
    found = tables.numbered(HEADINGS, contexts, ["terms"])
    texts = tables.whole(((row, f"h{number}") for number, row in found.items()), "terms")
    return {
        number: frozenset(json.loads(text)["terms"])
        for number, text in zip(found, texts, strict=True)
    }


def _best(found: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def _untied(near: Callable[[int], list[tuple[int, float]]], count: int) -> list[tuple[int, float]]:
    """Return the `count` best, ties by number: fetched until the cut is between two scores."""
    limit, found = count, list[tuple[int, float]]()
    while count > 0:
        limit = min(limit + 1 + limit // 8, MOST_ROWS)
        found = _best(near(limit))
        if len(found) < limit or limit == MOST_ROWS or found[-1][1] < found[count - 1][1]:
            break
    return found[:count]
