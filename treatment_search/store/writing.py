"""Articles with their passages -> the database of a generation; or a copy of it, amended."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from treatment_search.analysis import terms, vocabulary
from treatment_search.keys import said_key, text_key
from treatment_search.notices import summary_of
from treatment_search.records import Passage, Role, StoredArticle
from treatment_search.store.schema import (
    INDEXES,
    NO_ARTICLE,
    PLACE,
    ROLES,
    SCHEMA,
    Places,
    article_row,
    next_article,
)
from treatment_search.subjects import names_of
from treatment_search.synonyms import FEWEST_ARTICLES, explained_in, synonym_pairs


@dataclass(frozen=True, slots=True)
class Addition:
    """Articles to store in order, and what was found out about their passages.

    Passages are told by their place among those of all these articles: `roles` has one a
    passage, `help_roles` those of the passages that say when to get help, `asides` are passages
    few people look for. `contexts` are the row numbers of heading paths that are new.
    """

    articles: Sequence[StoredArticle] = ()
    roles: Sequence[Role] = ()
    help_roles: Mapping[int, Role] = field(default_factory=dict)
    asides: Collection[int] = ()
    contexts: Mapping[str, int] = field(default_factory=dict)

    @property
    def passages(self) -> Iterator[Passage]:
        """Yield the passages in order."""
        return (passage for one in self.articles for passage in one.passages)


def build(path: Path, addition: Addition) -> None:
    """Write a database of nothing but these articles, their passages numbered from 0.

    Raises OSError when the disk does not take it.
    """
    with _writing(path) as connection:
        connection.executescript(SCHEMA)
        places = _insert(connection, addition, np.empty(0, PLACE), 0)
        connection.executescript(INDEXES)
        _finish(connection, places, None)


def amend(path: Path, removed: Sequence[StoredArticle], addition: Addition) -> None:
    """Take articles out of a database and put others in, where it stands.

    What is removed leaves its numbers unused; new passages are numbered from the first number
    that never was. `removed` are the articles as they are stored. Heading paths of which nothing
    is left go. Raises OSError when the disk does not take it.
    """
    with _writing(path) as connection:
        (rows,) = connection.execute("SELECT rows FROM places").fetchone()
        places = np.frombuffer(rows, PLACE).copy()
        said = {said_key(p.text) for one in removed for p in one.passages}
        first_article = next_article(places)
        _remove(connection, removed, places)
        places = _insert(connection, addition, places, first_article)
        said |= {said_key(passage.text) for passage in addition.passages}
        _forget_contexts(connection, places)
        _finish(connection, places, said)


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path)) as connection:
            # Nobody reads the file before it is published, and publishing puts it on the disk.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            with connection:
                yield connection
    except sqlite3.OperationalError as error:
        raise OSError(errno.EIO, str(error), str(path)) from error


def _insert(
    connection: sqlite3.Connection,
    addition: Addition,
    places: Places,
    first_article: int,
) -> Places:
    """Store articles and passages, and return the places with those of the new ones."""
    connection.executemany(
        "INSERT INTO contexts VALUES (?, ?, ?)",
        ((row, words, " ".join(terms(words))) for words, row in addition.contexts.items()),
    )
    context_of = _contexts(connection, {passage.context for passage in addition.passages})
    article_of: list[int] = []
    for number, stored in enumerate(addition.articles, first_article):
        summary = summary_of(stored.article)
        connection.execute(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                *article_row(stored.article, stored.digest),
                summary.words,
                summary.text_key,
            ),
        )
        article_of += [number] * len(stored.passages)
    fresh = np.zeros(len(article_of), PLACE)
    fresh["article"] = article_of
    fresh["context"] = [context_of[passage.context] for passage in addition.passages]
    fresh["original"] = np.arange(len(places), len(places) + len(fresh))
    fresh["role"] = [ROLES.index(role) for role in addition.roles]
    fresh["aside"][list(addition.asides)] = True
    connection.executemany(
        "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                number,
                article,
                p.section,
                context_of[p.context],
                p.start,
                p.end,
                p.page,
                role,
                text_key(p.embedded_text),
                said_key(p.text),
            )
            for number, (article, p, role) in enumerate(
                zip(article_of, addition.passages, addition.roles, strict=True), len(places)
            )
        ),
    )
    connection.executemany(
        "INSERT INTO help VALUES (?, ?)",
        ((len(places) + place, role) for place, role in sorted(addition.help_roles.items())),
    )
    _count(connection, addition.articles, 1)
    return np.concatenate([places, fresh])


def _remove(
    connection: sqlite3.Connection, removed: Sequence[StoredArticle], places: Places
) -> None:
    _count(connection, removed, -1)
    names = json.dumps([one.article.article_id for one in removed])
    articles = [
        row[0]
        for row in connection.execute(
            "SELECT article FROM articles WHERE article_id IN (SELECT value FROM json_each(?))",
            (names,),
        )
    ]
    gone = np.isin(places["article"], articles)
    places["article"][gone] = NO_ARTICLE
    passages = json.dumps(np.flatnonzero(gone).tolist())
    for table in ("help", "passages"):
        connection.execute(
            f"DELETE FROM {table} WHERE passage IN (SELECT value FROM json_each(?))",  # noqa: S608
            (passages,),
        )
    connection.execute(
        "DELETE FROM articles WHERE article IN (SELECT value FROM json_each(?))",
        (json.dumps(articles),),
    )


# Tables that count, with their keys and what is counted.
_COUNTED = {
    "vocabulary": ("word", "passages"),
    "explained": ("phrase, other", "articles"),
    "names": ("name", "articles"),
}


def _count(connection: sqlite3.Connection, articles: Sequence[StoredArticle], by: int) -> None:
    """Count what the articles' words, brackets and names add, or with -1 take away again."""
    counts: dict[str, Counter[tuple[str, ...]]] = {
        "vocabulary": Counter(),
        "explained": Counter(),
        "names": Counter(),
    }
    for one in articles:
        words = vocabulary(passage.embedded_text for passage in one.passages)
        counts["vocabulary"].update({(word,): count for word, count in words.items()})
        counts["explained"].update(explained_in(passage.text for passage in one.passages))
        names = names_of(one.article.title, one.article.metadata)
        counts["names"].update((name,) for name in names)
    for table, (keys, counted) in _COUNTED.items():
        places = ", ".join("?" * (keys.count(",") + 2))
        connection.executemany(
            f"INSERT INTO {table} VALUES ({places}) ON CONFLICT ({keys}) "  # noqa: S608
            f"DO UPDATE SET {counted} = {counted} + excluded.{counted}",
            ((*key, by * count) for key, count in sorted(counts[table].items())),
        )
        if by < 0:
            connection.execute(f"DELETE FROM {table} WHERE {counted} <= 0")  # noqa: S608


def _contexts(connection: sqlite3.Connection, wanted: Collection[str]) -> dict[str, int]:
    return dict(
        connection.execute(
            "SELECT words, context FROM contexts WHERE words IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(wanted)),),
        )
    )


def _forget_contexts(connection: sqlite3.Connection, places: Places) -> None:
    gone = places["article"] == NO_ARTICLE
    left = np.setdiff1d(places["context"][gone], places["context"][~gone])
    connection.execute(
        "DELETE FROM contexts WHERE context IN (SELECT value FROM json_each(?))",
        (json.dumps(left.tolist()),),
    )


def _finish(connection: sqlite3.Connection, places: Places, said: set[bytes] | None) -> None:
    """Store what follows from all passages; with `said` only those with these keys changed."""
    for numbers in _same(connection, said):
        places["original"][numbers] = numbers[0]
    connection.execute("DELETE FROM synonyms")
    counted = connection.execute(
        "SELECT phrase, other, articles FROM explained WHERE articles >= ?", (FEWEST_ARTICLES,)
    )
    pairs = synonym_pairs({(phrase, other): articles for phrase, other, articles in counted})
    connection.executemany(
        "INSERT INTO synonyms VALUES (?, ?)", ((pair.typed, pair.other) for pair in pairs)
    )
    connection.execute("INSERT OR REPLACE INTO places VALUES (1, ?)", (places.tobytes(),))


def _same(connection: sqlite3.Connection, said: set[bytes] | None) -> Iterable[list[int]]:
    """Yield the numbers, in order, of all passages that say the same."""
    if said is None:
        rows = connection.execute("SELECT text_key, passage FROM passages ORDER BY passage")
        numbers: dict[bytes, list[int]] = {}
        for key, number in rows:
            numbers.setdefault(key, []).append(number)
        yield from numbers.values()
        return
    for key in sorted(said):
        found = connection.execute(
            "SELECT passage FROM passages WHERE text_key = ? ORDER BY passage", (key,)
        ).fetchall()
        if found:
            yield [row[0] for row in found]
