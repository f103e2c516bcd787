"""What a question needs of an index, whatever keeps it: files of a folder, or a server.

Each Protocol is one part of a generation. Passages, heading paths and articles are told by their
numbers; a generation never changes, so neither does what a part answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from treatment_search.generations import Manifest
from treatment_search.records import (
    AlsoSearched,
    Article,
    CatalogueEntry,
    Field,
    Metadata,
    Role,
    StoredPassage,
)
from treatment_search.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Places:
    """Where passages stand; every other list is in the order of `numbers`.

    `contexts` are the numbers of their heading paths, `originals` the first passage with the
    same text or the passage itself, `asides` whether few people look for them.
    """

    numbers: Sequence[int] = ()
    contexts: Sequence[int] = ()
    articles: Sequence[int] = ()
    originals: Sequence[int] = ()
    asides: Sequence[bool] = ()
    roles: Sequence[Role] = ()


NO_PLACES = Places()


class Published(Protocol):
    """A generation that can be asked."""

    @property
    def name(self) -> str:
        """Return what tells it from all others."""
        ...

    @property
    def manifest(self) -> Manifest:
        """Return what it holds and what made it."""
        ...


class Passages(Protocol):
    """Passages and articles, with what is known of them."""

    def places(self, numbers: Sequence[int]) -> Places:
        """Return where these passages stand."""
        ...

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these numbers, in this order."""
        ...

    def article_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the article of each of these passages."""
        ...

    def also_in(self, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return the other articles that hold the text of these passages too, in their order."""
        ...

    def article(self, article_id: str) -> Article | None:
        """Return one article whole, or None when the collection has none of that name."""
        ...

    def passage_at(self, article_id: str, start: int) -> int | None:
        """Return the number of the passage that begins at `start` in an article, or None."""
        ...

    def passages_of(self, article_id: str) -> list[StoredPassage]:
        """Return an article's passages in reading order; none when there is no such article."""
        ...

    def catalogue(self) -> list[CatalogueEntry]:
        """Return every article without its text, in the order of their ids."""
        ...

    def titles(self) -> list[str]:
        """Return the articles' titles, in the order of their ids."""
        ...

    def subjects(self, articles: Iterable[int]) -> dict[int, Metadata]:
        """Return, by their numbers, what articles say of themselves and are about (subjects.py)."""
        ...

    def help_passages(self, articles: Sequence[str]) -> dict[str, list[StoredPassage]]:
        """Return by article what it says about getting help, urgent passages first."""
        ...

    def context_terms(self, contexts: Iterable[int]) -> dict[int, frozenset[str]]:
        """Return the analyzed terms of these heading paths."""
        ...

    def vocabulary(self) -> dict[str, int]:
        """Return in how many passages each content word stands, as written but folded."""
        ...

    def synonyms(self) -> list[AlsoSearched]:
        """Return the other words for the same that the articles give."""
        ...

    def foreign_languages(self) -> frozenset[str]:
        """Return the codes of languages that some articles are in and the model does not read."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


class Nearest(Protocol):
    """Unit vectors by number, and the nearest ones to a question by cosine."""

    def search(self, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """Return the `count` best (number, cosine), best first, ties by number."""
        ...

    def cosines(self, vector: Vectors, rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the exact cosine of each of these rows, in order."""
        ...

    def vectors(self, rows: npt.ArrayLike) -> Vectors:
        """Return the vectors of these rows, in order, shape (len(rows), dim)."""
        ...


class InOrder(Protocol):
    """Passages of one kind, all of them by their nearness to a question."""

    def nearest(self, vector: Vectors) -> Iterator[tuple[int, float]]:
        """Yield (number, cosine), best first, ties by number; a reader may stop early."""
        ...


class WordSearch(Protocol):
    """BM25 over numbered texts, each with one or two fields of terms."""

    def search(
        self, field: Field, terms: Sequence[str], count: int, also: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """Return the `count` best (number, BM25), best first, ties by number.

        A term of `also` counts ALSO_WEIGHT (lexical.py) of its BM25.
        """
        ...


class Words(WordSearch, Protocol):
    """The same, with how rare each term is."""

    def ceiling(self, field: Field, terms: Sequence[str]) -> float:
        """Return a BM25 no text can exceed: each of the terms, endlessly often."""
        ...

    def rarity(self, term: str) -> float:
        """Return BM25's inverse document frequency of a term, over both fields."""
        ...

    def passages_with(self, term: str) -> int:
        """Return how many texts hold a term in either field, at least; 0 when none does."""
        ...


class Sentences(Protocol):
    """One small vector for each sentence of a passage."""

    def cosines_of(self, passages: Sequence[int], vector: Vectors) -> Sequence[list[float]]:
        """Return the cosine of each sentence with a question, passage by passage, in order."""
        ...
