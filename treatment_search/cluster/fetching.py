"""All of a generation on a Milvus server, as it was ingested."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np

from treatment_search.address import ClusterAddress
from treatment_search.cluster import connection
from treatment_search.cluster.layout import ARTICLES, HEADINGS, PASSAGES, REFERENCES, unpacked
from treatment_search.cluster.live import ClusterIndex
from treatment_search.cluster.passages import article_of
from treatment_search.cluster.reading import ClusterSentences, ClusterVectors
from treatment_search.cluster.tables import Tables
from treatment_search.errors import IndexDamaged
from treatment_search.generations import Manifest
from treatment_search.progress import IngestProgress
from treatment_search.records import StoredArticle
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
    tables, meta = Tables(server, names), index.meta(names)
    dimensions = meta.manifest.dimensions
    progress.start("copying from the server", meta.manifest.passages)
    keys = [
        str(row["article_key"]) for row in tables.all(ARTICLES, ["article_key"], meta.next_article)
    ]
    wholes = []
    for start in range(0, len(keys), _ARTICLES):
        found = tables.parts(f"a{key}" for key in keys[start : start + _ARTICLES])
        wholes += [unpacked(text) for text in found.values()]
    wholes.sort(key=lambda whole: str(whole["article_id"]))
    numbers, contexts = [], {}
    for row in tables.all(PASSAGES, ["context"], meta.next_passage):
        numbers.append(int(row["number"]))
        contexts[int(row["number"])] = int(row["context"])
    dense = ClusterVectors(tables, PASSAGES, len(numbers), dimensions)
    small = ClusterSentences(tables, meta.width)
    of_article: dict[str, list[int]] = {}
    passage, vectors = {}, {}
    sentences: dict[int, SmallVectors] = {}
    for start in range(0, len(numbers), _PASSAGES):
        some = numbers[start : start + _PASSAGES]
        for stored, vector in zip(opened.store.passages(some), dense.vectors(some), strict=True):
            passage[stored.number], vectors[stored.number] = stored.passage, vector
            of_article.setdefault(stored.passage.article_id, []).append(stored.number)
        sentences |= small.rows(some)
        progress.advance(len(some))
    if (len(wholes), len(numbers)) != (meta.manifest.articles, meta.manifest.passages):
        raise IndexDamaged(f"'{address}' lacks articles or passages")
    articles = [
        StoredArticle(
            article_of(whole),
            str(whole["digest"]),
            tuple(passage[number] for number in of_article.get(whole["article_id"], ())),
        )
        for whole in wholes
    ]
    order = [n for whole in wholes for n in of_article.get(whole["article_id"], ())]
    paths = {passage[number].context: contexts[number] for number in order}
    heading = ClusterVectors(tables, HEADINGS, len(paths), dimensions).vectors(list(paths.values()))
    none = np.empty((0, meta.width), np.int8)
    references = np.frombuffer(base64.b64decode(tables.part(REFERENCES)), np.float32)
    return Fetched(
        meta.manifest,
        articles,
        np.array([vectors[number] for number in order], np.float32).reshape(-1, dimensions),
        [sentences.get(number, none) for number in order],
        dict(zip(paths, heading, strict=True)),
        references.reshape(-1, max(1, dimensions)),
    )
