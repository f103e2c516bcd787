from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_search.errors import QuestionRefused
from treatment_search.questions import MOST_CHARACTERS, Question, parse_question


def test_a_question_keeps_its_words_and_its_content_terms():
    assert parse_question("Why does my heel hurt in the morning?") == Question(
        "Why does my heel hurt in the morning?", ("heel", "hurt", "morn")
    )


@pytest.mark.parametrize("typed", ["", " ", "\n\t \u00a0\u3000", "\x00\x07\x1b", "\ud800"])
def test_an_empty_question_is_refused(typed):
    with pytest.raises(QuestionRefused, match="the question is empty"):
        parse_question(typed)


@pytest.mark.parametrize("typed", ["?", "!?… -- ()", "👣🔥", "\u202e\u2066\u200f", "___", "<>&*"])
def test_a_question_without_a_word_is_refused(typed):
    with pytest.raises(QuestionRefused, match="holds no word"):
        parse_question(typed)


def test_a_question_of_function_words_alone_is_searched_by_meaning():
    assert parse_question("What is it?") == Question("What is it?", ())


def test_terms_are_named_once_in_the_order_they_came():
    assert parse_question("calf or heel, HEEL or calves’ heels?").terms == ("calf", "heel", "calv")


def test_the_longest_question_is_searched_and_one_character_more_is_refused():
    assert len(parse_question("a" * MOST_CHARACTERS).text) == 5_000
    with pytest.raises(QuestionRefused, match="5,001 characters; at most 5,000"):
        parse_question("a" * 5_001)


def test_a_hundred_thousand_characters_are_refused():
    with pytest.raises(QuestionRefused, match="100,000 characters"):
        parse_question("heel pain " * 9_999 + "heel  pains")


def test_white_space_does_not_count_to_the_length():
    assert parse_question("heel" + " " * 100_000 + "\npain").text == "heel pain"


@pytest.mark.parametrize("between", ["\x00", "\x1b", "\r\n", "\t", "\x7f", "\u0085", "\udcff"])
def test_control_characters_become_spaces(between):
    assert parse_question(f"heel{between}pain") == Question("heel pain", ("heel", "pain"))


@pytest.mark.parametrize("marks", ["\u202e\u202c", "\u2066\u2069", "\u200e\u200f", "\ufeff\ufeff"])
def test_marks_of_direction_change_no_term(marks):
    opening, closing = marks
    assert parse_question(f"{opening}heel pain{closing}").terms == ("heel", "pain")


@pytest.mark.parametrize(
    "typed", ['"heel" AND NOT pain', "heel:pain*", "(heel~ ^pain", "-heel +pain"]
)
def test_no_sign_of_a_query_language_has_a_meaning(typed):
    assert parse_question(typed) == Question(typed, ("heel", "pain"))


def test_right_to_left_questions_are_kept_whole():
    assert parse_question("כאב בעקב?") == Question("כאב בעקב?", ("כאב", "בעקב"))


@given(st.text(max_size=200))
def test_whatever_is_typed_is_a_clean_question_or_refused(typed):
    try:
        question = parse_question(typed)
    except QuestionRefused:
        assert not any(c.isascii() and c.isalnum() for c in typed)
    else:
        assert question.text == " ".join(question.text.split()) != ""
        assert len(set(question.terms)) == len(question.terms)
        assert parse_question(question.text) == question
