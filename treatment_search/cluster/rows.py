"""The rows that a generation of a folder has on a Milvus server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from treatment_search import generations
from treatment_search.analysis import article_terms, terms
from treatment_search.cluster.layout import (
    ARTICLES,
    DOCTOR_HELP,
    HEADING,
    HEADINGS,
    LONGEST,
    NO_HELP,
    PARTS,
    PASSAGES,
    TEXT,
    URGENT_HELP,
    array_text,
    key_of,
    packed,
    pieces,
)
from treatment_search.cluster.lexicon import TermCounts
from treatment_search.cluster.passages import passage_record
from treatment_search.cluster.tables import Row
from treatment_search.dense import DenseIndex
from treatment_search.generations import Generation
from treatment_search.keys import said_key
from treatment_search.parts import Places
from treatment_search.records import Field, Metadata, Role, StoredArticle, StoredPassage
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.store import PassageStore
from treatment_search.store.schema import ROLES


class Source:
    """A generation of a folder, article by article; what is counted on the way is there after."""

    def __init__(self, generation: Generation) -> None:
        folder = generation.folder
        self._store = PassageStore(folder / generations.PASSAGES)
        self._dense = DenseIndex.open(folder / generations.DENSE)
        self._headings = DenseIndex.open(folder / generations.HEADINGS)
        self._sentences = SentenceVectors.open(folder / generations.SENTENCES)
        self._urgent = set(self._store.help_numbers(Role.URGENT))
        self._doctor = set(self._store.help_numbers(Role.DOCTOR))
        self._repeated = self._store.repeated()
        self._contexts: set[int] = set()
        self._counts = self._counted()
        self.width = 0

    @property
    def urgent(self) -> int:
        """Return how many passages say when to get help now."""
        return len(self._urgent)

    @property
    def next_passage(self) -> int:
        """Return the number that the next passage would get."""
        return len(self._store) + self._store.holes

    @property
    def next_article(self) -> int:
        """Return the number that the next article would get."""
        return self._store.next_article

    @property
    def terms(self) -> dict[str, Any]:
        """Return how many texts hold each term (lexicon.py)."""
        return self._counts.table()

    def expected(self) -> dict[str, int]:
        """Return how many vectors there will be."""
        return {PASSAGES: len(self._dense), HEADINGS: len(self._headings)}

    def vocabulary(self) -> dict[str, int]:
        """Return in how many passages each content word stands."""
        return self._store.vocabulary()

    def synonyms(self) -> list[tuple[str, str]]:
        """Return the other words for the same that the articles give."""
        return [(pair.typed, pair.other) for pair in self._store.synonyms()]

    def languages(self) -> list[str]:
        """Return the codes of languages that the model does not read."""
        return sorted(self._store.foreign_languages())

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Yield each row with the collection it goes into, article by article."""
        for stored in self._store.stored_articles():
            passages = self._store.passages_of(stored.article.article_id)
            yield from self._article_rows(stored, passages)
            places = self._store.places([one.number for one in passages])
            yield from self._heading_rows(places, passages)
            yield from self._passage_rows(places, passages)

    def close(self) -> None:
        """Let go of the files."""
        self._store.close()

    def _article_rows(
        self, stored: StoredArticle, passages: list[StoredPassage]
    ) -> Iterator[tuple[str, Row]]:
        article = stored.article
        number = self._store.number_of(article.article_id)
        assert number is not None  # noqa: S101 - it was read from there
        about: Metadata = self._store.subjects([number])[number]
        entry = {
            "article_id": article.article_id,
            "title": article.title,
            "metadata": asdict(article.metadata),
            "headings": [list(section.headings) for section in article.sections],
            "passages": len(passages),
        }
        key = key_of(article.article_id)
        whole = {**asdict(article), "digest": stored.digest}
        yield from _in_parts(f"a{key}", packed(whole))
        row: Row = {
            "article": number,
            "article_key": key,
            TEXT: self._counts.vector(ARTICLES, article_terms(stored)),
        }
        yield from _fitted(row, "record", entry, f"e{number}")
        yield from _fitted(row, "about", asdict(about), f"b{number}")
        yield ARTICLES, row

    def _heading_rows(
        self, places: Places, passages: list[StoredPassage]
    ) -> Iterator[tuple[str, Row]]:
        new: dict[int, str] = {}
        for context, one in zip(places.contexts, passages, strict=True):
            if context not in self._contexts:
                new[context] = one.passage.context
        self._contexts |= new.keys()
        vectors = self._headings.vectors(list(new))
        for (context, text), vector in zip(new.items(), vectors, strict=True):
            row: Row = {"context": context, "vector": _padded(vector)}
            yield from _fitted(row, "terms", {"terms": sorted(set(terms(text)))}, f"h{context}")
            yield HEADINGS, row

    def _passage_rows(
        self, places: Places, passages: list[StoredPassage]
    ) -> Iterator[tuple[str, Row]]:
        vectors = self._dense.vectors(list(places.numbers))
        for place, (stored, vector) in enumerate(zip(passages, vectors, strict=True)):
            passage, number = stored.passage, stored.number
            row: Row = {
                "number": number,
                "vector": _padded(vector),
                "article": places.articles[place],
                "context": places.contexts[place],
                "original": places.originals[place],
                "role": ROLES.index(stored.role),
                "aside": places.asides[place],
                "help": self._help(number),
                "start": passage.start,
                "repeated": number in self._repeated,
                "said": said_key(passage.text).hex(),
                "article_key": key_of(passage.article_id),
                TEXT: self._counts.vector(TEXT, terms(passage.embedded_text)),
                HEADING: self._counts.vector(HEADING, terms(passage.context)),
            }
            yield from _fitted(row, "record", passage_record(stored), f"p{number}")
            yield PASSAGES, row
            sentences = self._sentences.rows(number)
            if sentences.size:
                self.width = sentences.shape[1]
                yield from _in_parts(f"s{number}", array_text(sentences))

    def _counted(self) -> TermCounts:
        counts = TermCounts((*Field, ARTICLES))
        for stored in self._store.stored_articles():
            counts.add(ARTICLES, article_terms(stored))
            for passage in stored.passages:
                counts.add(TEXT, terms(passage.embedded_text))
                counts.add(HEADING, terms(passage.context))
        counts.number()
        return counts

    def _help(self, number: int) -> int:
        if number in self._urgent:
            return URGENT_HELP
        return DOCTOR_HELP if number in self._doctor else NO_HELP


def _fitted(row: Row, field: str, content: object, owner: str) -> Iterator[tuple[str, Row]]:
    """Set a text of a row; one that Milvus has no room for goes to `parts`, and "" stays."""
    text = json.dumps(content, ensure_ascii=False)
    row[field] = text if len(text.encode()) <= LONGEST else ""
    if not row[field]:
        yield from _in_parts(owner, json.dumps(content))


def _in_parts(owner: str, value: str) -> Iterator[tuple[str, Row]]:
    return ((PARTS, row) for row in pieces(owner, value))


def _padded(vector: np.ndarray) -> np.ndarray:
    """Return a vector with at least the two numbers that Milvus asks for."""
    return np.pad(vector, (0, max(0, 2 - len(vector))))
