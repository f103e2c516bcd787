"""Articles with their passages -> the files of a generation, vectors carried over where known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import numpy as np

from treatment_search import generations
from treatment_search.analysis import ANALYZER_VERSION, terms
from treatment_search.chunking import CHUNKER_VERSION
from treatment_search.dense import DenseIndex
from treatment_search.encoder import Encoder, Vectors
from treatment_search.errors import IndexDamaged
from treatment_search.generations import Generation, Manifest
from treatment_search.lexical import KeywordIndex
from treatment_search.offtopic import (
    floor_of,
    not_covered,
    off_topic_digest,
    off_topic_questions,
)
from treatment_search.questions import parse_question
from treatment_search.reading import READER_VERSION
from treatment_search.retrieval import OpenGeneration
from treatment_search.store import PassageStore, StoredArticle


class IngestProgress(Protocol):
    """Is told what an ingest is doing."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins."""
        ...

    def advance(self, count: int) -> None:
        """`count` more steps of the stage are done."""
        ...


class Silence:
    """Progress that nobody watches."""

    def start(self, stage: str, total: int) -> None:
        """Say nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""


class KnownVectors:
    """Vectors of an earlier generation by the text they were made from."""

    def __init__(self, texts: Iterable[str] = (), index: DenseIndex | None = None) -> None:
        self._rows = {_key(text): row for row, text in enumerate(texts)}
        self._index = index

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Return the texts without a known vector, each once, in order."""
        return [text for text in dict.fromkeys(texts) if _key(text) not in self._rows]

    def complete(self, texts: Sequence[str], fresh: Vectors, dimensions: int) -> Vectors:
        """Return one vector a text, in order; `fresh` holds those of `missing(texts)`."""
        vectors = np.empty((len(texts), dimensions), np.float32)
        fresh_rows = {text: row for row, text in enumerate(self.missing(texts))}
        new = [i for i, text in enumerate(texts) if text in fresh_rows]
        known = [i for i, text in enumerate(texts) if text not in fresh_rows]
        if new:
            vectors[new] = fresh[[fresh_rows[texts[i]] for i in new]]
        if known and self._index:
            vectors[known] = self._index.vectors([self._rows[_key(texts[i])] for i in known])
        return vectors


def _key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def assemble(
    index: Path,
    articles: Sequence[StoredArticle],
    encoder: Encoder,
    *,
    passages_known: KnownVectors,
    headings_known: KnownVectors,
    off_topic_known: KnownVectors,
    dimensions: int | None,
    previous: str | None,
    changes: dict[str, int],
    progress: IngestProgress,
) -> Generation:
    """Embed what is new, write a generation aside, check it, and make it live.

    `dimensions` is needed only when nothing is left to embed and nothing is known.
    The caller holds the lock of `index`.
    """
    passages = [passage for stored in articles for passage in stored.passages]
    texts = [passage.embedded_text for passage in passages]
    contexts = {name: row for row, name in enumerate(dict.fromkeys(p.context for p in passages))}
    fresh = _embed(passages_known.missing(texts), encoder, "embedding passages", progress)
    fresh_headings = _embed(
        headings_known.missing(list(contexts)), encoder, "embedding headings", progress
    )
    width = next((v.shape[1] for v in (fresh, fresh_headings) if v is not None), dimensions or 0)
    empty = np.empty((0, width), np.float32)
    vectors = passages_known.complete(texts, empty if fresh is None else fresh, width)
    heading_vectors = headings_known.complete(
        list(contexts), empty if fresh_headings is None else fresh_headings, width
    )

    off_topic = _off_topic_vectors(off_topic_known, encoder, width, progress) if passages else empty

    progress.start("writing the index", len(passages))
    staging = generations.stage(index)
    DenseIndex.build(vectors).save(staging / generations.DENSE)
    DenseIndex.build(heading_vectors).save(staging / generations.HEADINGS)
    PassageStore.build(staging / generations.PASSAGES, articles, contexts)
    heading_terms = {context: terms(context) for context in contexts}
    KeywordIndex.build(
        staging / generations.KEYWORD,
        ((terms(text), heading_terms[p.context]) for text, p in zip(texts, passages, strict=True)),
    )
    KeywordIndex.build(
        staging / generations.ARTICLES,
        ((_article_terms(stored), terms(stored.article.title)) for stored in articles),
    )
    DenseIndex.build(off_topic).save(staging / generations.OFF_TOPIC)
    _check(staging, len(passages), len(contexts), len(articles))
    progress.advance(len(passages))
    manifest = Manifest(
        created=datetime.now(UTC).isoformat(),
        previous=previous,
        model=encoder.identity,
        dimensions=width,
        reader_version=READER_VERSION,
        chunker_version=CHUNKER_VERSION,
        analyzer_version=ANALYZER_VERSION,
        articles=len(articles),
        passages=len(passages),
        changes=changes,
        off_topic_digest=off_topic_digest(),
        off_topic=[],
        floor=None,
        files={},
    )
    manifest = _calibrated(manifest, staging, off_topic)
    return generations.publish(index, staging, manifest)


def _embed(
    texts: Sequence[str], encoder: Encoder, stage: str, progress: IngestProgress
) -> Vectors | None:
    """Return vectors, or None for no texts: the model is then not even loaded."""
    if not texts:
        return None
    progress.start(stage, len(texts))
    return encoder.encode_passages(texts, progress.advance)


def _off_topic_vectors(
    known: KnownVectors, encoder: Encoder, width: int, progress: IngestProgress
) -> Vectors:
    questions = off_topic_questions()
    missing = known.missing(questions)
    progress.start("embedding off-topic questions", len(missing))
    fresh = np.empty((len(missing), width), np.float32)
    for row, question in enumerate(missing):
        fresh[row] = encoder.encode_question(question)
        progress.advance(1)
    return known.complete(questions, fresh, width)


def _calibrated(manifest: Manifest, staging: Path, vectors: Vectors) -> Manifest:
    """Return the manifest with what tells this collection's questions from others."""
    opened = OpenGeneration.of(Generation(staging, manifest))
    nearest = [
        max(cosine for found in (opened.dense, opened.headings) for _, cosine in found.search(v, 1))
        for v in vectors
    ]
    kept = not_covered(nearest, vectors)
    asked = [opened.widened(parse_question(question)) for question in off_topic_questions()]
    # Each question is measured against the others: a new one will not be on the list either.
    coverages = [
        opened.coverage(asked[i], vectors[i], vectors[[j for j in kept if j != i]]) for i in kept
    ]
    opened.store.close()
    return replace(manifest, off_topic=kept, floor=floor_of(coverages))


def _article_terms(stored: StoredArticle) -> list[str]:
    """Return the terms of an article's passages and, once, of its title."""
    texts = [stored.article.title, *(passage.text for passage in stored.passages)]
    return [term for text in texts for term in terms(text)]


def _check(staging: Path, passages: int, contexts: int, articles: int) -> None:
    """Open what was written and count it, before anybody relies on it."""
    store = PassageStore(staging / generations.PASSAGES)
    counted = {
        generations.PASSAGES: (len(store), passages),
        generations.DENSE: (len(DenseIndex.open(staging / generations.DENSE)), passages),
        generations.HEADINGS: (len(DenseIndex.open(staging / generations.HEADINGS)), contexts),
        generations.KEYWORD: (len(KeywordIndex.open(staging / generations.KEYWORD)), passages),
        generations.ARTICLES: (len(KeywordIndex.open(staging / generations.ARTICLES)), articles),
    }
    store.close()
    for name, (found, wanted) in counted.items():
        if found != wanted:
            raise IndexDamaged(
                f"'{staging / name}' holds {found:,} entries right after {wanted:,} were written. "
                "Look at the disk, then run ingest again; the index that was live still is"
            )
