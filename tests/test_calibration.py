"""What a generation finds out about itself at ingest, worked out again from its own files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import ConceptEncoder, concept_vector
from treatment_search import generations
from treatment_search.bands import BandLimits
from treatment_search.calibration import calibrated
from treatment_search.engine import Engine
from treatment_search.generations import Generation, Manifest
from treatment_search.ingestion import ingest
from treatment_search.offtopic import floor_of
from treatment_search.questions import parse_question
from treatment_search.records import Band, Mode
from treatment_search.references import off_topic_questions
from treatment_search.retrieval import OpenGeneration
from treatment_search.vectors import Vectors

Write = Callable[[str, str], Path]


@pytest.fixture
def opened(engine: Engine, index: Path) -> OpenGeneration:
    assert engine.manifest.passages == 5
    return OpenGeneration.of(generations.live_generation(index))


def assert_lies_at(share: float, limit: float | None, values: list[float]) -> None:
    """Such a share of the values lies below the limit, or on it: the fake model has ties."""
    assert limit is not None
    assert np.mean(np.array(values) < limit) <= share <= np.mean(np.array(values) <= limit)


def test_the_floor_refuses_its_share_of_the_questions_each_against_the_others(
    opened: OpenGeneration,
) -> None:
    manifest = opened.generation.manifest
    vectors = opened.references.off_topic
    coverages = []
    for one in manifest.off_topic:
        question = opened.reader.widened(parse_question(off_topic_questions()[one]))
        others = vectors[[other for other in manifest.off_topic if other != one]]
        coverages.append(opened.coverage(question, vectors[one], others))
    assert manifest.floor == floor_of(coverages)
    assert_lies_at(0.96, manifest.floor, coverages)


def test_the_questions_kept_are_rows_of_the_list_in_order(opened: OpenGeneration) -> None:
    kept = opened.generation.manifest.off_topic
    assert kept == sorted(set(kept))
    assert set(kept) <= set(range(len(off_topic_questions())))
    assert len(kept) > len(off_topic_questions()) / 2


def test_a_question_of_the_list_that_an_article_answers_is_taken_out(
    corpus: Path, index: Path, write: Write
) -> None:
    asked = off_topic_questions()[0]

    class Bread(ConceptEncoder):
        """Gives one question of the list an axis of its own, and the article that answers it."""

        def vector(self, text: str) -> Vectors:
            if asked in text:
                return np.append(np.zeros(8, np.float32), np.float32(1.0))
            return np.append(concept_vector(text), np.float32(0.0))

    ingest(corpus, index, Bread())
    assert 0 in generations.live_generation(index).manifest.off_topic
    write("new.md", f"# Answers\n\nWe explain: {asked}\n")
    ingest(corpus, index, Bread())
    assert 0 not in generations.live_generation(index).manifest.off_topic


def test_the_bands_lie_where_the_wrong_matches_end(opened: OpenGeneration) -> None:
    manifest = opened.generation.manifest
    vectors = opened.references.off_topic
    sure = []
    for one in manifest.off_topic[:: len(manifest.off_topic) // 90]:
        question = opened.reader.widened(parse_question(off_topic_questions()[one]))
        others = vectors[[other for other in manifest.off_topic if other != one]]
        best = opened.rank(question, Mode.HYBRID, vectors[one]).passages[0]
        (stored,) = opened.store.passages([best.number])
        against = opened.against(vectors[one], others)
        text = stored.passage.embedded_text
        sure.append(opened.certainty(question, against, best, text))
    limits = manifest.bands
    assert_lies_at(0.98, limits.possible, sure)
    assert limits.possible <= limits.strong
    assert Band.STRONG not in limits.bands([np.median(sure)])


def test_calibrating_again_finds_the_same(opened: OpenGeneration) -> None:
    manifest, folder = opened.generation.manifest, opened.generation.folder
    assert calibrated(manifest, folder) == manifest


def test_an_emptied_collection_refuses_nothing_and_has_the_usual_bands(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    for path in corpus.rglob("*.*"):
        path.unlink()
    ingest(corpus, index, encoder, allow_removal=True)
    manifest = generations.live_generation(index).manifest
    assert (manifest.passages, manifest.floor, manifest.bands) == (0, None, BandLimits())


def test_a_collection_knows_its_own_limits_only(
    engine: Engine, index: Path, corpus: Path, encoder: ConceptEncoder, write: Write
) -> None:
    before: Manifest = generations.live_generation(index).manifest
    # An article that has the words and the meaning of many questions of the list.
    write("costs.md", "# Money\n\n" + "\n\n".join(off_topic_questions()[:100]) + "\n")
    ingest(corpus, index, encoder)
    after: Generation = generations.live_generation(index)
    assert (after.manifest.floor, after.manifest.bands) != (before.floor, before.bands)
    assert engine.manifest == after.manifest
