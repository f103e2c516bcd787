"""All of a generation on a Milvus server, as it was ingested."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from treatment_search.address import ClusterAddress
from treatment_search.cluster import connection
from treatment_search.cluster.layout import (
    ARTICLES,
    HEADINGS,
    PASSAGES,
    REFERENCES,
    array_of,
    unpacked,
)
from treatment_search.cluster.live import ClusterIndex, Meta
from treatment_search.cluster.passages import article_of
from treatment_search.cluster.reading import ClusterSentences, ClusterVectors
from treatment_search.cluster.tables import Tables
from treatment_search.errors import IndexDamaged, IndexProblem
from treatment_search.generations import Manifest
from treatment_search.parts import Passages
from treatment_search.progress import IngestProgress
from treatment_search.records import Passage, StoredArticle
from treatment_search.vectors import SmallVectors, Vectors

# Passages, and articles, that are asked for at once.
_PASSAGES, _ARTICLES = 500, 100


@dataclass(frozen=True, slots=True)
class Fetched:
    """The articles in order of their ids; vectors and sentences have a row, or an array, a passage.

    `headings` are the vectors of the heading paths, by path.
    """

    manifest: Manifest
    articles: list[StoredArticle]
    passages: Vectors
    sentences: list[SmallVectors]
    headings: dict[str, Vectors]
    references: Vectors


def fetch(address: ClusterAddress, progress: IngestProgress) -> Fetched:
    """Return the live generation; raise IndexDamaged when it lacks something."""
    server = connection.Connection(address, connection.WRITING_SECONDS)
    index = ClusterIndex(address, server)
    opened = index.opened()
    names = index.live()
    if names.generation != opened.generation.name:
        raise IndexProblem(f"'{address}' was replaced while it was read. Try again")
    tables, meta = Tables(server, names), index.meta(names)
    dimensions = meta.manifest.dimensions
    progress.start("copying from the server", meta.manifest.passages)
    found = _passages(tables, meta, opened.store, progress)
    articles = _articles(tables, meta, found)
    order = [number for one in articles for number in found.of_article[one.article.article_id]]
    if (len(articles), len(order)) != (meta.manifest.articles, meta.manifest.passages):
        raise IndexDamaged(f"'{address}' lacks articles or passages")
    paths = {found.passage[number].context: found.context[number] for number in order}
    headings = ClusterVectors(tables, HEADINGS, len(paths), dimensions)
    none = np.empty((0, meta.width), np.int8)
    return Fetched(
        meta.manifest,
        articles,
        np.array([found.vector[number] for number in order], np.float32).reshape(-1, dimensions),
        [found.sentences.get(number, none) for number in order],
        dict(zip(paths, headings.vectors(list(paths.values())), strict=True)),
        array_of(tables.part(REFERENCES), np.float32, dimensions),
    )


@dataclass(slots=True)
class _Found:
    """All passages by their numbers, and the numbers of each article's, in reading order."""

    context: dict[int, int] = field(default_factory=dict)
    passage: dict[int, Passage] = field(default_factory=dict)
    vector: dict[int, Vectors] = field(default_factory=dict)
    sentences: dict[int, SmallVectors] = field(default_factory=dict)
    of_article: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def _passages(tables: Tables, meta: Meta, store: Passages, progress: IngestProgress) -> _Found:
    found = _Found()
    rows = tables.all(PASSAGES, ["context"], meta.next_passage)
    found.context = {int(row["number"]): int(row["context"]) for row in rows}
    numbers = list(found.context)
    dense = ClusterVectors(tables, PASSAGES, len(numbers), meta.manifest.dimensions)
    small = ClusterSentences(tables, meta.width)
    for start in range(0, len(numbers), _PASSAGES):
        some = numbers[start : start + _PASSAGES]
        for stored, vector in zip(store.passages(some), dense.vectors(some), strict=True):
            found.passage[stored.number], found.vector[stored.number] = stored.passage, vector
            found.of_article[stored.passage.article_id].append(stored.number)
        found.sentences |= small.rows(some)
        progress.advance(len(some))
    return found


def _articles(tables: Tables, meta: Meta, found: _Found) -> list[StoredArticle]:
    rows = tables.all(ARTICLES, ["article_key"], meta.next_article)
    keys = [str(row["article_key"]) for row in rows]
    articles = []
    for start in range(0, len(keys), _ARTICLES):
        for text in tables.parts(f"a{key}" for key in keys[start : start + _ARTICLES]).values():
            whole = unpacked(text)
            own = found.of_article[str(whole["article_id"])]
            passages = tuple(found.passage[number] for number in own)
            articles.append(StoredArticle(article_of(whole), str(whole["digest"]), passages))
    return sorted(articles, key=lambda one: one.article.article_id)
