"""What an ingest takes from a damaged index: all that is sound, and only that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search import amending, generations, rows
from treatment_search.engine import Engine
from treatment_search.errors import IndexDamaged
from treatment_search.generations import live_generation
from treatment_search.ingestion import ingest
from treatment_search.records import Mode
from treatment_search.references import role_prototypes

pytestmark = pytest.mark.usefixtures("uncalibrated")

ARTICLES = 30
CHUNK = 8
CHANGED = (20, 21)
SHARED = "rows/000000000008.npy"  # a file of both generations: rows 8 to 15
PROTOTYPES = [text for _, text in role_prototypes()]


class CountingEncoder(ConceptEncoder):
    """Remembers how many texts chunking had it measure: none when no article is cut again."""

    measured = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.measured += len(texts)
        return super().count_tokens(texts)


def text(number: int, edition: int = 0) -> str:
    return f"The needle goes {number} deep{' and in' * edition}."


def embedded_text(number: int, edition: int = 0) -> str:
    return f"Article {number}: {text(number, edition)}"


def write(folder: Path, number: int, edition: int = 0) -> None:
    content = f"# Article {number}\n\n{text(number, edition)}\n"
    (folder / f"{number:02}.md").write_text(content, "utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Articles of a passage and a sentence each; the live generation changed two of them.

    Passages 0 to 29 and headings 0 to 29 were written whole, eight in a file; 30 and 31 are new.
    """
    monkeypatch.setattr(amending, "AMENDED_FROM", 1)
    monkeypatch.setattr(rows, "CHUNK", CHUNK)
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(ARTICLES):
        write(folder, number)
    ingest(folder, tmp_path / "index", ConceptEncoder())
    for number in CHANGED:
        write(folder, number, 1)
    assert ingest(folder, tmp_path / "index", ConceptEncoder()).embedded == len(CHANGED)
    return folder


@pytest.fixture
def index(folder: Path, tmp_path: Path) -> Path:
    return tmp_path / "index"


def spoil(path: Path) -> None:
    """Turn bits where the file stands, so that whatever links to it is spoilt too."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 0xFF]))


def found(index: Path) -> list[tuple[str, str, float]]:
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
    hits = engine.search("a needle", k=50, mode=Mode.DENSE).hits
    return sorted(
        (hit.passage.passage.article_id, hit.passage.passage.text, hit.score) for hit in hits
    )


LOST = [embedded_text(number) for number in range(8, 16)]
LOST_HEADINGS = [f"Article {number}" for number in range(8, 16)]
NEW = [embedded_text(number, 1) for number in CHANGED]


@pytest.mark.parametrize(
    ("spoilt", "passages", "others", "cut_again"),
    [
        ([f"{generations.DENSE}/{SHARED}"], LOST, [], 0),
        ([f"{generations.SENTENCES}/{SHARED}"], LOST, [], 0),
        ([f"{generations.DENSE}/{SHARED}", f"{generations.SENTENCES}/{SHARED}"], LOST, [], 0),
        ([f"{generations.HEADINGS}/{SHARED}"], [], LOST_HEADINGS, 0),
        ([f"{generations.DENSE}/numbers.npy"], [], [], 0),
        ([f"{generations.KEYWORD}/meta.json"], [], [], 0),
        ([f"{generations.REFERENCES}/000000000000.npy"], [], PROTOTYPES, 0),
        # Where the sentences of 20 and 21 begin the generation before does not know.
        ([f"{generations.SENTENCES}/starts.npy"], NEW, [], 0),
        # The generation before knows the others.
        ([generations.PASSAGES], NEW, [], 2),
        ([generations.MANIFEST], NEW, [], 2),
        ([generations.PASSAGES, f"{generations.DENSE}/{SHARED}"], [*LOST, *NEW], [], 2),
    ],
)
def test_what_is_lost_and_nothing_else_is_embedded_again(
    folder: Path,
    index: Path,
    spoilt: list[str],
    passages: list[str],
    others: list[str],
    cut_again: int,
) -> None:
    before, live = found(index), live_generation(index)
    previous = live.manifest.previous
    for name in spoilt:
        spoil(live.folder / name)
    encoder = CountingEncoder()
    assert ingest(folder, index, encoder, dry_run=True).embedded == len(passages)
    encoder.measured = 0
    report = ingest(folder, index, encoder)
    assert report.rebuilt is not None
    assert any(name in report.rebuilt for name in spoilt)
    assert encoder.encoded == [*passages, *others]
    assert report.embedded == len(passages)
    assert (report.changed, report.unchanged) == (cut_again, ARTICLES - cut_again)
    assert (encoder.measured > 0) == (cut_again > 0)
    assert found(index) == before
    # One may go back to the generation before, unless it shares what is damaged.
    shared = any("0000000" in name for name in spoilt)
    assert live_generation(index).manifest.previous == (None if shared else previous)
    assert live.name not in generations.generation_names(index)
    live_generation(index).check_contents()
    assert ingest(folder, index, encoder).rebuilt is None


def test_a_lost_name_costs_nothing(folder: Path, index: Path) -> None:
    before, live = found(index), live_generation(index)
    (index / generations.CURRENT).unlink()
    encoder = CountingEncoder()
    report = ingest(folder, index, encoder)
    assert generations.CURRENT in str(report.rebuilt)
    assert (encoder.encoded, encoder.measured, report.embedded) == ([], 0, 0)
    assert found(index) == before
    assert live_generation(index).manifest.previous == live.name


def test_with_no_sound_texts_everything_is_embedded_again(folder: Path, index: Path) -> None:
    before = found(index)
    for name in generations.generation_names(index):
        spoil(index / name / generations.PASSAGES)
    report = ingest(folder, index, ConceptEncoder())
    assert (report.added, report.embedded) == (ARTICLES, ARTICLES)
    assert found(index) == before


@pytest.mark.parametrize("other", ["rebuild", "model"])
def test_nothing_is_taken_by_another_model_or_a_rebuild(
    folder: Path, index: Path, other: str
) -> None:
    spoil(live_generation(index).folder / generations.KEYWORD / "meta.json")
    encoder = ConceptEncoder("2" if other == "model" else "1")
    report = ingest(folder, index, encoder, rebuild=other == "rebuild")
    assert report.embedded == ARTICLES
    assert report.unchanged == ARTICLES


def test_a_change_in_the_corpus_is_made_too(folder: Path, index: Path) -> None:
    spoil(live_generation(index).folder / generations.DENSE / SHARED)
    (folder / "09.md").unlink()
    write(folder, 10, 1)
    write(folder, 40)
    encoder = ConceptEncoder()
    report = ingest(folder, index, encoder)
    assert (report.added, report.changed, report.removed) == (1, 1, 1)
    lost = [embedded_text(number) for number in (8, 11, 12, 13, 14, 15)]
    new = [embedded_text(10, 1), embedded_text(40)]
    assert sorted(encoder.encoded) == sorted([*lost, *new, "Article 40"])
    assert report.embedded == len(lost) + len(new)
    names = {name for name, _, _ in found(index)}
    assert names == {f"{number:02}.md" for number in (*range(9), *range(10, ARTICLES), 40)}


def test_while_both_generations_are_damaged_no_other_is_opened(folder: Path, index: Path) -> None:
    spoil(live_generation(index).folder / generations.DENSE / SHARED)
    with pytest.raises(IndexDamaged, match=SHARED):
        found(index)


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_mending_that_is_killed_goes_on_where_it_was(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(live_generation(index).folder / generations.DENSE / SHARED)
    stage: Callable[[Path], Path] = amending.publishing.stage
    monkeypatch.setattr("treatment_search.publishing.stage", killed)
    with pytest.raises(KeyboardInterrupt):
        ingest(folder, index, ConceptEncoder())
    monkeypatch.setattr("treatment_search.publishing.stage", stage)
    encoder = ConceptEncoder()
    report = ingest(folder, index, encoder)
    assert (encoder.encoded, report.embedded) == ([], 0)
    assert SHARED in str(report.rebuilt)
