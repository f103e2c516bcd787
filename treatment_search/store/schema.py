"""The tables of articles and passages, and what their rows say."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from treatment_search.records import (
    Article,
    Language,
    Metadata,
    Passage,
    Role,
    Section,
    StoredPassage,
)

SCHEMA = """
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
    pages TEXT NOT NULL,
    words INTEGER NOT NULL,
    text_key BLOB NOT NULL
) STRICT;
CREATE TABLE contexts (
    context INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE, terms TEXT NOT NULL
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
    embedded_key BLOB NOT NULL,
    text_key BLOB NOT NULL
) STRICT;
CREATE TABLE places (one INTEGER PRIMARY KEY CHECK (one = 1), rows BLOB NOT NULL) STRICT;
CREATE TABLE vocabulary (word TEXT PRIMARY KEY, passages INTEGER NOT NULL) STRICT;
CREATE TABLE names (name TEXT PRIMARY KEY, articles INTEGER NOT NULL) STRICT;
CREATE TABLE help (passage INTEGER NOT NULL REFERENCES passages, role TEXT NOT NULL) STRICT;
CREATE TABLE explained (
    phrase TEXT NOT NULL, other TEXT NOT NULL, articles INTEGER NOT NULL,
    PRIMARY KEY (phrase, other)
) STRICT;
CREATE TABLE synonyms (typed TEXT NOT NULL, other TEXT NOT NULL) STRICT;
"""
# Made when the rows are there, which is quicker.
INDEXES = """
CREATE INDEX passages_of_article ON passages (article);
CREATE INDEX passages_by_embedded ON passages (embedded_key);
CREATE INDEX passages_by_text ON passages (text_key);
CREATE INDEX help_of_passage ON help (passage);
"""

ROLES = tuple(Role)
# Of each passage by its number; what is gone keeps its place, with no article.
PLACE = np.dtype(
    [
        ("article", "<i4"),
        ("context", "<i4"),
        ("original", "<i4"),
        ("role", "u1"),
        ("aside", "?"),
    ]
)
NO_ARTICLE = -1
Places: TypeAlias = npt.NDArray[np.void]
"""One PLACE for each passage number."""

# substr counts characters from 1, as Python counts from 0: the text is stored once.
PASSAGE_COLUMNS = """
    passages.passage, articles.article_id, articles.title, articles.metadata, articles.sections,
    passages.section, contexts.words, passages.start, passages."end",
    substr(articles.text, passages.start + 1, passages."end" - passages.start),
    passages.page, passages.role
    FROM passages JOIN articles USING (article) JOIN contexts USING (context)
"""
ARTICLE_COLUMNS = "article_id, title, text, sections, metadata, notes, language, pages"


def next_article(places: Places) -> int:
    """Return the number that the next article gets."""
    return int(places["article"].max(initial=NO_ARTICLE)) + 1


def article_row(article: Article, digest: str) -> tuple[str, ...]:
    """Return the columns of an article from its id to its pages."""
    return (
        article.article_id,
        digest,
        article.title,
        article.text,
        json.dumps([[list(s.headings), s.start, s.end] for s in article.sections]),
        json.dumps(asdict(article.metadata)),
        json.dumps(article.notes),
        f"{article.language.code} {article.language.name}" if article.language else "",
        json.dumps(article.pages),
    )


def article_of(
    article_id: str,
    title: str,
    text: str,
    sections: str,
    metadata: str,
    notes: str,
    language: str,
    pages: str,
) -> Article:
    """Return the article of a row of ARTICLE_COLUMNS."""
    return Article(
        article_id=article_id,
        title=title,
        text=text,
        sections=tuple(Section(tuple(h), start, end) for h, start, end in json.loads(sections)),
        metadata=metadata_of(metadata),
        notes=tuple(json.loads(notes)),
        language=Language(*language.split(" ", 1)) if language else None,
        pages=tuple(json.loads(pages)),
    )


def metadata_of(source: str) -> Metadata:
    """Return the metadata of its column."""
    return Metadata.of(json.loads(source))


def stored_passage_of(row: tuple[Any, ...]) -> StoredPassage:
    """Return the passage of a row of PASSAGE_COLUMNS."""
    number, article_id, title, metadata, sections, section, context, start, end, *rest = row
    text, page, role = rest
    headings = tuple(json.loads(sections)[section][0])
    passage = Passage(article_id, section, headings, context, start, end, text, page)
    return StoredPassage(number, title, metadata_of(metadata), passage, Role(role))
