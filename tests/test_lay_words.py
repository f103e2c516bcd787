from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from tests.conftest import ROOT
from treatment_search.analysis import terms
from treatment_search.engine import Engine
from treatment_search.lay_words import OtherWords
from treatment_search.lexical import ALSO_WEIGHT, Field, KeywordIndex
from treatment_search.questions import Question, parse_question
from treatment_search.records import AlsoSearched, Mode


def asked(question: str, *mined: tuple[str, str]) -> list[tuple[str, str]]:
    words = OtherWords(AlsoSearched(*pair) for pair in mined)
    return [(pair.typed, pair.other) for pair in words.beside(parse_question(question))]


def test_other_words_for_the_same_are_found_in_any_form() -> None:
    assert asked("are two jabs too many") == [("jab", "injection")]


def test_a_pair_of_several_words_needs_all_of_them() -> None:
    assert ("flat feet", "flat foot") in asked("my flat feet")
    assert asked("a flat in Paris") == []


def test_what_was_typed_already_is_not_searched_beside_itself() -> None:
    assert asked("jab or injection") == []


def test_words_that_are_not_on_the_list_bring_nothing() -> None:
    assert asked("tennis elbow") == []


def test_words_with_function_words_must_stand_as_written() -> None:
    assert asked("it hurts when I get out of bed") == [("out of bed", "first steps morning")]
    assert asked("OUT OF BED, and then?") == [("out of bed", "first steps morning")]
    assert asked("I lie in bed with a sore heel") == []
    assert asked("my bed is out of order") == []


def test_words_without_function_words_may_stand_in_any_order() -> None:
    assert asked("a wide foot and the band", ("foot band", "strap")) == [("foot band", "strap")]


def test_pairs_of_the_articles_come_after_the_lists_and_bring_nothing_twice() -> None:
    mined = [AlsoSearched("jab", "injection"), AlsoSearched("heel bone", "calcaneus"),
             AlsoSearched("sore calf", "tennis leg")]  # fmt: skip
    words = OtherWords(mined)
    found = words.beside(parse_question("jab for a sore calf"))
    assert [(pair.typed, pair.other) for pair in found] == [
        ("jab", "injection"),
        ("sore calf", "tennis leg"),
    ]
    assert words.has(["calf"])
    assert not words.has(["elbow"])


def test_what_a_pair_before_brings_is_not_searched_twice() -> None:
    assert asked("jab", ("jab", "injections")) == [("jab", "injection")]
    assert asked("jab", ("jab", "needle prick")) == [
        ("jab", "injection"),
        ("jab", "needle prick"),
    ]


def test_the_order_is_that_of_the_lists_and_not_of_the_question() -> None:
    found = asked("does the xray or the jab hurt", ("hurt", "soreness"))
    assert found == [("jab", "injection"), ("xray", "scan imaging"), ("hurt", "soreness")]


def test_a_pair_of_function_words_alone_is_never_searched() -> None:
    assert asked("what is it and who are you", ("it", "calcaneus")) == []


def test_words_people_type_are_known_as_such() -> None:
    words = OtherWords([AlsoSearched("calcaneus", "heel bone")])
    assert words.has(terms("jabs"))
    assert words.has(terms("flat"))  # a part of "flat feet"
    assert words.has(terms("the calcaneus"))
    assert not words.has(terms("injection of helium"))
    assert not words.has(())


def test_a_question_tells_its_other_terms_once_and_not_its_own() -> None:
    also = (AlsoSearched("jab", "injection"), AlsoSearched("shot", "injection heel"))
    question = Question("jab shot heel", ("jab", "shot", "heel"), also)
    assert question.other_terms == ("inject",)
    assert question.widened_text == "jab shot heel (injection, injection heel)"


def test_a_word_beside_the_question_counts_less_than_a_typed_one(tmp_path: Path) -> None:
    folder = tmp_path / "keyword"
    KeywordIndex.build(folder, [(["jab"], []), (["inject"], []), (["calf"], [])])
    index = KeywordIndex.open(folder)
    (first, typed), (second, beside) = index.search(Field.TEXT, ["jab"], 5, ["inject"])
    assert (first, second) == (0, 1)
    assert beside == pytest.approx(ALSO_WEIGHT * typed)
    both = index.search(Field.TEXT, ["jab"], 5, ["jab"])
    assert both == [(0, pytest.approx(typed))]


def test_a_lay_word_finds_the_article_that_has_the_other_one(engine: Engine) -> None:
    # No article has the word "shot", and it stands on no axis of the fake model.
    result = engine.search("does a shot help")
    assert result.also == (AlsoSearched("shot", "injection"),)
    assert result.question == "does a shot help"
    hit = result.hits[0]
    assert hit.passage.passage.article_id == "jabs/steroid.txt"
    # The question's vector is the axis of nothing, that of the widened question the injection's:
    # their mean is half way. The passage names the injection three times and the steroid once.
    assert hit.dense == pytest.approx(1 / sqrt(2), abs=1e-6)
    shown = [hit.passage.passage.text[start:end] for start, end in hit.words]
    assert "injection" in shown


def test_words_the_collection_does_not_have_are_not_searched(engine: Engine) -> None:
    assert engine.search("does tylenol help").also == ()  # no article has paracetamol


@pytest.mark.parametrize("mode", [Mode.DENSE, Mode.KEYWORD])
def test_the_plain_modes_search_what_was_typed_alone(engine: Engine, mode: Mode) -> None:
    assert engine.search("does a shot help", mode=mode).also == ()


def test_the_fake_model_knows_nothing_of_the_typed_word() -> None:
    assert ConceptEncoder().encode_questions(["does a shot help"])[0].tolist()[-1] == 1.0


def test_no_pair_stands_on_the_list_twice_in_another_form() -> None:
    lines = (ROOT / "treatment_search" / "data" / "lay_words.tsv").read_text("utf-8").splitlines()
    typed = [tuple(terms(line.split("\t")[0])) for line in lines if not line.startswith("#")]
    assert len(set(typed)) == len(typed) > 50
    assert () not in typed
