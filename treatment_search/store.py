"""Articles, sections and passages in SQLite; the only file that knows sqlite3."""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from treatment_search.analysis import terms, vocabulary
from treatment_search.errors import IndexDamaged
from treatment_search.records import (
    AlsoSearched,
    Article,
    CatalogueEntry,
    Language,
    Metadata,
    Passage,
    Role,
    Section,
    StoredPassage,
)
from treatment_search.repeats import repeats
from treatment_search.synonyms import synonym_pairs

_SCHEMA = """
CREATE TABLE articles (
    article INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    sections TEXT NOT NULL,
    metadata TEXT NOT NULL,
    notes TEXT NOT NULL,
    language TEXT NOT NULL,
    pages TEXT NOT NULL
) STRICT;
CREATE TABLE contexts (
    context INTEGER PRIMARY KEY, words TEXT NOT NULL, terms TEXT NOT NULL
) STRICT;
CREATE TABLE passages (
    passage INTEGER PRIMARY KEY,
    article INTEGER NOT NULL REFERENCES articles,
    section INTEGER NOT NULL,
    context INTEGER NOT NULL REFERENCES contexts,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    role TEXT NOT NULL,
    aside INTEGER NOT NULL
) STRICT;
CREATE TABLE vocabulary (word TEXT PRIMARY KEY, passages INTEGER NOT NULL) STRICT;
CREATE TABLE help (passage INTEGER NOT NULL REFERENCES passages, role TEXT NOT NULL) STRICT;
CREATE TABLE repeats (
    passage INTEGER PRIMARY KEY REFERENCES passages, original INTEGER NOT NULL
) STRICT;
CREATE TABLE synonyms (typed TEXT NOT NULL, other TEXT NOT NULL) STRICT;
CREATE INDEX passages_of_article ON passages (article);
CREATE INDEX repeats_of_original ON repeats (original);
"""
# substr counts characters from 1, as Python counts from 0: the text is stored once.
_PASSAGE_COLUMNS = """
    passages.passage, articles.article_id, articles.title, articles.metadata, articles.sections,
    passages.section, contexts.words, passages.start, passages."end",
    substr(articles.text, passages.start + 1, passages."end" - passages.start),
    passages.page, passages.role
    FROM passages JOIN articles USING (article) JOIN contexts USING (context)
"""


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its passages as chunked, and the digest of the file it was read from."""

    article: Article
    digest: str
    passages: tuple[Passage, ...]


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
            rows = self._all("SELECT context, article, aside FROM passages ORDER BY passage")
            repeated = self._all("SELECT passage, original FROM repeats")
        except sqlite3.Error as error:
            raise IndexDamaged(f"'{path}' cannot be read as an SQLite database") from error
        self.contexts: tuple[int, ...] = tuple(row[0] for row in rows)
        """The row of each passage's heading path among the heading vectors, in passage order."""
        self.articles: tuple[int, ...] = tuple(row[1] for row in rows)
        """The number of each passage's article, in passage order."""
        self.asides: frozenset[int] = frozenset(n for n, row in enumerate(rows) if row[2])
        """The passages whose heading says that few people look for them."""
        self.original_of: dict[int, int] = dict(repeated)
        """The first passage with the same text, for those that are not the only one with theirs."""

    @classmethod
    def build(
        cls,
        path: Path,
        articles: Sequence[StoredArticle],
        contexts: dict[str, int],
        roles: Sequence[Role],
        help_roles: Mapping[int, Role],
        asides: Collection[int],
    ) -> None:
        """Write articles and their passages in order.

        `contexts` numbers the heading paths, `roles` has one role a passage, `help_roles` those
        of the passages that say when to get help; `asides` are passages few people look for.
        Raises OSError when the disk does not take it.
        """
        try:
            cls._write(path, articles, contexts, roles, help_roles, asides)
        except sqlite3.OperationalError as error:
            raise OSError(errno.EIO, str(error), str(path)) from error

    @staticmethod
    def _write(
        path: Path,
        articles: Sequence[StoredArticle],
        contexts: dict[str, int],
        roles: Sequence[Role],
        help_roles: Mapping[int, Role],
        asides: Collection[int],
    ) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.executescript(_SCHEMA)
            connection.executemany(
                "INSERT INTO contexts VALUES (?, ?, ?)",
                ((row, words, " ".join(terms(words))) for words, row in contexts.items()),
            )
            passages: list[tuple[object, ...]] = []
            for number, stored in enumerate(articles):
                connection.execute(
                    "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (number, *_article_row(stored)),
                )
                passages += [
                    (number, p.section, contexts[p.context], p.start, p.end, p.page)
                    for p in stored.passages
                ]
            connection.executemany("INSERT INTO help VALUES (?, ?)", sorted(help_roles.items()))
            same = repeats(p.text for one in articles for p in one.passages)
            connection.executemany("INSERT INTO repeats VALUES (?, ?)", same.items())
            pairs = synonym_pairs([p.text for p in one.passages] for one in articles)
            connection.executemany(
                "INSERT INTO synonyms VALUES (?, ?)", ((p.typed, p.other) for p in pairs)
            )
            words = vocabulary(p.embedded_text for one in articles for p in one.passages)
            connection.executemany("INSERT INTO vocabulary VALUES (?, ?)", sorted(words.items()))
            connection.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (number, *row, role, number in asides)
                    for number, (row, role) in enumerate(zip(passages, roles, strict=True))
                ),
            )

    def __len__(self) -> int:
        return len(self.contexts)

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these numbers, in this order."""
        wanted = json.dumps(list(numbers))
        rows = self._all(
            f"SELECT {_PASSAGE_COLUMNS} WHERE passage IN (SELECT value FROM json_each(?))",  # noqa: S608
            (wanted,),
        )
        found = {row[0]: _stored_passage(row) for row in rows}
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
        asked = [number for number in numbers if number in self.original_of]
        if not asked:
            return {}
        rows = self._all(
            "SELECT DISTINCT original, article_id FROM repeats JOIN passages USING (passage) "
            "JOIN articles USING (article) WHERE original IN (SELECT value FROM json_each(?)) "
            "ORDER BY article",
            (json.dumps(sorted({self.original_of[number] for number in asked})),),
        )
        own = self.article_ids(asked)
        found = {
            number: tuple(
                name
                for original, name in rows
                if original == self.original_of[number] and name != own[number]
            )
            for number in asked
        }
        return {number: names for number, names in found.items() if names}

    def article(self, article_id: str) -> Article | None:
        """Return one article whole, or None when the collection has none of that name."""
        rows = self._all(
            "SELECT article_id, title, text, sections, metadata, notes, language, pages "
            "FROM articles WHERE article_id = ?",
            (article_id,),
        )
        return _article(*rows[0]) if rows else None

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
            f"SELECT {_PASSAGE_COLUMNS} WHERE articles.article_id = ? ORDER BY passage",
            (article_id,),
        )
        return [_stored_passage(row) for row in rows]

    def catalogue(self) -> list[CatalogueEntry]:
        """Return every article without its text, in the order of their ids."""
        rows = self._all(
            "SELECT article_id, title, metadata, sections, count(passage) "
            "FROM articles LEFT JOIN passages USING (article) GROUP BY article ORDER BY article"
        )
        return [
            CatalogueEntry(
                article_id,
                title,
                _metadata(metadata),
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
            f"SELECT help.role, {_PASSAGE_COLUMNS} JOIN help USING (passage) "  # noqa: S608
            "WHERE articles.article_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY help.role = 'doctor', passage",
            (json.dumps(sorted(set(articles))),),
        )
        found: dict[str, list[StoredPassage]] = {}
        for role, *row in rows:
            stored = replace(_stored_passage(tuple(row)), role=Role(role))
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
        return dict(self._all("SELECT article_id, digest FROM articles ORDER BY article"))

    def titles(self) -> list[str]:
        """Return the articles' titles, in the order of their ids."""
        return [row[0] for row in self._all("SELECT title FROM articles ORDER BY article")]

    def article_metadata(self) -> dict[int, Metadata]:
        """Return what each article says about itself, by the article's number."""
        rows = self._all("SELECT article, metadata FROM articles ORDER BY article")
        return {number: _metadata(source) for number, source in rows}

    def roles(self) -> tuple[Role, ...]:
        """Return the role of each passage, in passage order."""
        known = {role.value: role for role in Role}
        return tuple(
            known[row[0]] for row in self._all("SELECT role FROM passages ORDER BY passage")
        )

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

    def stored_articles(self) -> Iterator[StoredArticle]:
        """Yield every article with its passages, in order."""
        rows = self._all(
            "SELECT article, digest, article_id, title, text, sections, metadata, notes, language, "
            "pages "
            "FROM articles ORDER BY article"
        )
        for number, digest, *fields in rows:
            article = _article(*fields)
            passages = tuple(
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
            yield StoredArticle(article, digest, passages)

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


def _article_row(stored: StoredArticle) -> tuple[str, ...]:
    article = stored.article
    return (
        article.article_id,
        stored.digest,
        article.title,
        article.text,
        json.dumps([[list(s.headings), s.start, s.end] for s in article.sections]),
        json.dumps(asdict(article.metadata)),
        json.dumps(article.notes),
        f"{article.language.code} {article.language.name}" if article.language else "",
        json.dumps(article.pages),
    )


def _article(
    article_id: str,
    title: str,
    text: str,
    sections: str,
    metadata: str,
    notes: str,
    language: str,
    pages: str,
) -> Article:
    return Article(
        article_id=article_id,
        title=title,
        text=text,
        sections=tuple(Section(tuple(h), start, end) for h, start, end in json.loads(sections)),
        metadata=_metadata(metadata),
        notes=tuple(json.loads(notes)),
        language=Language(*language.split(" ", 1)) if language else None,
        pages=tuple(json.loads(pages)),
    )


def _metadata(source: str) -> Metadata:
    fields = json.loads(source)
    return Metadata(**{**fields, "conditions": tuple(fields["conditions"])})


def _stored_passage(row: tuple[Any, ...]) -> StoredPassage:
    number, article_id, title, metadata, sections, section, context, start, end, *rest = row
    text, page, role = rest
    headings = tuple(json.loads(sections)[section][0])
    passage = Passage(article_id, section, headings, context, start, end, text, page)
    return StoredPassage(number, title, _metadata(metadata), passage, Role(role))
