"""The parts of a generation on a Milvus server, as a question needs them (parts.py)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import log

import numpy as np
import numpy.typing as npt

from treatment_search.cluster.layout import (
    HEADINGS,
    LISTS_FROM,
    PROBED,
    URGENT_HELP,
    word,
)
from treatment_search.cluster.tables import MOST_ROWS, Tables
from treatment_search.lexical import ALSO_WEIGHT, K1
from treatment_search.records import Field
from treatment_search.vectors import SmallVectors, Vectors, unit

# Words count a whole number of times in a question to Milvus: 10 where typed, 7 for others.
_TIMES = 10
_FIRST = 128


class ClusterVectors:
    """Vectors of passages or heading paths; Milvus finds the near ones, cosines are exact."""

    def __init__(self, tables: Tables, kind: str, rows: int, dimensions: int) -> None:
        self._tables = tables
        self._kind = kind
        self._rows = rows
        self._dimensions = dimensions

    def search(self, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """Return the `count` best (number, cosine), best first, ties by number."""
        return _untied(lambda limit: self.near(vector, limit), min(count, self._rows))

    def near(self, vector: Vectors, limit: int, where: str = "") -> list[tuple[int, float]]:
        """Return up to `limit` rows that a filter lets through with their cosines."""
        options = {"nprobe": PROBED} if self._rows >= LISTS_FROM else {}
        return self._tables.search(self._kind, "vector", vector, limit, where, options)

    def cosines(self, vector: Vectors, rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the exact cosine of each of these rows, in order."""
        found = self.vectors(rows)
        if not len(found):
            return np.empty(0, np.float32)
        return np.asarray(np.vecdot(found, vector), dtype=np.float32)

    def vectors(self, rows: npt.ArrayLike) -> Vectors:
        """Return the vectors of these rows, in order, shape (len(rows), dim)."""
        wanted = np.asarray(rows, np.int64).tolist()
        found = self._tables.numbered(self._kind, wanted, ["vector"])
        vectors = np.array([found[number]["vector"] for number in wanted], np.float32)
        return vectors.reshape(len(wanted), -1)[:, : self._dimensions]


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


class ClusterWordSearch:
    """BM25 by Milvus over the terms that our analyzer made."""

    def __init__(self, tables: Tables, kind: str) -> None:
        self._tables = tables
        self._kind = kind

    def search(
        self, field: Field, terms: Sequence[str], count: int, also: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """Return the `count` best (number, BM25), best first, ties by number."""
        unique = dict.fromkeys(also, ALSO_WEIGHT) | dict.fromkeys(terms, 1.0)
        if not unique or count < 1:
            return []
        times = _TIMES if set(unique.values()) - {1.0} else 1
        asked = " ".join(
            word(term) for term, weight in unique.items() for _ in range(round(times * weight))
        )

        def near(limit: int) -> list[tuple[int, float]]:
            # Milvus gives the score, Milvus Lite its negative; BM25 is never below 0.
            found = self._tables.search(self._kind, f"{field}_words", asked, limit)
            return [(number, abs(score) / times) for number, score in found if score]

        return _untied(near, count)


class ClusterWords(ClusterWordSearch):
    """The same, with how many passages hold each term."""

    def __init__(self, tables: Tables, kind: str, rows: int, holding: Mapping[str, list[int]]):
        """Take how many passages hold each term, in Field's order."""
        super().__init__(tables, kind)
        self._rows = rows
        self._holding = holding

    def ceiling(self, field: Field, terms: Sequence[str]) -> float:
        """Return a BM25 no text can exceed: each of the terms, endlessly often."""
        place = list(Field).index(field)
        counts = [self._holding.get(term, [0, 0])[place] for term in dict.fromkeys(terms)]
        return sum((K1 + 1) * self._rarity(count) for count in counts)

    def rarity(self, term: str) -> float:
        """Return BM25's inverse document frequency of a term, over both fields."""
        return self._rarity(self.passages_with(term))

    def passages_with(self, term: str) -> int:
        """Return how many passages hold a term in either field, at least."""
        return max(self._holding.get(term, [0]))

    def _rarity(self, holding: int) -> float:
        return log(1 + (self._rows - holding + 0.5) / (holding + 0.5))


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
            int(owner[1:]): np.frombuffer(base64.b64decode(value), np.int8).reshape(-1, self._width)
            for owner, value in found.items()
        }


def sentences_text(rows: SmallVectors) -> str:
    """Return the vectors of a passage's sentences as text for `pieces`."""
    return base64.b64encode(np.ascontiguousarray(rows).tobytes()).decode("ascii")


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
