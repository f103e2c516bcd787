from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.concepts import ConceptEncoder
from treatment_search.engine import Engine
from treatment_search.progress import Silence
from treatment_search.records import FileNote
from treatment_search.selfcheck import MOST_QUESTIONS, ingest_and_check, self_check

Write = Callable[[str, str], Path]


class Counting(Silence):
    asked = 0

    def advance(self, count: int) -> None:
        self.asked += count


def test_articles_that_their_own_words_find_are_not_warned_about(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    report = ingest_and_check(corpus, index, encoder)
    assert [note for note in report.warnings if "asked" in note.reason] == []


def test_an_article_that_its_own_title_does_not_find_is_named(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    # Five articles the same to the letter: ties go by number, so two are never among the first 3.
    for name in "abcde":
        write(f"same-{name}.md", "# Taping\n\nTape the foot.\n")
    report = ingest_and_check(corpus, index, encoder)
    reason = "asked 'Taping', it is not among the first 3; same-a.md comes first"
    told = tuple(note for note in report.warnings if "asked" in note.reason)
    assert told == (FileNote("same-d.md", reason), FileNote("same-e.md", reason))


def test_a_title_that_nobody_could_ask_for_is_named_and_stops_nothing(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("long.md", f"# {'needles ' * 125_000}\n\n## Who\n\nNeedles are long.\n")
    write("mute.md", "# ?!\n\nNeedles are silent.\n")
    report = ingest_and_check(corpus, index, encoder)
    told = [note for note in report.warnings if "cannot be searched" in note.reason]
    assert [note.path for note in told] == ["long.md", "mute.md"]
    assert (
        told[1].reason == "asked '?!', it cannot be searched: give titles and headings a few words"
    )
    assert Engine(index, encoder_for=lambda _: encoder).article("long.md")


def test_only_what_was_touched_is_asked_for(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    ingest_and_check(corpus, index, encoder)
    write("new.md", "# Taping\n\n## How it is done\n\nTape the foot.\n")
    report = ingest_and_check(corpus, index, encoder)
    assert report.touched == ("new.md",)
    assert ingest_and_check(corpus, index, encoder).touched == ()


def test_a_dry_run_asks_nothing(corpus: Path, index: Path, encoder: ConceptEncoder) -> None:
    report = ingest_and_check(corpus, index, encoder, dry_run=True)
    assert (report.added, report.touched != ()) == (3, True)
    assert not index.exists()


def test_a_large_collection_is_sampled(engine: Engine) -> None:
    article = engine.article("needling.md")
    assert article is not None
    section = article.sections[0]
    many = replace(
        article, sections=tuple(replace(section, headings=(f"H{n}",)) for n in range(999))
    )
    counting = Counting()
    assert self_check(engine, [many], counting) == []
    # A title and 999 headings are 1,000 questions: every third one is asked.
    assert counting.asked == 334 <= MOST_QUESTIONS
