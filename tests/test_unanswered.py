"""What a person is told whose question nothing here answers, or the model does not read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
from treatment_search.records import Language, Mode, Topic, Verdict

Write = Callable[[str, str], Path]

GERMAN = (
    "# Fersensporn\n\n## Was hilft\n\nDehnen Sie die Wade morgens und abends. Tragen Sie weiche "
    "Schuhe, und kühlen Sie die Ferse nach dem Laufen.\n"
)


# When nothing is found


def test_the_nearest_articles_are_named_each_once_when_nothing_is_found(engine: Engine) -> None:
    result = engine.search("mortgage refinancing")
    assert result.verdict is Verdict.NOTHING
    # To the fake model it is as far from one passage as from the other: they come by number.
    assert result.topics == (
        Topic("jabs/steroid.txt", "Steroid injection"),
        Topic("needling.md", "Dry needling for heel spur"),
        Topic("stretching.md", "Stretching the calf"),
    )


def test_no_articles_are_named_beside_an_answer(engine: Engine) -> None:
    assert engine.search("needles").topics == ()


def test_at_most_four_articles_are_named(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    for number in range(5):
        write(f"rest{number}.md", f"# Rest {number}\n\nRest on day {number}.\n")
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    result = engine.search("mortgage refinancing")
    assert [topic.title for topic in result.topics] == ["Rest 0", "Rest 1", "Rest 2", "Rest 3"]


def test_by_words_alone_no_articles_are_near(engine: Engine) -> None:
    result = engine.search("mortgage", mode=Mode.KEYWORD)
    assert (result.verdict, result.topics) == (Verdict.NOTHING, ())


# Other languages


def test_a_question_in_another_language_is_refused_with_its_name(engine: Engine) -> None:
    result = engine.search("wie oft muss ich die Wade dehnen")
    assert result.language == Language("de", "German")
    assert (result.verdict, result.hits, result.topics, result.urgent) == (
        Verdict.NOTHING,
        (),
        (),
        (),
    )


def test_it_is_searched_by_words_when_an_article_is_in_its_language(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("fersensporn.md", GERMAN)
    report = ingest(corpus, index, encoder)
    notes = [note.reason for note in report.warnings if note.path == "fersensporn.md"]
    assert any("German (de)" in note for note in notes)
    engine = Engine(index, encoder_for=lambda _: encoder)
    result = engine.search("wie oft muss ich denn meine schmerzende Wade jeden Tag massieren")
    assert result.language == Language("de", "German")
    assert [hit.passage.passage.article_id for hit in result.hits] == ["fersensporn.md"]
    (hit,) = result.hits
    assert (hit.dense, hit.why.by_meaning) == (0.0, False)
    assert "wade" in hit.why.words
    article = engine.article("fersensporn.md")
    assert article is not None
    assert article.language == Language("de", "German")


def test_another_language_than_that_of_the_foreign_article_is_still_refused(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("fersensporn.md", GERMAN)
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    result = engine.search("hoe vaak moet ik mijn kuit rekken")
    assert (result.language, result.hits) == (Language("nl", "Dutch"), ())
    assert engine.search("needles").language is None


def test_a_model_that_reads_everything_refuses_no_language(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    encoder.languages = ()
    write("fersensporn.md", GERMAN)
    assert "German" not in str(ingest(corpus, index, encoder).warnings)
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert engine.search("wie oft muss ich die Wade dehnen").language is None


@pytest.mark.parametrize("typed", ["112", "5-10"])
def test_a_question_of_numbers_alone_is_in_no_other_language(engine: Engine, typed: str) -> None:
    assert engine.search(typed).language is None
