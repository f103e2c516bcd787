"""The fixed texts: enough of each kind, nothing twice, and none that measures the result."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import DIMENSIONS, ConceptEncoder
from tests.conftest import ROOT
from treatment_search import generations
from treatment_search.analysis import WORD, folded
from treatment_search.ingestion import ingest
from treatment_search.records import Role
from treatment_search.references import (
    ReferenceVectors,
    calm_signs,
    off_topic_questions,
    reference_count,
    reference_digest,
    role_prototypes,
    urgent_signs,
)
from treatment_search.vectors import Vectors

QUALITY = ROOT / "benchmarks" / "quality"
PROTOTYPES = tuple(text for _, text in role_prototypes())


class Counting(ConceptEncoder):
    """Counts the questions it encodes."""

    asked = 0

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        self.asked += len(texts)
        return super().encode_questions(texts)


def words(texts: Iterable[str]) -> list[str]:
    """Return the texts folded, without marks and capitals, so that copies show."""
    return [" ".join(folded(match.group()) for match in WORD.finditer(text)) for text in texts]


def test_there_are_enough_of_each_kind() -> None:
    assert len(off_topic_questions()) >= 300
    assert len(urgent_signs()) >= 150
    assert len(calm_signs()) >= 150
    # Half as many again on one side would move the line between the two.
    assert 2 / 3 < len(urgent_signs()) / len(calm_signs()) < 3 / 2
    of_role = Counter(role for role, _ in role_prototypes())
    assert set(of_role) == set(Role)
    assert min(of_role.values()) >= 5


@pytest.mark.parametrize(
    "texts", [off_topic_questions(), (*urgent_signs(), *calm_signs()), PROTOTYPES]
)
def test_nothing_is_there_twice(texts: tuple[str, ...]) -> None:
    assert [text for text, count in Counter(words(texts)).items() if count > 1] == []
    assert all(text == text.strip() != "" for text in texts)


def test_every_sign_is_urgent_or_calm() -> None:
    lines = (ROOT / "treatment_search" / "data" / "signs.tsv").read_text("utf-8").splitlines()
    signs = [line for line in lines if line and not line.startswith("#")]
    assert len(signs) == len(urgent_signs()) + len(calm_signs())


# What measures must not be what is learnt from


def test_the_questions_that_measure_urgency_are_not_among_the_signs() -> None:
    rows = csv.reader(
        (QUALITY / "urgent.tsv").read_text("utf-8").splitlines(),
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
    )
    measuring = [row[1] for row in rows if row and not row[0].startswith("#")]
    assert len(measuring) >= 200
    assert set(words(measuring)).isdisjoint(words((*urgent_signs(), *calm_signs())))


def test_the_questions_that_measure_refusal_are_not_on_the_list() -> None:
    measuring = (QUALITY / "offtopic.txt").read_text("utf-8").splitlines()
    assert len(measuring) >= 100
    assert set(words(measuring)).isdisjoint(words(off_topic_questions()))


# Their vectors


def test_vectors_are_cut_up_by_what_the_texts_are() -> None:
    rows = np.zeros((reference_count(), 2), np.float32)
    rows[:, 0] = np.arange(reference_count())
    found = ReferenceVectors(rows)
    parts = (found.off_topic, found.urgent, found.calm, found.roles)
    counts = list(map(len, (off_topic_questions(), urgent_signs(), calm_signs(), PROTOTYPES)))
    assert list(map(len, parts)) == counts
    # In this order, one after the other, none left over.
    assert np.concatenate(parts)[:, 0].tolist() == list(range(reference_count()))


def test_without_articles_there_are_no_reference_vectors() -> None:
    found = ReferenceVectors(np.empty((0, 5), np.float32))
    parts = (found.off_topic, found.urgent, found.calm, found.roles)
    assert [part.shape for part in parts] == [(0, 5)] * 4


def test_prototypes_are_read_as_passages_and_all_others_as_questions() -> None:
    encoder = Counting()
    rows = ReferenceVectors.encoded(encoder)
    assert rows.shape == (reference_count(), DIMENSIONS)
    assert encoder.encoded == list(PROTOTYPES)
    assert encoder.asked == reference_count() - len(PROTOTYPES)
    found = ReferenceVectors(rows)
    assert found.urgent.tolist() == encoder.encode_questions(urgent_signs()).tolist()
    assert found.roles.tolist() == encoder.encode_texts(PROTOTYPES).tolist()


def test_they_are_embedded_once_for_a_model(
    corpus: Path, index: Path, write: Callable[[str, str], Path]
) -> None:
    encoder = Counting()
    ingest(corpus, index, encoder)
    assert encoder.asked == reference_count() - len(PROTOTYPES)
    encoder.asked = 0
    encoder.encoded.clear()
    write("new.md", "# Ice\n\nIce numbs the heel.\n")
    ingest(corpus, index, encoder)
    assert encoder.asked == 0
    assert encoder.encoded == ["Ice: Ice numbs the heel.", "Ice"]
    manifest = generations.live_generation(index).manifest
    assert manifest.reference_digest == reference_digest()


def test_other_texts_are_embedded_though_no_article_changed(
    corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A new version brings other texts. The rows of the old ones would be cut up wrongly.
    encoder = Counting()
    ingest(corpus, index, encoder)
    for module in ("lookback", "assembly"):
        monkeypatch.setattr(f"treatment_search.{module}.reference_digest", lambda: "other texts")
    encoder.asked = 0
    report = ingest(corpus, index, encoder)
    assert report.embedded == 0
    assert encoder.asked == reference_count() - len(PROTOTYPES)
    assert generations.live_generation(index).manifest.reference_digest == "other texts"
