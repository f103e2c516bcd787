"""Vectors that were made before, by the text they were made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np

from treatment_search.resume import KeptAside
from treatment_search.rows import Rows
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.vectors import SmallVectors, Vectors

# Vectors that are copied at once.
_BLOCK = 65_536

RowsOf = Callable[[Sequence[str]], Mapping[str, int]]
"""Gives the rows of those texts that have one."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier index holds of the vectors of its texts; damage may have taken some."""

    rows_of: RowsOf
    rows: Rows
    sentences: SentenceVectors | None = None

    def found(self, texts: Sequence[str]) -> dict[str, int]:
        """Return the rows of those texts all of whose vectors are there."""
        rows = self.rows_of(texts)
        numbers = np.fromiter(rows.values(), np.int64, len(rows))
        there = self.rows.has(numbers)
        if self.sentences is not None:
            there &= self.sentences.has(numbers)
        return dict(compress(rows.items(), there))


_Found = list[tuple[Earlier, dict[str, int]]]
"""The rows of texts by where they were found, each text once."""


class KnownVectors:
    """The vectors of texts in earlier indexes, of which the first that has a text gives it."""

    def __init__(self, *earlier: Earlier) -> None:
        self._earlier = earlier

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Return the texts without a known vector, each once, in order."""
        return _missing(texts, self._found(texts))

    def complete(self, texts: Sequence[str], fresh: Vectors, dimensions: int) -> Vectors:
        """Return one vector a text, in order; `fresh` holds those of `missing(texts)`."""
        if len(texts) == len(fresh) > 0:  # every text is new, and there once
            return fresh
        found = self._found(texts)
        vectors = np.empty((len(texts), dimensions), np.float32)
        fresh_rows = {text: row for row, text in enumerate(_missing(texts, found))}
        new = [i for i, text in enumerate(texts) if text in fresh_rows]
        if new:
            vectors[new] = fresh[[fresh_rows[texts[i]] for i in new]]
        for earlier, rows in found:
            known = [i for i, text in enumerate(texts) if text in rows]
            for start in range(0, len(known), _BLOCK):
                some = known[start : start + _BLOCK]
                vectors[some] = earlier.rows.take([rows[texts[i]] for i in some])
        return vectors

    def complete_sentences(
        self, texts: Sequence[str], fresh: Sequence[SmallVectors]
    ) -> list[SmallVectors]:
        """Return the sentence vectors of each text, in order; `fresh` are of `missing(texts)`."""
        found = self._found(texts)
        of_text = dict(zip(_missing(texts, found), fresh, strict=True))
        for earlier, rows in found:
            if earlier.sentences is not None:
                of_text |= {text: earlier.sentences.rows(row) for text, row in rows.items()}
        return [of_text[text] for text in texts]

    def _found(self, texts: Sequence[str]) -> _Found:
        found: _Found = []
        left = texts
        for earlier in self._earlier:
            found.append((earlier, earlier.found(left)))
            left = _missing(left, found[-1:])
        return found


def _missing(texts: Sequence[str], found: _Found) -> list[str]:
    unique = dict.fromkeys(texts)
    return [text for text in unique if not any(text in rows for _, rows in found)]


@dataclass(frozen=True, slots=True)
class Known:
    """All that need not be embedded again."""

    passages: KnownVectors = field(default_factory=KnownVectors)
    headings: KnownVectors = field(default_factory=KnownVectors)
    references: Vectors | None = None
    """The reference texts' vectors, when the texts and the model are the same."""
    aside: KeptAside = field(default_factory=KeptAside)
    """What an ingest that did not come to its end had embedded beside the published."""
