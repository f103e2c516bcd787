"""The corpus folder -> articles cut into passages; those that are known are not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
from treatment_search.records import Article, FileNote, StoredArticle
from treatment_search.seen import SeenFiles, stamp_of


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the corpus folder holds.

    `articles` are those that were read, in the order of their ids, `kept` the digests of the
    others by their ids; `skipped` are in the order of their paths; `unread` has the digest of
    each file that was opened and holds no article, by its path.
    """

    articles: tuple[StoredArticle, ...]
    kept: dict[str, str]
    skipped: tuple[FileNote, ...]
    unread: dict[str, str]

    @property
    def digests(self) -> dict[str, str]:
        """Return the digest of every article's file by the article's id."""
        return self.kept | {one.article.article_id: one.digest for one in self.articles}


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """What may be an article; `name` is its file in the folder, an archive when it is in one."""

    article_id: str
    name: str
    digest: str


def gather(
    corpus: Path,
    stored: Mapping[str, str],
    encoder: Encoder,
    progress: IngestProgress,
    seen: SeenFiles,
) -> Gathered:
    """Return every article of the folder, and what was skipped and why.

    `stored` has the digests of the articles that need not be read again, by their ids.
    """
    skipped: list[FileNote] = []
    unread: dict[str, str] = {}
    kept: dict[str, str] = {}
    articles: list[StoredArticle] = []
    files = dict(article_files(corpus, skipped))
    progress.start("reading articles", len(files))
    for name, path in files.items():
        known = seen.digests(name, path)
        if known is not None and all(stored.get(one) == of for one, of in known.items()):
            kept |= known
            progress.advance(1)
            continue
        looked, notes, digests = stamp_of(path), len(skipped), {}
        for article_id, data in articles_in(name, path, skipped):
            digest = digests[article_id] = digest_of(data)
            if stored.get(article_id) == digest:
                kept[article_id] = digest
                continue
            try:
                articles.append(_read(article_id, data, digest, encoder))
            except ArticleUnreadable as error:
                unread[article_id] = digest
                skipped.append(FileNote(article_id, str(error)))
        if len(skipped) == notes:  # what is skipped must be named again
            seen.add(name, path, looked, digests)
        else:
            seen.forget(name)
        progress.advance(1)
    reading.close()
    return Gathered(
        tuple(sorted(articles, key=lambda one: one.article.article_id)),
        kept,
        tuple(sorted(skipped, key=lambda note: note.path)),
        unread,
    )


def digests_in(corpus: Path, seen: SeenFiles) -> dict[str, str]:
    """Return the digest of every file that may be an article, by its id; none is parsed."""
    return {one.article_id: one.digest for one in files_in(corpus, seen, [])}


def files_in(corpus: Path, seen: SeenFiles, skipped: list[FileNote]) -> list[CorpusFile]:
    """Return every file that may be an article, none of them parsed; name others in `skipped`."""
    found = []
    for name, path in article_files(corpus, skipped):
        digests = seen.digests(name, path)
        if digests is None:
            contents = articles_in(name, path, skipped)
            digests = {article_id: digest_of(data) for article_id, data in contents}
        found += [CorpusFile(article_id, name, digest) for article_id, digest in digests.items()]
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
