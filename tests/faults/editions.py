"""A corpus in editions that can be told apart in every file of an index, and who checks them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.concepts import ConceptEncoder, concept_vector
from treatment_search import generations
from treatment_search.engine import Engine
from treatment_search.history import HISTORY, UNREAD
from treatment_search.ingestion import ingest
from treatment_search.records import IngestReport, Mode
from treatment_search.seen import SEEN

FAULTS = int(os.environ.get("TREATMENT_SEARCH_FAULTS", "100"))
"""Moments at which an ingest is killed; `make faults` takes 1,000."""

QUESTION = "a needle in the morning"


@dataclass(frozen=True)
class Folders:
    corpus: Path
    index: Path

    def write(self, edition: int) -> None:
        """Write an edition: its number of articles, words and vectors are its own."""
        for path in self.corpus.glob("*.md"):
            path.unlink()
        for name, text in texts_of(edition).items():
            (self.corpus / name).write_text(f"# Article\n\n{text}\n", "utf-8")

    def ingest(self, pause: float = 0.0) -> IngestReport:
        """Ingest with the tests' model, left uncalibrated: that takes most of the time."""
        with patch("treatment_search.assembly.calibrated", lambda manifest, _: manifest):
            return ingest(self.corpus, self.index, ConceptEncoder(pause=pause), allow_removal=True)

    def engine(self) -> Engine:
        return Engine(self.index, encoder_for=lambda _: ConceptEncoder())


def texts_of(edition: int) -> dict[str, str]:
    mornings = "In the morning. " * (1 + edition % 5)
    return {
        f"{number}.md": f"The needle of edition{edition} goes {number} deep. {mornings}".strip()
        for number in range(4 + edition % 3)
    }


def answered(engine: Engine, *, damaged: bool = False) -> int:
    """Return the edition that answers, every text, word and vector of it; fail for a mixture."""
    result = engine.search(QUESTION, k=50, mode=Mode.DENSE)
    assert (result.warning is not None) == damaged, result.warning
    found = {hit.passage.passage.article_id: hit.passage.passage for hit in result.hits}
    edition = int(found["0.md"].text.split("edition")[1].split()[0])
    assert {name: passage.text for name, passage in found.items()} == texts_of(edition)
    asked = concept_vector(QUESTION)
    for hit in result.hits:
        vector = concept_vector(hit.passage.passage.embedded_text)
        assert hit.dense == pytest.approx(float(vector @ asked), abs=1e-5)
    by_word = engine.search(f"edition{edition}", k=50, mode=Mode.KEYWORD)
    assert {hit.passage.passage.article_id for hit in by_word.hits} == found.keys()
    assert by_word.generation == result.generation
    return edition


def assert_clean(index: Path) -> None:
    """Fail when an ingest left anything beside its generations."""
    staying = {generations.CURRENT, "ingest.lock", HISTORY, UNREAD, SEEN}
    left = {path.name for path in index.iterdir()} - staying
    assert left == set(generations.generation_names(index))
