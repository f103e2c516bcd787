"""Articles with their passages -> the files of a generation, vectors carried over where known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from treatment_search import generations, publishing
from treatment_search.analysis import ANALYZER_VERSION, article_terms, terms
from treatment_search.bands import BandLimits
from treatment_search.calibration import calibrated
from treatment_search.chunking import CHUNKER_VERSION
from treatment_search.dense import DenseIndex
from treatment_search.embedding import AllVectors, embed
from treatment_search.encoder import Encoder
from treatment_search.errors import IndexProblem
from treatment_search.generations import Generation, Manifest
from treatment_search.known import Known
from treatment_search.lexical import KeywordIndex
from treatment_search.progress import IngestProgress
from treatment_search.reading import READER_VERSION
from treatment_search.records import DenseRecord, StoredArticle
from treatment_search.references import ReferenceVectors, reference_digest
from treatment_search.roles import ROLES_VERSION, aside_passages, help_passages, passage_roles
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.store import Addition, PassageStore
from treatment_search.store import build as build_store


def assemble(
    index: Path,
    articles: Sequence[StoredArticle],
    encoder: Encoder,
    known: Known,
    *,
    dimensions: int | None = None,
    previous: str | None = None,
    changes: dict[str, int],
    progress: IngestProgress,
) -> Generation:
    """Embed what is new, write a generation aside, check it, and make it live.

    `dimensions` is needed only when nothing is left to embed and nothing is known.
    The caller holds the lock of `index`.
    """
    passages = [passage for stored in articles for passage in stored.passages]
    contexts = {name: row for row, name in enumerate(dict.fromkeys(p.context for p in passages))}
    vectors = embed(passages, list(contexts), encoder, known, dimensions or 0, progress)
    references = ReferenceVectors(vectors.references)
    addition = addition_of(articles, contexts, vectors, references)

    progress.start("writing the index", len(passages))
    staging = publishing.stage(index)
    vectors.save(staging)
    build_store(staging / generations.PASSAGES, addition)
    write_words(staging, addition)
    manifest = Manifest(
        created=datetime.now(UTC).isoformat(),
        previous=previous,
        model=encoder.identity,
        dimensions=vectors.passages.shape[1],
        reader_version=READER_VERSION,
        chunker_version=CHUNKER_VERSION,
        analyzer_version=ANALYZER_VERSION,
        roles_version=ROLES_VERSION,
        articles=len(articles),
        passages=len(passages),
        changes=changes,
        reference_digest=reference_digest(),
        off_topic=[],
        floor=None,
        bands=BandLimits(),
        whole=len(passages),
        calibrated=0,
        dense=DenseRecord(),
        files={},
    )
    manifest = checked(manifest, staging)
    progress.advance(len(passages))
    return publishing.publish(index, staging, calibrated(manifest, staging))


def addition_of(
    articles: Sequence[StoredArticle],
    contexts: Mapping[str, int],
    vectors: AllVectors,
    references: ReferenceVectors,
) -> Addition:
    """Return articles with what is found out about their passages, whose vectors these are.

    `contexts` are the row numbers of the heading paths that are new.
    """
    passages = [passage for stored in articles for passage in stored.passages]
    roles = passage_roles(passages, vectors.sentences, references)
    help_roles = help_passages(passages, roles, vectors.sentences, references)
    return Addition(articles, roles, help_roles, aside_passages(passages), contexts)


def write_words(staging: Path, addition: Addition) -> None:
    """Write the words of passages and of whole articles, both numbered from 0."""
    heading_terms = {context: terms(context) for context in addition.contexts}
    KeywordIndex.build(
        staging / generations.KEYWORD,
        ((terms(p.embedded_text), heading_terms[p.context]) for p in addition.passages),
    )
    KeywordIndex.build(
        staging / generations.ARTICLES,
        ((article_terms(one), terms(one.article.title)) for one in addition.articles),
    )


def checked(manifest: Manifest, staging: Path) -> Manifest:
    """Open what was written and count it, before anybody relies on it.

    Return the manifest with how the vectors are found.
    """
    dense = DenseIndex.open(staging / generations.DENSE)
    store = PassageStore(staging / generations.PASSAGES)
    numbers, contexts = len(store) + store.holes, len(store.context_texts())
    passages, articles = manifest.passages, manifest.articles
    counted = {
        generations.PASSAGES: (len(store), passages),
        generations.DENSE: (len(dense), passages),
        generations.SENTENCES: (
            len(SentenceVectors.open(staging / generations.SENTENCES)),
            numbers,
        ),
        generations.HEADINGS: (len(DenseIndex.open(staging / generations.HEADINGS)), contexts),
        generations.KEYWORD: (len(KeywordIndex.open(staging / generations.KEYWORD)), passages),
        generations.ARTICLES: (len(KeywordIndex.open(staging / generations.ARTICLES)), articles),
    }
    store.close()
    for name, (found, wanted) in counted.items():
        if found != wanted:
            raise IndexProblem(
                f"'{staging / name}' holds {found:,} entries right after {wanted:,} were written. "
                "Look at the disk, then run ingest again; the index that was live still is"
            )
    return replace(manifest, dense=dense.record)
