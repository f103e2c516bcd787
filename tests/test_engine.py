from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from tests.conftest import INJECTION, NEEDLING, STRETCHING
from treatment_search.engine import Engine
from treatment_search.errors import QuestionRefused
from treatment_search.ingestion import ingest
from treatment_search.records import AlsoSearched, Hit, Mode, Repair, SearchResult, Verdict

Write = Callable[[str, str], Path]

HOW = "The therapist puts a thin needle into a tight muscle. Then the needle is moved a little."
WHO_NOT = "People who take blood thinners ask a doctor before needling."


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine over the three articles, for the tests that change nothing: built once."""
    folder = tmp_path_factory.mktemp("engine")
    (folder / "corpus" / "jabs").mkdir(parents=True)
    (folder / "corpus" / "needling.md").write_text(NEEDLING, "utf-8")
    (folder / "corpus" / "stretching.md").write_text(STRETCHING, "utf-8")
    (folder / "corpus" / "jabs" / "steroid.txt").write_text(INJECTION, "utf-8")
    ingest(folder / "corpus", folder / "index", ConceptEncoder())
    return Engine(folder / "index", encoder_for=lambda _: ConceptEncoder())


def texts(result: SearchResult) -> list[str]:
    return [hit.passage.passage.text for hit in result.hits]


def hit_with(result: SearchResult, text: str) -> Hit:
    (hit,) = (hit for hit in result.hits if hit.passage.passage.text == text)
    return hit


def many_needlings(write: Write) -> None:
    """Five sections that name the needle alone, and so score above all of the other articles."""
    parts = "".join(f"## Part {n}\n\nThe needle goes {n} deep.\n\n" for n in range(5))
    write("needles.md", f"# Needle needle\n\n{parts}")


# Scores worked by hand


def test_a_question_that_shares_no_word_finds_the_passage_by_its_meaning(engine: Engine) -> None:
    result = engine.search("exercise")
    first, second = result.hits[:2]
    assert [hit.passage.passage.text for hit in (first, second)] == [
        "Stretch three times a day. Hold each stretch for thirty seconds.",
        "Pain in the morning is normal at first. See a doctor when it stays.",
    ]
    # The first one names nothing but stretching. The second one, with its headings, names
    # stretching, the morning and a doctor once each, its headings stretching alone.
    assert (first.dense, second.dense) == pytest.approx((1.0, 1 / sqrt(3)), abs=1e-6)
    assert (first.keyword, second.keyword) == (0.0, 0.0)
    assert first.score == pytest.approx((1 - 0.44) * (0.60 * 1 + 0.40 * 1), abs=1e-6)
    assert second.score == pytest.approx((1 - 0.44) * (0.60 / sqrt(3) + 0.40 * 1), abs=1e-6)
    assert result.verdict is Verdict.FOUND
    assert (first.sentence, first.words) == (None, ())


def test_words_and_meaning_are_fused_by_the_formula(engine: Engine) -> None:
    result = engine.search("needles")
    # Content words of the five passages with their headings: 6, 14, 12, 12, 10.
    # "needl" stands three times in the one of 14, twice in the first one of 12.
    average = (6 + 14 + 12 + 12 + 10) / 5
    how = 3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * 14 / average))
    who = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 12 / average))
    # Of the five heading paths: 3, 5, 4, 4, 3; it stands once in those of 5 and 4.
    average = (3 + 5 + 4 + 4 + 3) / 5
    how_heading = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 5 / average))
    who_heading = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 4 / average))
    assert how > who
    assert who_heading > how_heading
    # Rarity is the same for both and cancels. The second passage names heel spur once,
    # needling twice and a doctor once.
    assert hit_with(result, HOW).score == pytest.approx(
        0.05 * 1
        + 0.10 * how_heading / who_heading
        + 0.12 * 1  # the headings hold all that was asked
        + 0.17 * 1  # no other article has the word
        + 0.56 * (0.60 * 3 / sqrt(10) + 0.40 * 1 / sqrt(2)),
        abs=1e-5,
    )
    assert hit_with(result, WHO_NOT).score == pytest.approx(
        0.05 * who / how
        + 0.10 * 1
        + 0.12 * 1
        + 0.17 * 1
        + 0.56 * (0.60 * 2 / sqrt(6) + 0.40 / sqrt(2)),
        abs=1e-5,
    )
    assert texts(result)[:2] == [HOW, WHO_NOT]
    assert hit_with(result, WHO_NOT).keyword == pytest.approx(who / how, rel=1e-5)


def test_a_long_question_counts_its_words_less(engine: Engine) -> None:
    # Thirteen content words; "needle" is the only one known, so the question's vector is its axis.
    others = "garden window river mountain kitchen yellow piano ladder sailor castle pepper lemon"
    hit = hit_with(engine.search(f"needle {others}"), WHO_NOT)
    how_heading = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 5 / 3.8))
    who_heading = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 4 / 3.8))
    assert who_heading > how_heading
    # Rarity: two of the five headings have the known word, none the twelve others. Against all
    # that thirteen words could score, the best heading has little, so 0.15 of that is its measure.
    known, unknown = log(1 + 3.5 / 2.5), log(1 + 5.5 / 0.5)
    heading = known * who_heading / (0.15 * 2.2 * (known + 12 * unknown))
    covered = known / (known + 12 * unknown)
    assert hit.score == pytest.approx(
        0.7 * (0.05 * hit.keyword + 0.10 * heading + 0.12 * covered**1.5 + 0.17 * 1)
        + (1 - 0.7 * 0.44) * (0.60 * 2 / sqrt(6) + 0.40 * 1 / sqrt(2)),
        abs=1e-5,
    )


def test_dense_mode_scores_by_the_passage_cosine_alone(engine: Engine) -> None:
    result = engine.search("needles", mode=Mode.DENSE)
    assert texts(result)[:2] == [HOW, WHO_NOT]
    assert [hit.score for hit in result.hits[:2]] == pytest.approx([3 / sqrt(10), 2 / sqrt(6)])
    assert [hit.keyword for hit in result.hits] == [0.0] * 5


def test_keyword_mode_scores_by_the_words_of_the_passages_alone(engine: Engine) -> None:
    result = engine.search("needles", mode=Mode.KEYWORD)
    assert texts(result) == [HOW, WHO_NOT]
    average = (6 + 14 + 12 + 12 + 10) / 5
    how = 3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * 14 / average))
    who = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 12 / average))
    assert [hit.score for hit in result.hits] == pytest.approx([1.0, who / how], rel=1e-5)
    assert result.verdict is Verdict.FOUND


def test_equal_passages_rank_by_their_number(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    for count, name in enumerate("abcdefghi", 1):
        end = "." * count  # told apart, so that each keeps a place, by nothing that ranks
        write(f"same-{name}.md", f"# Roller\n\nRoll the sole over a ball before first steps{end}\n")
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    for question in ("first steps", "roll a ball", "a roller under the sole"):
        hits = engine.search(question, 9).hits
        assert [hit.passage.passage.article_id for hit in hits] == [
            f"same-{name}.md" for name in "abcdefghi"
        ]


# What an answer holds


def test_at_most_three_passages_of_one_article_are_shown(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    many_needlings(write)
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    ids = [hit.passage.passage.article_id for hit in engine.search("needle", 10).hits]
    assert ids[:4] == ["needles.md", "needles.md", "needles.md", "needling.md"]
    assert ids.count("needles.md") == 3


def test_articles_are_ranked_by_their_best_passage_each_once(engine: Engine) -> None:
    ranked = engine.rank_articles("needles", Mode.DENSE)
    assert ranked[0] == ("needling.md", pytest.approx(3 / sqrt(10)))
    # The others have a cosine of 0 and are ranked by passage number.
    assert [article_id for article_id, _ in ranked] == [
        "needling.md",
        "jabs/steroid.txt",
        "stretching.md",
    ]


def test_k_is_how_many_passages_are_shown(engine: Engine) -> None:
    assert len(engine.search("doctor", 1).hits) == 1
    assert len(engine.search("doctor", 2).hits) == 2
    assert [hit.rank for hit in engine.search("doctor", 100).hits] == [1, 2, 3, 4, 5]


def test_fewer_passages_are_the_first_of_more(engine: Engine) -> None:
    assert engine.search("doctor", 2).hits == engine.search("doctor", 5).hits[:2]


@pytest.mark.parametrize("mode", Mode)
def test_what_no_article_covers_is_answered_by_nothing(engine: Engine, mode: Mode) -> None:
    result = engine.search("mortgage refinancing", mode=mode)
    assert result.verdict is Verdict.NOTHING
    assert result.hits == ()
    assert result.question == "mortgage refinancing"


def test_the_words_alone_cannot_refuse_what_they_find(engine: Engine) -> None:
    # "thin" stands in a passage; keyword mode has no model to tell that a mortgage is none.
    assert engine.search("thin mortgage", mode=Mode.KEYWORD).verdict is Verdict.FOUND


def test_a_hit_knows_its_article_and_its_place_in_it(engine: Engine) -> None:
    hit = engine.search("needling with blood thinners, ask a doctor?").hits[0]
    passage = hit.passage.passage
    article = engine.article(passage.article_id)
    assert article is not None
    assert (passage.article_id, passage.headings) == ("needling.md", ("Who should not",))
    assert hit.passage.title == article.title == "Dry needling for heel spur"
    assert hit.passage.metadata == article.metadata
    assert article.text[passage.start : passage.end] == passage.text == WHO_NOT


def test_marks_are_offsets_into_the_passage(engine: Engine) -> None:
    hit = engine.search("moving a needle a little").hits[0]
    text = hit.passage.passage.text
    assert text == HOW
    assert [text[start:end] for start, end in hit.words] == ["needle", "needle", "moved", "little"]
    assert hit.sentence is not None
    assert text[slice(*hit.sentence)] == "Then the needle is moved a little."


@pytest.mark.parametrize(
    "question", ["needle in the muscle", "hold a stretch for seconds", "doctor and morning pain"]
)
def test_every_mark_lies_within_its_text(engine: Engine, question: str) -> None:
    hits = engine.search(question).hits
    assert hits
    for hit in hits:
        length = len(hit.passage.passage.text)
        spans = [*hit.words, *([hit.sentence] if hit.sentence else [])]
        assert all(0 <= start < end <= length for start, end in spans)


def test_the_result_names_its_question_and_its_time(engine: Engine) -> None:
    result = engine.search("  needle \n point ")
    assert result.question == "needle point"
    assert 0 < result.milliseconds < 10_000


@pytest.mark.parametrize("typed", ["", "  \n", "?!", "x" * 5_001])
def test_what_cannot_be_searched_is_refused(engine: Engine, typed: str) -> None:
    with pytest.raises(QuestionRefused):
        engine.search(typed)


@pytest.mark.parametrize("typed", ["how is it", "AND OR NOT", '"needle" AND title:*', "(((needle"])
def test_any_words_can_be_asked(engine: Engine, typed: str) -> None:
    assert engine.search(typed).question == typed


def test_words_of_a_question_are_known_or_not(engine: Engine) -> None:
    assert engine.knows_words_of("needling the muscles")
    assert not engine.knows_words_of("needling a mortgage")


def test_titles_are_spread_over_the_collection(engine: Engine) -> None:
    titles = ["Steroid injection", "Dry needling for heel spur", "Stretching the calf"]
    assert engine.titles(3) == titles
    assert engine.titles(1) == titles[:1]
    assert engine.titles(50) == titles


# Each article once


def test_by_article_each_article_is_there_once_with_its_best_passage(engine: Engine) -> None:
    whole = engine.search("needles", 10)
    ids = [hit.passage.passage.article_id for hit in whole.hits]
    assert len(set(ids)) == 3 < len(ids)
    best = [whole.hits[ids.index(article)] for article in dict.fromkeys(ids)]
    found = engine.search("needles", 10, by_article=True)
    assert texts(found) == [hit.passage.passage.text for hit in best]
    assert [hit.score for hit in found.hits] == [hit.score for hit in best]
    assert [hit.rank for hit in found.hits] == [1, 2, 3]


def test_by_article_k_counts_articles(engine: Engine) -> None:
    hits = engine.search("needles", 2, by_article=True).hits
    assert len({hit.passage.passage.article_id for hit in hits}) == len(hits) == 2


# What is similar to a passage


def starts_of(engine: Engine, question: str) -> list[tuple[str, int]]:
    hits = engine.search(question, 10).hits
    return [(hit.passage.passage.article_id, hit.passage.passage.start) for hit in hits]


def test_similar_passages_are_never_of_the_same_article_and_each_article_is_there_once(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    many_needlings(write)
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    for article_id, start in starts_of(engine, "needle stretch injection"):
        ids = [one.passage.article_id for one in engine.similar(article_id, start)]
        assert article_id not in ids
        assert len(set(ids)) == len(ids) == 3  # all the others


def test_the_passage_nearest_in_meaning_is_the_first_of_the_similar_ones(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("bed.md", "# Bed\n\n## Getting up\n\nStretch after getting out of bed.\n")
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    # It names a stretch and the morning once each: 2/√6 from the passage on the morning, the
    # stretch and the doctor, 1/√2 from the one on stretching alone.
    first = engine.similar("bed.md", 0, k=1)
    assert [one.passage.text for one in first] == [
        "Pain in the morning is normal at first. See a doctor when it stays."
    ]
    assert engine.similar("bed.md", 0)[:1] == first


def test_nothing_is_similar_to_a_passage_that_is_none(engine: Engine) -> None:
    assert engine.similar("needling.md", 0) != []
    assert engine.similar("needling.md", 1) == []
    assert engine.similar("gone.md", 0) == []


# What was typed, and nothing else


def test_a_word_that_stands_as_typed_is_not_repaired(engine: Engine) -> None:
    repaired = engine.search("stretchingg")
    assert repaired.repairs == (Repair("stretchingg", "stretching"),)
    kept = engine.search("stretchingg", as_typed=["stretchingg"])
    assert kept.repairs == ()


def test_a_word_that_stands_as_typed_brings_no_others(engine: Engine) -> None:
    assert engine.search("does a shot help").also == (AlsoSearched("shot", "injection"),)
    assert engine.search("does a shot help", as_typed=["shot"]).also == ()


# Reading one article, and the list of all of them


def test_an_article_is_asked_alone_and_its_matches_come_best_first(engine: Engine) -> None:
    whole = engine.search("which doctor")
    own = [hit for hit in whole.hits if hit.passage.passage.article_id == "needling.md"]
    found = engine.matches_in("needling.md", "which doctor")
    assert [hit.passage for hit in found] == [hit.passage for hit in own]
    assert found[0].passage.passage.text == WHO_NOT
    assert len(engine.matches_in("needling.md", "which doctor", 1)) == 1
    assert engine.matches_in("gone.md", "needle") == []


def test_an_article_gives_its_passages_in_reading_order(engine: Engine) -> None:
    assert [one.passage.text for one in engine.passages_of("needling.md")] == [HOW, WHO_NOT]
    assert engine.passages_of("gone.md") == []


def test_an_article_gives_what_it_says_about_help(
    write: Write, corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    write("a.md", "# A\n\n## When to see a doctor\n\nSoon.\n\n## Get help now\n\nAt once.\n")
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert [one.passage.text for one in engine.help_of("a.md")] == ["At once.", "Soon."]
    assert engine.help_of("gone.md") == []


def test_the_catalogue_has_every_article_with_headings_and_passages(engine: Engine) -> None:
    entries = engine.catalogue()
    assert [entry.article_id for entry in entries] == [
        "jabs/steroid.txt",
        "needling.md",
        "stretching.md",
    ]
    needling = entries[1]
    assert needling.title == "Dry needling for heel spur"
    assert needling.metadata.treatment == "Dry needling"
    assert needling.headings == (("How it is done",), ("Who should not",))
    assert needling.passages == 2
