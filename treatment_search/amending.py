"""A generation and some changes -> the next generation, at the cost of the changes.

Most files of the next one are links to those of the one before; what is gone leaves its passage
numbers unused. A collection that has grown or lost much since it was written whole is written
whole again (assembly.py): its words would be counted, and its vectors listed, ever less well.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from treatment_search import generations, publishing
from treatment_search.analysis import article_terms, terms
from treatment_search.assembly import addition_of, checked
from treatment_search.calibration import calibrated
from treatment_search.dense import DenseIndex
from treatment_search.embedding import AllVectors, embed
from treatment_search.encoder import Encoder
from treatment_search.generations import Generation
from treatment_search.known import Known
from treatment_search.lexical import KeywordIndex
from treatment_search.progress import IngestProgress
from treatment_search.records import StoredArticle
from treatment_search.references import ReferenceVectors
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.store import Addition, Leaving, PassageStore
from treatment_search.store import amend as amend_store

# A smaller collection is written whole in the time that a person waits anyway.
AMENDED_FROM = 20_000
# The share of passages that may have come or gone since a collection was written whole, ...
MOST_CHANGED = 0.25
# ... and since what tells its questions from others was found.
MOST_UNCALIBRATED = 0.05


def can_amend(generation: Generation, store: PassageStore, leaving: Leaving, added: int) -> bool:
    """Return whether so little comes and goes that a generation is better amended."""
    whole = generation.manifest.whole
    changed = store.holes + len(leaving.passages) + max(0, len(store) + store.holes + added - whole)
    return len(store) >= AMENDED_FROM and changed <= MOST_CHANGED * whole


def amend(
    index: Path,
    generation: Generation,
    store: PassageStore,
    leaving: Leaving,
    articles: Sequence[StoredArticle],
    encoder: Encoder,
    known: Known,
    *,
    changes: dict[str, int],
    progress: IngestProgress,
) -> Generation:
    """Make a generation live that is this one without what is leaving, and with other articles.

    `store` is that of `generation`. The caller holds the lock of `index`.
    """
    passages = [passage for stored in articles for passage in stored.passages]
    headings = list(dict.fromkeys(passage.context for passage in passages))
    there = store.contexts_with(headings)
    new = [heading for heading in headings if heading not in there]
    dimensions = generation.manifest.dimensions
    vectors = embed(passages, new, encoder, known, dimensions, progress)
    removed = list(store.stored_articles(leaving.names))

    progress.start("writing the index", len(passages))
    staging = publishing.stage(index)
    publishing.carry_over(generation, staging)
    first = DenseIndex.open(staging / generations.HEADINGS).next_number
    contexts = {heading: row for row, heading in enumerate(new, first)}
    references = ReferenceVectors(vectors.references)
    addition = addition_of(articles, contexts, vectors, references)
    # A heading path that loses its last passage and gets another in one ingest stays.
    lost = sorted(set(leaving.contexts) - set(there.values()))
    _amend_vectors(staging, leaving.passages, lost, vectors)
    first_passage = len(store) + store.holes
    _amend_words(staging, leaving, addition, store.next_article, first_passage)
    passages_file = staging / generations.PASSAGES
    passages_file.unlink()  # it may be a link to the file of the published generation
    shutil.copyfile(generation.folder / generations.PASSAGES, passages_file)
    amend_store(passages_file, removed, addition)
    before = generation.manifest
    moved = len(leaving.passages) + len(passages)
    manifest = replace(
        before,
        created=datetime.now(UTC).isoformat(),
        previous=generation.name,
        articles=before.articles - len(removed) + len(articles),
        passages=before.passages - len(leaving.passages) + len(passages),
        changes=changes,
        calibrated=before.calibrated + moved,
        files={},
    )
    manifest = checked(manifest, staging)
    progress.advance(len(passages))
    if manifest.calibrated > MOST_UNCALIBRATED * manifest.passages:
        manifest = calibrated(replace(manifest, calibrated=0), staging)
    return publishing.publish(index, staging, manifest, generation)


def _amend_vectors(
    staging: Path, passages: Sequence[int], contexts: Sequence[int], vectors: AllVectors
) -> None:
    DenseIndex.amend(staging / generations.DENSE, passages, vectors.passages)
    DenseIndex.amend(staging / generations.HEADINGS, contexts, vectors.headings)
    SentenceVectors.amend(staging / generations.SENTENCES, vectors.sentences)


def _amend_words(
    staging: Path,
    leaving: Leaving,
    addition: Addition,
    first_article: int,
    first_passage: int,
) -> None:
    KeywordIndex.amend(
        staging / generations.KEYWORD,
        leaving.passages,
        (
            (number, terms(p.embedded_text), terms(p.context))
            for number, p in enumerate(addition.passages, first_passage)
        ),
    )
    KeywordIndex.amend(
        staging / generations.ARTICLES,
        leaving.articles,
        (
            (number, article_terms(stored), terms(stored.article.title))
            for number, stored in enumerate(addition.articles, first_article)
        ),
    )
