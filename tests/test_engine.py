from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import ConceptEncoder
from tests.conftest import INJECTION, NEEDLING, STRETCHING
from treatment_search import generations, publishing
from treatment_search.encoder import Encoder
from treatment_search.engine import Engine
from treatment_search.errors import (
    IndexDamaged,
    IndexNotBuilt,
    IndexOutdated,
    QuestionRefused,
    TreatmentSearchError,
)
from treatment_search.ingestion import ingest
from treatment_search.models import ModelIdentity
from treatment_search.records import Hit, Mode, SearchResult, Verdict
from treatment_search.vectors import Vectors

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
    result = engine.search("getting out of bed")
    hit = result.hits[0]
    assert hit.passage.passage.text == (
        "Pain in the morning is normal at first. See a doctor when it stays."
    )
    # The passage with its headings names stretching, the morning and a doctor once each, its
    # headings stretching alone; the question names the morning.
    passage_cosine, heading_cosine = 1 / sqrt(3), 0.0
    assert hit.dense == pytest.approx(passage_cosine, abs=1e-6)
    assert hit.keyword == 0.0
    assert hit.score == pytest.approx(
        (1 - 0.35) * (0.60 * passage_cosine + 0.40 * heading_cosine), abs=1e-6
    )
    assert result.verdict is Verdict.FOUND
    assert (hit.sentence, hit.words) == (None, ())


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
        + 0.20 * 1  # no other article has the word
        + 0.65 * (0.60 * 3 / sqrt(10) + 0.40 * 1 / sqrt(2)),
        abs=1e-5,
    )
    assert hit_with(result, WHO_NOT).score == pytest.approx(
        0.05 * who / how + 0.10 * 1 + 0.20 * 1 + 0.65 * (0.60 * 2 / sqrt(6) + 0.40 / sqrt(2)),
        abs=1e-5,
    )
    assert texts(result)[:2] == [HOW, WHO_NOT]
    assert hit_with(result, WHO_NOT).keyword == pytest.approx(who / how, rel=1e-5)


def test_a_long_question_counts_its_words_less(engine: Engine) -> None:
    # Thirteen content words; "needle" is the only one known, so the question's vector is its axis.
    invented = " ".join(f"zq{letter}" for letter in "abcdefghijkl")
    hit = hit_with(engine.search(f"needle {invented}"), WHO_NOT)
    how_heading = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 5 / 3.8))
    who_heading = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 4 / 3.8))
    assert who_heading > how_heading
    # Rarity: two of the five headings have the known word, none the twelve others. Against all
    # that thirteen words could score, the best heading has little, so 0.15 of that is its measure.
    known, unknown = log(1 + 3.5 / 2.5), log(1 + 5.5 / 0.5)
    heading = known * who_heading / (0.15 * 2.2 * (known + 12 * unknown))
    assert hit.score == pytest.approx(
        0.7 * (0.05 * hit.keyword + 0.10 * heading + 0.20 * 1)
        + (1 - 0.7 * 0.35) * (0.60 * 2 / sqrt(6) + 0.40 * 1 / sqrt(2)),
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
    for name in "abcdefghi":
        write(f"same-{name}.md", "# Roller\n\nRoll the sole over a ball before first steps.\n")
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    for question in ("first steps", "roll a ball", "getting out of bed"):
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


# Which generation


def test_without_an_index_the_command_is_named(index: Path, encoder: ConceptEncoder) -> None:
    with pytest.raises(IndexNotBuilt, match=r"Run: python ingest\.py") as caught:
        Engine(index, encoder_for=lambda _: encoder).search("needle")
    assert str(index) in str(caught.value)
    assert not index.exists()


def test_an_engine_made_before_the_index_answers_once_there_is_one(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    engine = Engine(index, encoder_for=lambda _: encoder)
    with pytest.raises(IndexNotBuilt):
        engine.search("needle")
    ingest(corpus, index, encoder)
    assert engine.search("needle").hits


def test_a_new_generation_answers_the_next_question(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    first = ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    price = "A visit has its price."
    before = engine.search("money")
    assert price not in texts(before)
    write("price.md", "# What it costs\n\nA visit has its price.\n")
    report = ingest(corpus, index, encoder)
    after = engine.search("money")
    assert texts(after)[:1] == [price]
    assert (before.generation, after.generation) == (first.generation, report.generation)
    assert engine.manifest.articles == 4
    publishing.roll_back(index)
    assert price not in texts(engine.search("money"))


def test_a_question_ends_in_the_generation_it_began_in_though_that_is_pruned(
    corpus: Path, index: Path, write: Write
) -> None:
    class SlowModel(ConceptEncoder):
        """While it encodes the question, two ingests replace the index twice."""

        def encode_question(self, text: str) -> Vectors:
            if not later:
                for edition in ("second", "third"):
                    write("stretching.md", f"# Stretching\n\nThe {edition} needle edition.\n")
                    later.append(ingest(corpus, index, ConceptEncoder()).generation)
            return super().encode_question(text)

    later: list[str] = []
    first = ingest(corpus, index, ConceptEncoder()).generation
    engine = Engine(index, encoder_for=lambda _: SlowModel())
    result = engine.search("doctor")
    assert not (index / first).exists()
    assert result.generation == first
    assert "Pain in the morning is normal at first. See a doctor when it stays." in texts(result)
    assert engine.search("pins").generation == later[-1]


def test_threads_that_ask_while_the_corpus_changes_never_see_a_mixture(
    tmp_path: Path, index: Path, encoder: ConceptEncoder
) -> None:
    corpus = tmp_path / "changing"
    corpus.mkdir()
    version_of: dict[str, int] = {}

    def text(article: int, version: int) -> str:
        # Longer from version to version, so that offsets of one do not fit another.
        return f"{'Wait. ' * version}The needle of edition {version} goes into calf {article}."

    def publish(version: int) -> None:
        for article in range(6):
            body = f"# Calf {article}\n\n{text(article, version)}\n"
            (corpus / f"{article}.md").write_text(body, "utf-8")
        version_of[ingest(corpus, index, encoder).generation] = version

    publish(0)
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
    stop = threading.Event()
    answers: list[list[SearchResult]] = [[] for _ in range(8)]
    errors: list[BaseException] = []

    def ask(mine: list[SearchResult]) -> None:
        try:
            while not stop.is_set():
                mine.append(engine.search("needle edition", 6))
                time.sleep(0.003)  # let the ingest have a turn
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in answers]
    for thread in threads:
        thread.start()
    for version in range(1, 7):
        publish(version)
    deadline = time.monotonic() + 5
    last = generations.current_name(index)
    while time.monotonic() < deadline and not errors:
        if all(mine and mine[-1].generation == last for mine in answers):
            break
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()

    assert errors == []
    everything = [result for mine in answers for result in mine]
    assert len({result.generation for result in everything}) > 2
    assert all(mine[-1].generation == last for mine in answers)
    for result in everything:
        version = version_of[result.generation]
        assert len(result.hits) == 6
        for hit in result.hits:
            passage = hit.passage.passage
            whole = text(int(passage.article_id[0]), version)
            assert passage.text == whole[passage.start : passage.end] == whole


def test_a_damaged_index_is_said_with_the_way_out(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    generation = ingest(corpus, index, encoder).generation
    (index / generation / generations.DENSE).unlink()
    with pytest.raises(IndexDamaged, match=r"dense\.faiss.*rollback"):
        Engine(index, encoder_for=lambda _: encoder).search("needle")


def test_an_index_lost_under_an_open_engine_is_said(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert engine.search("needle").hits
    shutil.rmtree(index)
    with pytest.raises(IndexNotBuilt):
        engine.search("needle")


# Which model


def test_another_model_than_the_index_was_made_with_is_refused(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder(version="2"))
    with pytest.raises(IndexOutdated, match=r"concepts.*Run: python ingest\.py"):
        engine.search("needle")


def test_the_model_is_asked_for_once_and_again_when_the_index_changes_its_model(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    wanted: list[str] = []

    def encoder_for(identity: ModelIdentity) -> Encoder:
        wanted.append(identity.fingerprint)
        return ConceptEncoder(version=identity.fingerprint)

    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=encoder_for)
    engine.warm()
    engine.search("needle")
    engine.search("doctor")
    assert wanted == ["1"]
    ingest(corpus, index, ConceptEncoder(version="2"))
    assert engine.search("needle").hits
    assert wanted == ["1", "2"]


def test_keyword_mode_and_reading_need_no_model(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    def no_model(_: ModelIdentity) -> Encoder:
        raise TreatmentSearchError("the model was asked for")

    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=no_model)
    assert texts(engine.search("needles", mode=Mode.KEYWORD)) == [HOW, WHO_NOT]
    assert engine.article("needling.md") is not None
    assert engine.article("gone.md") is None
    assert engine.knows_words_of("needle")
    with pytest.raises(TreatmentSearchError, match="was asked for"):
        engine.search("needles")


def test_an_index_emptied_while_the_model_changed_answers_with_nothing(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    class Wider(ConceptEncoder):
        """A model with one axis more than the one the index was made with."""

        def encode_question(self, text: str) -> Vectors:
            return np.append(super().encode_question(text), np.float32(0.0))

    ingest(corpus, index, encoder)
    shutil.rmtree(corpus)
    corpus.mkdir()
    ingest(corpus, index, Wider(version="2"), allow_removal=True)
    engine = Engine(index, encoder_for=lambda _: Wider(version="2"))
    assert engine.search("needle").verdict is Verdict.NOTHING
