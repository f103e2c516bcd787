"""Reads the database of a generation."""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from treatment_search.errors import IndexDamaged
from treatment_search.keys import text_key
from treatment_search.parts import Places
from treatment_search.records import (
    AlsoSearched,
    Article,
    ArticleSummary,
    CatalogueEntry,
    Metadata,
    Passage,
    Role,
    StoredArticle,
    StoredPassage,
)
from treatment_search.store.schema import (
    ARTICLE_COLUMNS,
    NO_ARTICLE,
    PASSAGE_COLUMNS,
    PLACE,
    ROLES,
    article_of,
    metadata_of,
    next_article,
    stored_passage_of,
)
from treatment_search.subjects import subject

# Fewer than any build of SQLite takes in one query.
_PARAMETERS = 500


@dataclass(frozen=True, slots=True)
class Leaving:
    """Articles by their ids that go, and the numbers that go with them."""

    names: frozenset[str] = frozenset()
    articles: Sequence[int] = ()
    passages: Sequence[int] = ()
    contexts: Sequence[int] = ()


class PassageStore:
    """Reads one published file of articles and passages; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            # The file never changes once published, so no lock of SQLite's own is needed.
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            # A generation that a question still reads is left to the last one that lets go of it.
            weakref.finalize(self, self._connection.close)
            ((rows,),) = self._all("SELECT rows FROM places")
        except (sqlite3.Error, ValueError) as error:
            raise IndexDamaged(f"'{path}' cannot be read as an SQLite database") from error
        self._places = np.frombuffer(rows, PLACE)
        self._there = self._places["article"] != NO_ARTICLE
        self._count = int(self._there.sum())

    def __len__(self) -> int:
        return self._count

    @property
    def holes(self) -> int:
        """Return how many passage numbers are no longer used."""
        return len(self._places) - self._count

    @property
    def next_article(self) -> int:
        """Return the number that the next article would get."""
        return next_article(self._places)

    def places(self, numbers: Sequence[int]) -> Places:
        """Return where these passages stand."""
        rows = self._places[np.asarray(numbers, np.int64)]
        return Places(
            numbers,
            rows["context"].tolist(),
            rows["article"].tolist(),
            rows["original"].tolist(),
            rows["aside"].tolist(),
            [ROLES[role] for role in rows["role"].tolist()],
        )

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these numbers, in this order."""
        wanted = json.dumps(list(numbers))
        rows = self._all(
            f"SELECT {PASSAGE_COLUMNS} WHERE passage IN (SELECT value FROM json_each(?))",  # noqa: S608
            (wanted,),
        )
        found = {row[0]: stored_passage_of(row) for row in rows}
        return [found[number] for number in numbers]

    def article_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the article of each of these passages."""
        rows = self._all(
            "SELECT passage, article_id FROM passages JOIN articles USING (article) "
            "WHERE passage IN (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        )
        return {int(number): str(article_id) for number, article_id in rows}

    def also_in(self, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return the other articles that hold the text of these passages too, in their order.

        Passages whose text stands in one article alone are left out.
        """
        rows = self._all(
            "SELECT DISTINCT asked.passage, article_id FROM passages AS asked "
            "JOIN passages AS other ON other.text_key = asked.text_key "
            "AND other.article <> asked.article "
            "JOIN articles ON articles.article = other.article "
            "WHERE asked.passage IN (SELECT value FROM json_each(?)) ORDER BY article_id",
            (json.dumps(list(numbers)),),
        )
        found: dict[int, tuple[str, ...]] = {}
        for number, article_id in rows:
            found[number] = (*found.get(number, ()), article_id)
        return found

    def repeated(self) -> set[int]:
        """Return the passages whose text another one has too."""
        rows = self._all(
            "SELECT passage FROM passages WHERE text_key IN "
            "(SELECT text_key FROM passages GROUP BY text_key HAVING count(*) > 1)"
        )
        return {row[0] for row in rows}

    def article(self, article_id: str) -> Article | None:
        """Return one article whole, or None when the collection has none of that name."""
        rows = self._all(
            f"SELECT {ARTICLE_COLUMNS} FROM articles WHERE article_id = ?",  # noqa: S608
            (article_id,),
        )
        return article_of(*rows[0]) if rows else None

    def number_of(self, article_id: str) -> int | None:
        """Return the number of an article, or None when there is none of that name."""
        rows = self._all("SELECT article FROM articles WHERE article_id = ?", (article_id,))
        return int(rows[0][0]) if rows else None

    def passage_at(self, article_id: str, start: int) -> int | None:
        """Return the number of the passage that begins at `start` in an article, or None."""
        rows = self._all(
            "SELECT passage FROM passages JOIN articles USING (article) "
            "WHERE article_id = ? AND start = ?",
            (article_id, start),
        )
        return int(rows[0][0]) if rows else None

    def passages_of(self, article_id: str) -> list[StoredPassage]:
        """Return an article's passages in reading order; none when there is no such article."""
        rows = self._all(
            f"SELECT {PASSAGE_COLUMNS} WHERE articles.article_id = ? ORDER BY passage",
            (article_id,),
        )
        return [stored_passage_of(row) for row in rows]

    def catalogue(self) -> list[CatalogueEntry]:
        """Return every article without its text, in the order of their ids."""
        rows = self._all(
            "SELECT article_id, title, metadata, sections, count(passage) "
            "FROM articles LEFT JOIN passages USING (article) GROUP BY article ORDER BY article_id"
        )
        return [
            CatalogueEntry(
                article_id,
                title,
                metadata_of(metadata),
                tuple(tuple(headings) for headings, _, _ in json.loads(sections)),
                passages,
            )
            for article_id, title, metadata, sections, passages in rows
        ]

    def vocabulary(self) -> dict[str, int]:
        """Return in how many passages each content word stands, as written but folded."""
        return dict(self._all("SELECT word, passages FROM vocabulary"))

    def foreign_languages(self) -> frozenset[str]:
        """Return the codes of languages that some articles are in and the model does not read."""
        rows = self._all("SELECT DISTINCT language FROM articles WHERE language <> ''")
        return frozenset(row[0].split()[0] for row in rows)

    def help_passages(self, articles: Sequence[str]) -> dict[str, list[StoredPassage]]:
        """Return by article what it says about getting help, urgent passages first."""
        rows = self._all(
            f"SELECT help.role, {PASSAGE_COLUMNS} JOIN help USING (passage) "  # noqa: S608
            "WHERE articles.article_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY help.role = 'doctor', passage",
            (json.dumps(sorted(set(articles))),),
        )
        found: dict[str, list[StoredPassage]] = {}
        for role, *row in rows:
            stored = replace(stored_passage_of(tuple(row)), role=Role(role))
            found.setdefault(stored.passage.article_id, []).append(stored)
        return found

    def help_numbers(self, role: Role) -> list[int]:
        """Return the passages on getting help of one kind, in order."""
        rows = self._all("SELECT passage FROM help WHERE role = ? ORDER BY passage", (role,))
        return [row[0] for row in rows]

    def synonyms(self) -> list[AlsoSearched]:
        """Return the other words for the same that the articles give."""
        return [AlsoSearched(*row) for row in self._all("SELECT typed, other FROM synonyms")]

    def digests(self) -> dict[str, str]:
        """Return the digest of every article's file by the article's id."""
        return dict(self._all("SELECT article_id, digest FROM articles ORDER BY article_id"))

    def titles(self) -> list[str]:
        """Return the articles' titles, in the order of their ids."""
        return [row[0] for row in self._all("SELECT title FROM articles ORDER BY article_id")]

    def subjects(self, articles: Iterable[int]) -> dict[int, Metadata]:
        """Return, by their numbers, what articles say of themselves and are about (subjects.py)."""
        rows = self._all(
            "SELECT article, title, metadata FROM articles "
            "WHERE article IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(set(articles))),),
        )
        return {
            article: subject(title, metadata_of(metadata), self._is_name)
            for article, title, metadata in rows
        }

    def _is_name(self, key: str) -> bool:
        """Return whether an article is called so, or names such a condition."""
        return bool(self._all("SELECT 1 FROM names WHERE name = ?", (key,)))

    def context_terms(self, contexts: Iterable[int]) -> dict[int, frozenset[str]]:
        """Return the analyzed terms of these heading paths."""
        rows = self._all(
            "SELECT context, terms FROM contexts WHERE context IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(set(contexts))),),
        )
        return {context: frozenset(words.split()) for context, words in rows}

    def context_texts(self) -> list[str]:
        """Return the heading paths as embedded, in the order of their vectors."""
        return [row[0] for row in self._all("SELECT words FROM contexts ORDER BY context")]

    def stored_articles(self, names: Collection[str] | None = None) -> Iterator[StoredArticle]:
        """Yield every article, or those of these names, with its passages, in order of the ids."""
        if names is None:
            names = [row[0] for row in self._all("SELECT article_id FROM articles")]
        for name in sorted(names):
            for number, digest, *columns in self._all(
                f"SELECT article, digest, {ARTICLE_COLUMNS} FROM articles "  # noqa: S608
                "WHERE article_id = ?",
                (name,),
            ):
                article = article_of(*columns)
                yield StoredArticle(article, digest, self._passages_as_cut(article, number))

    def _passages_as_cut(self, article: Article, number: int) -> tuple[Passage, ...]:
        return tuple(
            Passage(
                article.article_id,
                section,
                article.sections[section].headings,
                context,
                start,
                end,
                article.text[start:end],
                page,
            )
            for section, context, start, end, page in self._all(
                'SELECT section, words, start, "end", page FROM passages '
                "JOIN contexts USING (context) WHERE article = ? ORDER BY passage",
                (number,),
            )
        )

    def summaries(self) -> Iterator[ArticleSummary]:
        """Yield what the report of an ingest tells of each article, in the order of their ids."""
        for article_id, notes, words, key in self._all(
            "SELECT article_id, notes, words, text_key FROM articles ORDER BY article_id"
        ):
            yield ArticleSummary(article_id, tuple(json.loads(notes)), words, key)

    def passages_with(self, texts: Sequence[str]) -> dict[str, int]:
        """Return the number of a passage for which the model read each of these texts."""
        of_key = {text_key(text): text for text in texts}
        found: dict[str, int] = {}
        every = list(of_key)
        for start in range(0, len(every), _PARAMETERS):
            keys = every[start : start + _PARAMETERS]
            places = ", ".join("?" * len(keys))
            query = (
                "SELECT embedded_key, min(passage) FROM passages "  # noqa: S608
                f"WHERE embedded_key IN ({places}) GROUP BY embedded_key"
            )
            found |= {of_key[key]: number for key, number in self._all(query, keys)}
        return found

    def contexts_with(self, texts: Sequence[str]) -> dict[str, int]:
        """Return the row of each of these heading paths, as embedded; leave out what is new."""
        return dict(
            self._all(
                "SELECT words, context FROM contexts "
                "WHERE words IN (SELECT value FROM json_each(?))",
                (json.dumps(list(texts)),),
            )
        )

    def leaving(self, names: Collection[str]) -> Leaving:
        """Return what goes with these articles.

        Heading paths that a passage of another article shares stay.
        """
        rows = self._all(
            "SELECT article FROM articles WHERE article_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(names)),),
        )
        articles = [row[0] for row in rows]
        going = np.isin(self._places["article"], articles)
        contexts = self._places["context"]
        lost = np.setdiff1d(contexts[going], contexts[~going & self._there])
        return Leaving(frozenset(names), articles, np.flatnonzero(going).tolist(), lost.tolist())

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"'{self._path}' is damaged: {error}") from error
