"""What an index holds: its passages, and the questions that benchmarks ask."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measuring import QUESTIONS
from benchmarks.quality.judged import read_questions
from benchmarks.scale.synthetic import Material
from treatment_search import Encoder, Engine, ingest
from treatment_search.generations import PASSAGES, live_generation
from treatment_search.records import StoredPassage
from treatment_search.store import PassageStore


def passages_of(index: Path) -> list[StoredPassage]:
    """Return every passage of the live generation, in order."""
    store = PassageStore(live_generation(index).folder / PASSAGES)
    return store.passages(range(len(store)))


def place(stored: StoredPassage) -> str:
    """Return what names a passage: its article, and where in it."""
    return f"{stored.passage.article_id}@{stored.passage.start}"


def typed_questions(count: int | None = None) -> list[str]:
    """Return the project's judged questions as people typed them, the first `count` of them."""
    return [question.text for question in read_questions(QUESTIONS)][:count]


def starter_material(corpus: Path, index: Path, encoder: Encoder) -> Material:
    """Ingest the starter articles into `index` and return what collections are made of."""
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    names = sorted(path.relative_to(corpus).as_posix() for path in corpus.rglob("*.md"))
    return Material.of(article for name in names if (article := engine.article(name)))
