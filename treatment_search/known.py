"""Vectors that were made before, by the text they were made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from treatment_search.dense import DenseIndex
from treatment_search.resume import KeptAside
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.vectors import SmallVectors, Vectors

# Vectors that are copied at once.
_BLOCK = 65_536

RowsOf = Callable[[Sequence[str]], Mapping[str, int]]
"""Gives the rows of those texts that have one."""


class KnownVectors:
    """Rows of an earlier index by their text; nothing when there was none."""

    def __init__(
        self,
        rows_of: RowsOf | None = None,
        index: DenseIndex | None = None,
        sentences: SentenceVectors | None = None,
    ) -> None:
        self._rows_of = rows_of or (lambda _: {})
        self._index = index
        self._sentences = sentences

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Return the texts without a known vector, each once, in order."""
        rows = self._rows_of(texts)
        return [text for text in dict.fromkeys(texts) if text not in rows]

    def complete(self, texts: Sequence[str], fresh: Vectors, dimensions: int) -> Vectors:
        """Return one vector a text, in order; `fresh` holds those of `missing(texts)`."""
        if len(texts) == len(fresh) > 0:  # every text is new, and there once
            return fresh
        rows = self._rows_of(texts)
        vectors = np.empty((len(texts), dimensions), np.float32)
        fresh_rows = {text: row for row, text in enumerate(self.missing(texts))}
        new = [i for i, text in enumerate(texts) if text in fresh_rows]
        known = [i for i, text in enumerate(texts) if text not in fresh_rows]
        if new:
            vectors[new] = fresh[[fresh_rows[texts[i]] for i in new]]
        if self._index:
            for start in range(0, len(known), _BLOCK):
                some = known[start : start + _BLOCK]
                vectors[some] = self._index.vectors([rows[texts[i]] for i in some])
        return vectors

    def complete_sentences(
        self, texts: Sequence[str], fresh: Sequence[SmallVectors]
    ) -> list[SmallVectors]:
        """Return the sentence vectors of each text, in order; `fresh` are of `missing(texts)`."""
        rows = self._rows_of(texts)
        new = dict(zip(self.missing(texts), fresh, strict=True))
        known = self._sentences or SentenceVectors.of_passages([], 0)
        return [new[text] if text in new else known.rows(rows[text]) for text in texts]


@dataclass(frozen=True, slots=True)
class Known:
    """All that need not be embedded again."""

    passages: KnownVectors = field(default_factory=KnownVectors)
    headings: KnownVectors = field(default_factory=KnownVectors)
    references: Vectors | None = None
    """The reference texts' vectors, when the texts and the model are the same."""
    aside: KeptAside = field(default_factory=KeptAside)
    """What an ingest that did not come to its end had embedded beside the published."""
