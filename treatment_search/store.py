"""Articles, sections and passages in SQLite; the only file that knows sqlite3."""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from treatment_search.analysis import vocabulary
from treatment_search.errors import IndexDamaged
from treatment_search.records import Article, Metadata, Passage, Section, StoredPassage

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
    pages TEXT NOT NULL
) STRICT;
CREATE TABLE contexts (context INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT;
CREATE TABLE passages (
    passage INTEGER PRIMARY KEY,
    article INTEGER NOT NULL REFERENCES articles,
    section INTEGER NOT NULL,
    context INTEGER NOT NULL REFERENCES contexts,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER
) STRICT;
CREATE TABLE vocabulary (word TEXT PRIMARY KEY, passages INTEGER NOT NULL) STRICT;
CREATE INDEX passages_of_article ON passages (article);
"""
# substr counts characters from 1, as Python counts from 0: the text is stored once.
_PASSAGE_COLUMNS = """
    passages.passage, articles.article_id, articles.title, articles.metadata, articles.sections,
    passages.section, contexts.words, passages.start, passages."end",
    substr(articles.text, passages.start + 1, passages."end" - passages.start),
    passages.page
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
            rows = self._all("SELECT context, article FROM passages ORDER BY passage")
        except sqlite3.Error as error:
            raise IndexDamaged(f"'{path}' cannot be read as an SQLite database") from error
        self.contexts: tuple[int, ...] = tuple(context for context, _ in rows)
        """The row of each passage's heading path among the heading vectors, in passage order."""
        self.articles: tuple[int, ...] = tuple(article for _, article in rows)
        """The number of each passage's article, in passage order."""

    @classmethod
    def build(cls, path: Path, articles: Sequence[StoredArticle], contexts: dict[str, int]) -> None:
        """Write articles and their passages in order; `contexts` numbers the heading paths."""
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.executescript(_SCHEMA)
            connection.executemany(
                "INSERT INTO contexts VALUES (?, ?)",
                ((row, words) for words, row in contexts.items()),
            )
            passages: list[tuple[object, ...]] = []
            for number, stored in enumerate(articles):
                connection.execute(
                    "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (number, *_article_row(stored)),
                )
                passages += [
                    (number, p.section, contexts[p.context], p.start, p.end, p.page)
                    for p in stored.passages
                ]
            words = vocabulary(p.embedded_text for one in articles for p in one.passages)
            connection.executemany("INSERT INTO vocabulary VALUES (?, ?)", sorted(words.items()))
            connection.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((number, *row) for number, row in enumerate(passages)),
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

    def article(self, article_id: str) -> Article | None:
        """Return one article whole, or None when the collection has none of that name."""
        rows = self._all(
            "SELECT article_id, title, text, sections, metadata, notes, pages FROM articles "
            "WHERE article_id = ?",
            (article_id,),
        )
        return _article(*rows[0]) if rows else None

    def vocabulary(self) -> dict[str, int]:
        """Return in how many passages each content word stands, as written but folded."""
        return dict(self._all("SELECT word, passages FROM vocabulary"))

    def titles(self) -> list[str]:
        """Return the articles' titles, in the order of their ids."""
        return [row[0] for row in self._all("SELECT title FROM articles ORDER BY article")]

    def context_texts(self) -> list[str]:
        """Return the heading paths as embedded, in the order of their vectors."""
        return [row[0] for row in self._all("SELECT words FROM contexts ORDER BY context")]

    def stored_articles(self) -> Iterator[StoredArticle]:
        """Yield every article with its passages, in order."""
        rows = self._all(
            "SELECT article, digest, article_id, title, text, sections, metadata, notes, pages "
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
        json.dumps(article.pages),
    )


def _article(
    article_id: str, title: str, text: str, sections: str, metadata: str, notes: str, pages: str
) -> Article:
    return Article(
        article_id=article_id,
        title=title,
        text=text,
        sections=tuple(Section(tuple(h), start, end) for h, start, end in json.loads(sections)),
        metadata=_metadata(metadata),
        notes=tuple(json.loads(notes)),
        pages=tuple(json.loads(pages)),
    )


def _metadata(source: str) -> Metadata:
    fields = json.loads(source)
    return Metadata(**{**fields, "conditions": tuple(fields["conditions"])})


def _stored_passage(row: tuple[Any, ...]) -> StoredPassage:
    number, article_id, title, metadata, sections, section, context, start, end, text, page = row
    headings = tuple(json.loads(sections)[section][0])
    passage = Passage(article_id, section, headings, context, start, end, text, page)
    return StoredPassage(number, title, _metadata(metadata), passage)
