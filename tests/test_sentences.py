from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatment_search.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_spans_are_offsets_without_the_outer_white_space():
    assert sentence_spans("  It aches.  Rest it. ") == [(2, 11), (13, 21)]


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\n"])
def test_no_text_has_no_sentence(text):
    assert sentence_spans(text) == []


@pytest.mark.parametrize(
    "whole",
    [
        "Dr. Smith and Mrs. Jones saw it.",
        "Prof. Ann B. Carter wrote it.",
        "Use cold, e.g. Ice or peas.",
        "The deep layer, i.e. The fascia, is sore.",
        "See Fig. 2 and Vol. 3 of No. 7.",
        "It was found by Hicks et al. In 1954 too.",
        "Take approx. 3 of them.",
    ],
)
def test_abbreviations_end_no_sentence(whole):
    assert sentences(f"{whole} Then rest.") == [whole, "Then rest."]


def test_a_word_that_ends_like_an_abbreviation_ends_its_sentence():
    assert sentences("Ask the best. See the bones. Then rest.") == [
        "Ask the best.",
        "See the bones.",
        "Then rest.",
    ]


def test_a_decimal_ends_no_sentence():
    assert sentences("Raise it by 2.5 cm. Take 0.5 mg.") == ["Raise it by 2.5 cm.", "Take 0.5 mg."]


def test_a_number_may_begin_a_sentence():
    assert sentences("It takes a week. 3 of 4 get well.") == [
        "It takes a week.",
        "3 of 4 get well.",
    ]


def test_what_goes_on_in_lower_case_is_the_same_sentence():
    assert sentences("It hurt (a lot!) and then stopped... or so it seemed.") == [
        "It hurt (a lot!) and then stopped... or so it seemed."
    ]


@pytest.mark.parametrize(
    "first", ["It helps.[1]", "It helps [1].", "It helps. [1]", "Yes! [1] [22]"]
)
def test_source_numbers_stay_with_their_sentence(first):
    assert sentences(f"{first} It is safe.") == [first, "It is safe."]


@pytest.mark.parametrize(
    "first", ['"It hurts."', "“It hurts.”", "‘It hurts!’", "(It hurts.)", "[It hurts?]"]
)
def test_closing_quotes_and_brackets_stay_with_their_sentence(first):
    assert sentences(f"{first} She rested.") == [first, "She rested."]
    assert sentences(f"She rested. {first}") == ["She rested.", first]


def test_question_and_exclamation_marks_end_sentences_once():
    assert sentences("Does it hurt? Yes!! Really?! Wait… So it does.") == [
        "Does it hurt?",
        "Yes!!",
        "Really?!",
        "Wait… So it does.",
    ]


def test_each_line_of_a_list_is_a_sentence_of_its_own():
    assert sentences("Bring:\n• a towel\n\n• a mat\n1. Lift. Lower") == [
        "Bring:",
        "• a towel",
        "• a mat",
        "1. Lift.",
        "Lower",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("足が痛い。休む！なぜ？", ["足が痛い。", "休む！", "なぜ？"]),
        ("एड़ी में दर्द। आराम करें।", ["एड़ी में दर्द।", "आराम करें।"]),
        ("هل يؤلم؟ نعم.", ["هل يؤلم؟", "نعم."]),
        ("Болит пятка. Нужен отдых.", ["Болит пятка.", "Нужен отдых."]),
    ],
)
def test_other_scripts_have_sentences_too(text, expected):
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "!" * 100_000,
        "! " * 50_000,
        ".[1]" * 25_000,
        ". [" * 33_000,
        "." + " " * 100_000,
        ".'\"" * 33_000,
        ". e" * 33_000,
        "(" * 100_000,
        "a" * 100_000 + ".",
    ],
    ids=lambda text: text[:6],
)
def test_endless_marks_are_read_to_the_end(text):
    covered = "".join(sentences(text))
    assert covered.replace(" ", "") == text.replace(" ", "")


marks = st.sampled_from([".", "!", "?", "…", "。", "'", "”", ")", "[1]", "Dr", "e.g", "1."])
words = st.sampled_from(["It", "hurts", "a", "7", "é", "е\u0301", "👣", "עקב", "\x00"])
spaces = st.sampled_from([" ", "\n", "\r\n", "\t", "\u00a0", "\u2028", "\x1c"])
mixtures = st.lists(st.one_of(marks, words, spaces), max_size=40).map("".join)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=80), mixtures))
def test_every_character_but_white_space_is_in_exactly_one_span(text):
    spans = sentence_spans(text)
    covered = [place for start, end in spans for place in range(start, end)]
    assert covered == sorted(set(covered))
    assert {p for p, c in enumerate(text) if not c.isspace()} <= set(covered)
    assert all(text[a:b] == text[a:b].strip() != "" for a, b in spans)
    assert all("\n" not in text[a:b] for a, b in spans)
