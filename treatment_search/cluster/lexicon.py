"""The terms of a generation: their numbers, how rare they are, and BM25 as a product of vectors.

BM25 of a text is a sum over the question's terms of rarity times a weight that depends on the
text alone. So each text has a sparse vector of these weights, a question one of rarities, and
Milvus finds the largest inner products: the scores are those of a folder (lexical.py), to the
rounding of a text's length, whatever shards and segments the texts are spread over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from treatment_search.lexical import K1, highest_score, rarity, weighted

_B = 0.75
# tantivy keeps a length in one byte: exact below 40, then in four significant bits above 24.
_FREE = 24
_BITS = 4
# What texts without a term have, and no question.
_NOTHING = 0


class Lexicon:
    """The terms of one field; `numbers` are those of the terms of a whole generation, from 1."""

    def __init__(self, numbers: Mapping[str, int], holding: Mapping[str, int], rows: int) -> None:
        """Take how many texts hold each term, and how many texts there are."""
        self._numbers = numbers
        self._holding = holding
        self._rows = rows

    def holding(self, term: str) -> int:
        """Return how many texts hold a term."""
        return self._holding.get(term, 0)

    def rarity_of(self, holding: int) -> float:
        """Return BM25's inverse document frequency of a term that so many texts hold."""
        return rarity(self._rows, holding)

    def question(self, terms: Sequence[str], also: Sequence[str] = ()) -> dict[int, float]:
        """Return the vector of a question; one of `also` counts ALSO_WEIGHT of its BM25."""
        return {
            self._numbers[term]: weight * self.rarity_of(holding)
            for term, weight in weighted(terms, also).items()
            if (holding := self.holding(term))
        }

    def ceiling(self, terms: Sequence[str]) -> float:
        """Return a BM25 no text can exceed: each of the terms, endlessly often."""
        unique = dict.fromkeys(terms)
        return highest_score(self.rarity_of(self.holding(term)) for term in unique)


class TermCounts:
    """Counts the terms of texts field by field, before the texts can have vectors."""

    def __init__(self, fields: Iterable[str]) -> None:
        self._holding: dict[str, Counter[str]] = {field: Counter() for field in fields}
        self._tokens: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()
        self._numbers: dict[str, int] = {}

    def add(self, field: str, terms: Sequence[str]) -> None:
        """Count one text."""
        self._holding[field].update(set(terms))
        self._tokens[field] += len(terms)
        self._rows[field] += 1

    def number(self) -> None:
        """Give the terms their numbers, when all are counted."""
        every = sorted(set().union(*self._holding.values()))
        self._numbers = {term: number for number, term in enumerate(every, _NOTHING + 1)}

    def vector(self, field: str, terms: Sequence[str]) -> dict[int, float]:
        """Return the vector of one text."""
        mean = self._tokens[field] / max(1, self._rows[field])
        length = 1 - _B + _B * rounded(len(terms)) / (mean or 1.0)
        weights = {
            self._numbers[term]: times * (K1 + 1) / (times + K1 * length)
            for term, times in Counter(terms).items()
        }
        return weights or {_NOTHING: 1.0}

    def table(self) -> dict[str, Any]:
        """Return what `lexicons` reads, fit for JSON."""
        counts = [[of[term] for of in self._holding.values()] for term in self._numbers]
        rows = [self._rows[field] for field in self._holding]
        return {
            "fields": list(self._holding),
            "rows": rows,
            "terms": list(self._numbers),
            "counts": counts,
        }


def lexicons(table: Mapping[str, Any]) -> dict[str, Lexicon]:
    """Return the lexicon of each field."""
    terms: list[str] = table["terms"]
    numbers = {term: number for number, term in enumerate(terms, _NOTHING + 1)}
    return {
        field: Lexicon(
            numbers,
            {t: of[place] for t, of in zip(terms, table["counts"], strict=True) if of[place]},
            table["rows"][place],
        )
        for place, field in enumerate(table["fields"])
    }


def rounded(length: int) -> int:
    """Return a text's length as tantivy counts it."""
    above = length - _FREE
    bits = max(0, above.bit_length() - _BITS) if above > 0 else 0
    return _FREE + (above >> bits << bits) if bits else length
