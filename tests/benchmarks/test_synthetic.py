from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.passages import passages_of, starter_material
from benchmarks.scale.child import StageClock
from benchmarks.scale.synthetic import TOLD_BY, ComposedEncoder, Material, write_collection
from tests.concepts import ConceptEncoder
from treatment_search import Engine, ingest


@pytest.fixture
def material(corpus: Path, tmp_path: Path, encoder: ConceptEncoder) -> Material:
    return starter_material(corpus, tmp_path / "starter", encoder)


def test_an_article_depends_on_its_number_and_the_seed_alone(material: Material) -> None:
    assert material.markdown(5) == material.markdown(5)
    assert len({material.markdown(n) for n in range(50)}) == 50
    assert material.markdown(5, seed=1) != material.markdown(5)


def test_made_articles_have_real_sentences_under_real_headings(material: Material) -> None:
    made = material.markdown(0)
    assert f"Dry needling for heel spur{TOLD_BY}" in made
    assert "## Who should not\n\nPeople who take blood thinners ask a doctor" in made


def test_vectors_are_made_of_those_of_the_sentences_and_the_headings(
    material: Material, encoder: ConceptEncoder
) -> None:
    composed = ComposedEncoder(encoder, material)
    text = "Gout: Hold each stretch for thirty seconds. See a doctor when it stays."
    spans = [(6, 43), (44, 71)]
    (vector,), (small,) = composed.encode_passages([text], [spans])
    # The headings name no concept (last axis), the first sentence stretching, the second a doctor.
    expected = np.zeros(8, np.float32)
    expected[7], expected[2], expected[5] = 4, 37, 27
    cosine = float(vector @ expected / np.linalg.norm(expected))
    assert cosine == pytest.approx(1.0, abs=0.01)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert small.argmax(axis=1).tolist() == [2, 5]
    assert small.max() == 127


def test_two_tellers_have_vectors_near_each_other_and_not_the_same(
    material: Material, encoder: ConceptEncoder
) -> None:
    composed = ComposedEncoder(encoder, material)
    first, second = composed.encode_texts([f"Jab{TOLD_BY}Ulros", f"Jab{TOLD_BY}Denfer"])
    assert 0.98 < float(first @ second) < 0.99999


def test_a_made_collection_goes_through_the_products_own_ingest(
    material: Material, encoder: ConceptEncoder, tmp_path: Path
) -> None:
    count = write_collection(material, tmp_path / "made", 55)
    assert count == 5
    clock = StageClock()
    composed = ComposedEncoder(encoder, material)
    report = ingest(tmp_path / "made", tmp_path / "index", composed, progress=clock)
    assert report.articles == 5
    assert report.skipped == ()
    assert len(passages_of(tmp_path / "index")) == report.passages
    assert all(seconds >= 0 for seconds in clock.seconds().values())
    found = Engine(tmp_path / "index", encoder_for=lambda _: encoder).search("stretch the calf")
    assert found.hits
