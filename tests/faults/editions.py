"""A corpus in editions that can be told apart in every file of an index, and who checks them."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.concepts import ConceptEncoder, concept_vector
from treatment_search import amending, generations
from treatment_search.engine import Engine
from treatment_search.history import HISTORY, UNREAD
from treatment_search.ingestion import ingest
from treatment_search.records import IngestReport, Mode
from treatment_search.seen import SEEN

FAULTS = int(os.environ.get("TREATMENT_SEARCH_FAULTS", "100"))
"""Moments at which an ingest is killed, half of them while it amends; `make faults` takes 1,000."""

QUESTION = "a needle in the morning"
STAYING = "staying.md"
"""The article that every edition has: its vectors stand in a file that generations share."""


@dataclass(frozen=True)
class Folders:
    corpus: Path
    index: Path
    amended: bool = False
    """Whether an ingest amends the generation before, as with a large collection."""

    def write(self, edition: int) -> None:
        """Write an edition: its number of articles, words and vectors are its own."""
        for path in self.corpus.glob("*.md"):
            path.unlink()
        for name, text in texts_of(edition).items():
            (self.corpus / name).write_text(f"# Article\n\n{text}\n", "utf-8")

    def ingest(self, pause: float = 0.0) -> IngestReport:
        """Ingest with the tests' model, left uncalibrated: that takes most of the time."""
        with ExitStack() as stack:
            for module in ("assembly", "amending"):
                name = f"treatment_search.{module}.calibrated"
                stack.enter_context(patch(name, lambda manifest, _: manifest))
            if self.amended:
                stack.enter_context(patch.object(amending, "AMENDED_FROM", 1))
                # An edition changes nearly all: after some it is written whole once.
                stack.enter_context(patch.object(amending, "MOST_CHANGED", 12.0))
            return ingest(self.corpus, self.index, ConceptEncoder(pause=pause), allow_removal=True)

    def engine(self) -> Engine:
        return Engine(self.index, encoder_for=lambda _: ConceptEncoder())


def texts_of(edition: int) -> dict[str, str]:
    mornings = "In the morning. " * (1 + edition % 5)
    return {STAYING: "The needle stays as it is."} | {
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
    by_word_found = {hit.passage.passage.article_id for hit in by_word.hits}
    assert by_word_found == found.keys() - {STAYING}
    assert by_word.generation == result.generation
    return edition


def assert_clean(index: Path) -> None:
    """Fail when an ingest left anything beside its generations."""
    staying = {generations.CURRENT, "ingest.lock", HISTORY, UNREAD, SEEN}
    left = {path.name for path in index.iterdir()} - staying
    live = generations.live_generation(index)
    assert left <= {live.name, live.manifest.previous}


def assert_sound(index: Path) -> None:
    """Fail when a byte changed of the generation that answers, or of the one to go back to."""
    live = generations.live_generation(index)
    live.check_contents()
    previous = live.manifest.previous
    if previous in generations.generation_names(index):  # there is none behind a rollback
        generations.open_generation(index, previous).check_contents()
