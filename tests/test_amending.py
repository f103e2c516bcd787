"""An amended index answers as one written whole, and leaves the one before it as it was."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.concepts import CONCEPTS, ConceptEncoder
from treatment_search import amending, generations, publishing
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


@pytest.mark.usefixtures("uncalibrated")
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
    doctors = []
    for store in (amended, whole):
        places = store.places(range(len(store) + store.holes))
        told = zip(places.numbers, places.articles, places.originals, strict=True)
        doctors.append([n for n, article, original in told if article >= 0 and original != n])
    assert len(doctors[0]) == len(doctors[1]) > 0


@pytest.mark.usefixtures("uncalibrated")
def test_only_what_is_new_goes_through_the_model(folder: Path, again: Ingest) -> None:
    edit(folder)
    # Four articles of three parts, and what 70 says of doctors. What 12 says of a bone stands
    # below its title as before, and 99 is 20 under another name.
    assert again().embedded == 13


@pytest.mark.usefixtures("uncalibrated")
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


@pytest.mark.usefixtures("uncalibrated")
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


@pytest.mark.usefixtures("uncalibrated")
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


def files_shared(one: Generation, other: Generation) -> set[str]:
    return {
        name
        for name in one.manifest.files
        if name in other.manifest.files and (one.folder / name).samefile(other.folder / name)
    }


def holes(generation: Generation) -> int:
    store = PassageStore(generation.folder / generations.PASSAGES)
    count = store.holes
    store.close()
    return count


def assert_as_whole(folder: Path, index: Path, whole: Path) -> None:
    """Fail when an index does not find and hold what one does that is written whole."""
    fresh = ingest(folder, whole, ConceptEncoder())
    assert found(index, Mode.DENSE) == found(whole, Mode.DENSE)
    one, other = (
        PassageStore(live_generation(path).folder / generations.PASSAGES) for path in (index, whole)
    )
    assert list(one.stored_articles()) == list(other.stored_articles())
    assert one.vocabulary() == other.vocabulary()
    assert live_generation(index).manifest.passages == fresh.passages
    live_generation(index).check_contents()


@pytest.mark.usefixtures("uncalibrated")
def test_links_refused_make_copies(
    folder: Path, tmp_path: Path, again: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    first = live(tmp_path)
    before = {name: (first.folder / name).read_bytes() for name in first.manifest.files}
    edit(folder)
    monkeypatch.setattr(os, "link", refuse)
    again()
    assert files_shared(first, live(tmp_path)) == set()
    assert holes(live(tmp_path)) > 0
    assert {name: (first.folder / name).read_bytes() for name in before} == before
    assert_as_whole(folder, tmp_path / "index", tmp_path / "whole")


@pytest.mark.usefixtures("uncalibrated")
def test_an_article_removed_and_added_again_later_is_there_once(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    (folder / "59.md").unlink()  # the one with the highest numbers
    assert again().removed == 1
    assert "59.md" not in {name for of in found(tmp_path / "index", Mode.HYBRID) for name, *_ in of}
    (folder / "59.md").write_text(article(59), "utf-8")
    report = again()
    assert (report.added, report.embedded) == (1, 3)
    assert holes(live(tmp_path)) == 3
    assert_as_whole(folder, tmp_path / "index", tmp_path / "whole")


@pytest.mark.usefixtures("uncalibrated")
def test_an_article_that_moves_and_comes_back_is_never_embedded_again(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    (folder / "07.md").rename(folder / "sub.md")
    there = again()
    (folder / "sub.md").rename(folder / "07.md")
    back = again()
    for report in (there, back):
        assert (len(report.moved), report.added, report.removed, report.embedded) == (1, 0, 0, 0)
    assert holes(live(tmp_path)) == 6
    assert_as_whole(folder, tmp_path / "index", tmp_path / "whole")


@pytest.mark.usefixtures("uncalibrated")
def test_two_articles_that_change_places_keep_their_vectors(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    (folder / "03.md").write_text(article(4), "utf-8")
    (folder / "04.md").write_text(article(3), "utf-8")
    report = again()
    assert (report.changed, report.embedded) == (2, 0)
    assert holes(live(tmp_path)) > 0
    assert_as_whole(folder, tmp_path / "index", tmp_path / "whole")


@pytest.mark.usefixtures("uncalibrated")
def test_a_rebuild_takes_nothing_over_and_leaves_no_holes(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    edit(folder)
    again()
    assert holes(live(tmp_path)) > 0
    report = ingest(folder, tmp_path / "index", ConceptEncoder(), rebuild=True)
    assert report.embedded == len(set(texts(live(tmp_path)))) > 180
    assert holes(live(tmp_path)) == 0
    assert files_shared(live(tmp_path), previous(tmp_path)) == set()
    assert_as_whole(folder, tmp_path / "index", tmp_path / "whole")


def texts(generation: Generation) -> list[str]:
    store = PassageStore(generation.folder / generations.PASSAGES)
    return [p.embedded_text for one in store.stored_articles() for p in one.passages]


def previous(tmp_path: Path) -> Generation:
    name = live(tmp_path).manifest.previous
    assert name is not None
    return generations.open_generation(tmp_path / "index", name)


@pytest.mark.usefixtures("uncalibrated")
def test_a_dry_run_tells_what_an_ingest_then_does(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    edit(folder)
    names = generations.generation_names(tmp_path / "index")
    told = ingest(folder, tmp_path / "index", ConceptEncoder(), dry_run=True)
    assert generations.generation_names(tmp_path / "index") == names
    done = again()
    assert told.embedded == done.embedded == 13
    assert replace(told, generation="", seconds=0.0, dry_run=False) == replace(
        done, generation="", seconds=0.0
    )


@pytest.mark.usefixtures("uncalibrated")
def test_what_follows_a_rollback_has_numbers_that_the_newer_generation_used(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    first, index = live(tmp_path), tmp_path / "index"
    before = {name: (first.folder / name).read_bytes() for name in first.manifest.files}
    (folder / "70.md").write_text(article(70), "utf-8")
    again()
    newer = live(tmp_path)
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
    assert engine.passages_of("70.md")
    publishing.roll_back(index)
    assert engine.passages_of("70.md") == []
    (folder / "70.md").unlink()
    (folder / "71.md").write_text(article(71), "utf-8")
    again()
    numbers = [one.number for one in engine.passages_of("71.md")]
    assert min(numbers) == newer.manifest.passages - 4 == first.manifest.passages
    assert engine.passages_of("70.md") == []
    assert generations.generation_names(index) == [live(tmp_path).name, first.name]
    assert {name: (first.folder / name).read_bytes() for name in before} == before
    assert_as_whole(folder, index, tmp_path / "whole")


@pytest.mark.usefixtures("uncalibrated")
def test_two_models_in_turn_never_share_a_vector(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    edit(folder)
    other = ingest(folder, tmp_path / "index", ConceptEncoder("2"))
    assert other.rebuilt == "the files or prompts of the model concepts changed"
    assert files_shared(live(tmp_path), previous(tmp_path)) == set()
    (folder / "08.md").write_text(article(8, edition=1), "utf-8")
    report = again()
    assert report.rebuilt == other.rebuilt
    assert report.embedded == len(set(texts(live(tmp_path)))) > 180
    assert holes(live(tmp_path)) == 0
    assert_as_whole(folder, tmp_path / "index", tmp_path / "whole")


@pytest.mark.usefixtures("uncalibrated")
@pytest.mark.parametrize("left", [0, 1])
def test_an_index_emptied_is_whole_and_so_is_what_fills_it_again(
    folder: Path, tmp_path: Path, again: Ingest, left: int
) -> None:
    index = tmp_path / "index"
    for path in sorted(folder.iterdir())[left:]:
        path.unlink()
    ingest(folder, index, ConceptEncoder(), allow_removal=True)
    assert live(tmp_path).manifest.articles == left
    assert holes(live(tmp_path)) == 0
    for number in range(60, 70):
        (folder / f"{number:02}.md").write_text(article(number), "utf-8")
    assert again().articles == left + 10
    assert holes(live(tmp_path)) == 0
    assert_as_whole(folder, index, tmp_path / "whole")


@pytest.mark.usefixtures("uncalibrated")
def test_a_collection_that_grows_is_written_whole_before_it_has_doubled(
    folder: Path, tmp_path: Path, again: Ingest
) -> None:
    whole = live(tmp_path).manifest.whole
    amended = 0
    for number in range(60, 80, 4):  # a dozen passages or more at once
        for one in range(number, number + 4):
            (folder / f"{one:02}.md").write_text(article(one), "utf-8")
        again()
        manifest = live(tmp_path).manifest
        if manifest.whole != whole:
            break
        amended += 1
        assert manifest.passages - whole <= MOST_CHANGED * whole
    assert amended >= 2
    assert manifest.whole == manifest.passages > (1 + MOST_CHANGED) * whole
