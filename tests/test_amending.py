"""An amended index answers as one written whole, and leaves the one before it as it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.concepts import CONCEPTS, ConceptEncoder
from treatment_search import amending, generations
from treatment_search.amending import MOST_CHANGED
from treatment_search.engine import Engine
from treatment_search.generations import Generation, live_generation
from treatment_search.ingestion import ingest
from treatment_search.records import IngestReport, Mode
from treatment_search.store import PassageStore

Ingest = Callable[[], IngestReport]

PHRASES = [phrase for axis in CONCEPTS for phrase in axis]
FILLER = [
    "slowly",
    "often",
    "lightly",
    "again",
    "daily",
    "gently",
    "rarely",
    "warmly",
    "twice",
    "late",
    "early",
    "long",
]
QUESTIONS = ["needle in the calf", "stretch for a heel spur in the morning", "steroid jab costs"]
ARTICLES = 60


def article(number: int, edition: int = 0) -> str:
    """Return an article of three sections whose words follow from its number and edition."""
    chance = random.Random(f"{number} {edition}")  # noqa: S311
    lines = [f"# Article {number}", ""]
    for section in range(3):
        words = [*chance.choices(PHRASES, k=2), *chance.choices(FILLER, k=4)]
        lines += [f"## Part {section} of {chance.choice(PHRASES)}", "", f"{' '.join(words)}.", ""]
    if number % 5 == 0:
        lines += ["## When to see a doctor", "", "See a doctor when the heel is numb.", ""]
    if number % 4 == 0:
        lines += ["## Bone", "", "It is the heel bone (calcaneus).", ""]
    return "\n".join(lines)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(ARTICLES):
        (folder / f"{number:02}.md").write_text(article(number), "utf-8")
    return folder


@pytest.fixture
def again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ingest:
    """An ingest of the folder that amends whatever the collection's size."""
    monkeypatch.setattr(amending, "AMENDED_FROM", 1)
    monkeypatch.setattr(amending, "MOST_UNCALIBRATED", 0.0)  # found anew, as a whole one does
    index = tmp_path / "index"
    ingest(folder, index, ConceptEncoder())
    return lambda: ingest(folder, index, ConceptEncoder())


def live(tmp_path: Path) -> Generation:
    return live_generation(tmp_path / "index")


def edit(folder: Path) -> None:
    """Change two articles, remove two, add two, move one: 7 of 60."""
    for number in (3, 12):
        (folder / f"{number:02}.md").write_text(article(number, edition=1), "utf-8")
    (folder / "00.md").unlink()
    (folder / "59.md").unlink()
    for number in (70, 71):
        (folder / f"{number:02}.md").write_text(article(number), "utf-8")
    (folder / "20.md").rename(folder / "99.md")


def found(index: Path, mode: Mode) -> list[list[tuple[str, str, float]]]:
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
    return [
        [
            (one.passage.passage.article_id, one.passage.passage.text, round(one.score, 5))
            for one in sorted(
                engine.search(question, 500, mode, by_article=True).hits,
                key=lambda hit: (-hit.score, hit.passage.passage.article_id),
            )
        ]
        for question in QUESTIONS
    ]


def test_an_amended_index_finds_what_one_written_whole_finds(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    edit(folder)
    report = again()
    assert (report.added, report.changed, report.removed) == (2, 2, 2)
    assert len(report.moved) == 1
    assert live(tmp_path).manifest.whole > 0
    with_holes = PassageStore(live(tmp_path).folder / generations.PASSAGES)
    assert with_holes.holes > 0  # it was not written whole

    whole = tmp_path / "whole"
    fresh = ingest(folder, whole, ConceptEncoder())
    assert (report.articles, report.passages) == (fresh.articles, fresh.passages)
    assert report.warnings == fresh.warnings
    assert found(tmp_path / "index", Mode.DENSE) == found(whole, Mode.DENSE)
    here = {name for names in found(tmp_path / "index", Mode.HYBRID) for name, _, _ in names}
    assert {"70.md", "71.md", "99.md", "03.md"} <= here
    assert {"00.md", "59.md", "20.md"}.isdisjoint(here)


def test_the_store_of_an_amended_index_holds_what_one_written_whole_holds(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    edit(folder)
    again()
    ingest(folder, tmp_path / "whole", ConceptEncoder())
    amended, whole = (
        PassageStore(live_generation(tmp_path / name).folder / generations.PASSAGES)
        for name in ("index", "whole")
    )
    assert list(amended.stored_articles()) == list(whole.stored_articles())
    assert amended.vocabulary() == whole.vocabulary()
    assert amended.synonyms() == whole.synonyms()
    assert len(amended.synonyms()) == 2
    assert amended.digests() == whole.digests()
    assert list(amended.summaries()) == list(whole.summaries())
    assert sorted(amended.context_texts()) == sorted(whole.context_texts())
    names = list(whole.digests())
    helping = [
        {name: [one.passage for one in of] for name, of in store.help_passages(names).items()}
        for store in (amended, whole)
    ]
    assert helping[0] == helping[1]
    assert "70.md" in helping[0]
    doctors = [
        [n for n, article in enumerate(store.articles) if article >= 0 and store.originals[n] != n]
        for store in (amended, whole)
    ]
    assert len(doctors[0]) == len(doctors[1]) > 0


def test_only_what_is_new_goes_through_the_model(folder: Path, again: Ingest) -> None:
    edit(folder)
    # Four articles of three parts, and what 70 says of doctors. What 12 says of a bone stands
    # below its title as before, and 99 is 20 under another name.
    assert again().embedded == 13


def test_the_generation_before_is_as_it_was_and_can_be_gone_back_to(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    first = live(tmp_path)
    before = {name: (first.folder / name).read_bytes() for name in first.manifest.files}
    told = found(tmp_path / "index", Mode.HYBRID)
    edit(folder)
    again()
    assert {name: (first.folder / name).read_bytes() for name in first.manifest.files} == before
    first.check_contents()
    live(tmp_path).check_contents()
    generations_folder = tmp_path / "index"
    (generations_folder / generations.CURRENT).write_text(f"{first.name}\n", "ascii")
    assert found(tmp_path / "index", Mode.HYBRID) == told


def test_what_did_not_change_is_a_link(folder: Path, tmp_path: Path, again: Ingest) -> None:
    first = live(tmp_path)
    edit(folder)
    again()
    second = live(tmp_path)
    shared = [
        name
        for name in second.manifest.files
        if name in first.manifest.files and (first.folder / name).samefile(second.folder / name)
    ]
    assert any(name.startswith(generations.REFERENCES) for name in shared)
    assert generations.PASSAGES not in shared


def test_change_after_change_amends_until_too_much_has_changed(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    holes = []
    for edition in range(1, 16):
        (folder / "07.md").write_text(article(7, edition), "utf-8")
        again()
        with_holes = PassageStore(live(tmp_path).folder / generations.PASSAGES)
        holes.append(with_holes.holes)
        with_holes.close()
    # Three passages go and three come at each, so that each counts for six.
    whole = live(tmp_path).manifest.whole
    assert holes[:3] == [3, 6, 9]
    assert 0 in holes
    assert max(holes) <= MOST_CHANGED * whole


def test_an_index_emptied_and_filled_again_is_whole(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    ingest(folder, tmp_path / "index", ConceptEncoder(), allow_removal=True)
    assert live(tmp_path).manifest.articles == 1
    assert len(found(tmp_path / "index", Mode.HYBRID)) == len(QUESTIONS)
