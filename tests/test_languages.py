from __future__ import annotations

import pytest

from treatment_search.languages import language_of_article, language_of_question
from treatment_search.records import Language

ENGLISH = ("en",)
GERMAN = (
    "Die Fersenspornbehandlung beginnt mit einfachen Dehnübungen für die Wade. Wer morgens beim "
    "Aufstehen Schmerzen hat, soll die Übungen dreimal am Tag machen."
)


def language(question: str, known: float = 0.0) -> Language | None:
    return language_of_question(question, ENGLISH, known)


# Questions


@pytest.mark.parametrize(
    ("question", "code", "name"),
    [
        ("wie oft muss ich die Wade dehnen", "de", "German"),
        ("hoe vaak moet ik mijn kuit rekken", "nl", "Dutch"),
        ("j'ai mal au talon quand je me lève le matin", "fr", "French"),
        ("болит пятка по утрам что делать", "ru", "Russian"),
        ("朝起きると、かかとが痛い", "ja", "Japanese"),
        ("دواء لألم الكعب في الصباح", "ar", "Arabic"),
    ],
)
def test_a_question_that_the_model_cannot_read_is_named_by_its_language(
    question: str, code: str, name: str
) -> None:
    assert language(question) == Language(code, name)


@pytest.mark.parametrize(
    "question",
    [
        "why does my heel hurt in the morning",
        "my heal hurtz wen i wlak in the mornin",
        "WHY DOES MY HEEL HURT IN THE MORNING",
    ],
)
def test_english_is_read_however_it_is_spelt(question: str) -> None:
    assert language(question) is None


@pytest.mark.parametrize("question", ["hurtz heal wlak mornin", "plntar fasitis exersize nite"])
def test_where_the_language_is_not_sure_nothing_is_told(question: str) -> None:
    assert language(question) is None


def test_a_question_that_shares_its_words_with_the_articles_is_taken_for_theirs() -> None:
    question = "wie oft muss ich die Wade dehnen"
    assert language(question, known=0.41) is None
    assert language(question, known=0.4) == Language("de", "German")


def test_shared_words_do_not_excuse_another_script() -> None:
    # A question in Russian may name a treatment as the articles write it.
    assert language("болит пятка по утрам, поможет ли dry needling", known=0.9) == Language(
        "ru", "Russian"
    )


def test_two_latin_words_are_too_few_to_tell() -> None:
    assert language("Fersensporn Behandlung") is None
    assert language("Fersensporn Behandlung Schmerzen") is not None


def test_one_word_of_another_script_is_enough() -> None:
    assert language("かかと") == Language("ja", "Japanese")


def test_a_language_that_has_no_name_here_is_another_language() -> None:
    found = language("планта")  # Belarusian, as far as one word tells
    assert found is not None
    assert found.name == "another language"


@pytest.mark.parametrize("question", ["12 3 4", "112", "5-10 🦶"])
def test_a_question_without_letters_is_in_no_other_language(question: str) -> None:
    assert language_of_question(question, ENGLISH, 1.0) is None


def test_a_model_that_reads_the_language_is_told_nothing() -> None:
    question = "wie oft muss ich die Wade dehnen"
    assert language_of_question(question, ("en", "de"), 0.0) is None
    assert language_of_question("why does my heel hurt", ("de",), 0.0) == Language("en", "English")


def test_a_model_that_says_no_languages_reads_everything() -> None:
    assert language_of_question("朝起きると、かかとが痛い", (), 0.0) is None
    assert language_of_article(GERMAN, ()) is None


# Articles


def test_an_article_that_the_model_cannot_read_is_named_by_its_language() -> None:
    assert language_of_article(GERMAN, ENGLISH) == Language("de", "German")
    assert language_of_article(GERMAN, ("en", "de")) is None


def test_an_english_article_is_read() -> None:
    text = "Stretch three times a day. Hold each stretch for thirty seconds."
    assert language_of_article(text, ENGLISH) is None


def test_a_foreign_title_in_an_english_article_does_not_make_it_foreign() -> None:
    text = "Fersensporn. " + "The heel hurts in the morning and gets better on the way. " * 5
    assert language_of_article(text, ENGLISH) is None


@pytest.mark.parametrize("text", ["", "12 34 56", "PRP NSAID MRI"])
def test_what_is_hardly_text_is_in_no_other_language(text: str) -> None:
    assert language_of_article(text, ENGLISH) is None
