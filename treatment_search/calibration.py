"""What a generation must know about itself to say how sure it is; found once, at ingest."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from treatment_search import generations
from treatment_search.analysis import terms
from treatment_search.bands import limits_of
from treatment_search.generations import Generation, Manifest
from treatment_search.offtopic import floor_of, not_covered
from treatment_search.questions import Question, parse_question
from treatment_search.records import Mode
from treatment_search.references import off_topic_questions
from treatment_search.retrieval import OpenGeneration
from treatment_search.store import PassageStore
from treatment_search.vectors import Vectors

# So many off-topic questions, and so many headings, are ranked to find the bands.
_RANKED = 90
_HEADINGS = 30


def calibrated(manifest: Manifest, staging: Path) -> Manifest:
    """Return the manifest with what tells this collection's questions from others."""
    if not manifest.passages:
        return manifest
    opened = OpenGeneration.of(Generation(staging, manifest))
    vectors = opened.references.off_topic
    nearest = [
        max(cosine for found in (opened.dense, opened.headings) for _, cosine in found.search(v, 1))
        for v in vectors
    ]
    kept = not_covered(nearest, vectors)
    asked = {i: _asked(opened, off_topic_questions()[i]) for i in kept}
    # Each question is measured against the others: a new one will not be on the list either.
    others = {i: vectors[[j for j in kept if j != i]] for i in kept}
    coverages = [opened.coverage(asked[i], vectors[i], others[i]) for i in kept]
    every = max(1, len(kept) // _RANKED)
    wrong = [_best(opened, asked[i], vectors[i], others[i]) for i in kept[::every]]
    limits = limits_of(wrong, _headings(opened, staging, vectors[kept]))
    opened.store.close()
    return replace(manifest, off_topic=kept, floor=floor_of(coverages), bands=limits)


def _asked(opened: OpenGeneration, text: str) -> Question:
    return opened.reader.widened(parse_question(text))


def _headings(opened: OpenGeneration, staging: Path, off_topic: Vectors) -> list[float]:
    """Return how sure the best match of some heading paths is, each asked as a question."""
    with closing(PassageStore(staging / generations.PASSAGES)) as store:
        texts = store.context_texts()
    chosen = range(0, len(texts), max(1, len(texts) // _HEADINGS))
    vectors = opened.headings.vectors(chosen)
    return [
        _best(opened, _as_question(texts[row]), vector, off_topic)
        for row, vector in zip(chosen, vectors, strict=True)
    ]


def _as_question(heading: str) -> Question:
    """Return a heading path as a question, even one without a word."""
    return Question(heading, tuple(dict.fromkeys(terms(heading))))


def _best(opened: OpenGeneration, question: Question, vector: Vectors, off_topic: Vectors) -> float:
    best = opened.rank(question, Mode.HYBRID, vector).passages[0]
    (stored,) = opened.store.passages([best.number])
    against = opened.against(vector, off_topic)
    held = frozenset(terms(stored.passage.embedded_text))
    return opened.certainty(question, against, best, held)
