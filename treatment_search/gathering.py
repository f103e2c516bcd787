"""The corpus folder -> articles cut into passages; those that are known are not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from treatment_search import reading
from treatment_search.chunking import chunk
from treatment_search.corpus import article_files, articles_in
from treatment_search.encoder import Encoder
from treatment_search.errors import ArticleUnreadable
from treatment_search.languages import language_of_article
from treatment_search.progress import IngestProgress
from treatment_search.reading import read_article
from treatment_search.records import Article, FileNote
from treatment_search.store import StoredArticle

Stored = Callable[[str, str], StoredArticle | None]
"""Gives an article by its id and digest as it was stored, when it need not be read again."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the corpus folder holds.

    `articles` are in the order of their ids, `skipped` in the order of their paths; `unread` has
    the digest of each file that was opened and holds no article, by its path.
    """

    articles: tuple[StoredArticle, ...]
    skipped: tuple[FileNote, ...]
    unread: dict[str, str]

    @property
    def digests(self) -> dict[str, str]:
        """Return the digest of every article's file by the article's id."""
        return {one.article.article_id: one.digest for one in self.articles}


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """What may be an article; `name` is its file in the folder, an archive when it is in one."""

    article_id: str
    name: str
    digest: str


def gather(corpus: Path, stored: Stored, encoder: Encoder, progress: IngestProgress) -> Gathered:
    """Return every article of the folder, and what was skipped and why."""
    skipped: list[FileNote] = []
    unread: dict[str, str] = {}
    articles: list[StoredArticle] = []
    files = dict(article_files(corpus, skipped))
    progress.start("reading articles", len(files))
    for name, path in files.items():
        for article_id, data in articles_in(name, path, skipped):
            digest = digest_of(data)
            try:
                known = stored(article_id, digest)
                articles.append(known or _read(article_id, data, digest, encoder))
            except ArticleUnreadable as error:
                unread[article_id] = digest
                skipped.append(FileNote(article_id, str(error)))
        progress.advance(1)
    reading.close()
    return Gathered(
        tuple(sorted(articles, key=lambda one: one.article.article_id)),
        tuple(sorted(skipped, key=lambda note: note.path)),
        unread,
    )


def digests_in(corpus: Path) -> dict[str, str]:
    """Return the digest of every file that may be an article, by its id; none is parsed."""
    return {one.article_id: one.digest for one in files_in(corpus, [])}


def files_in(corpus: Path, skipped: list[FileNote]) -> list[CorpusFile]:
    """Return every file that may be an article, none of them parsed; name others in `skipped`."""
    found = [
        CorpusFile(article_id, name, digest_of(data))
        for name, path in article_files(corpus, skipped)
        for article_id, data in articles_in(name, path, skipped)
    ]
    reading.close()
    return found


def digest_of(data: bytes) -> str:
    """Return what tells one content of a file from another: its SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def _read(article_id: str, data: bytes, digest: str, encoder: Encoder) -> StoredArticle:
    article = _with_language(read_article(article_id, data), encoder)
    passages = tuple(chunk(article, encoder))
    if not passages:
        raise ArticleUnreadable("no text to search: it holds only references")
    return StoredArticle(article, digest, passages)


def _with_language(article: Article, encoder: Encoder) -> Article:
    """Return the article with its language when the model does not read it, said in a note."""
    language = language_of_article(article.text, encoder.languages)
    if language is None:
        return article
    note = (
        f"looks like {language.name} ({language.code}), which the model does not read: "
        "it is found by its words alone"
    )
    return replace(article, language=language, notes=(*article.notes, note))
