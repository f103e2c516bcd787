from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_search import highlight
from treatment_search.analysis import content_words, terms
from treatment_search.highlight import MARGIN
from treatment_search.records import Span
from treatment_search.sentences import sentence_spans


def matched_words(text: str, wanted: Sequence[str]) -> tuple[Span, ...]:
    return highlight.matched_words(content_words(text), wanted)


def best_sentence(
    text: str, cosines: Sequence[float], term_shares: Mapping[str, float]
) -> Span | None:
    return highlight.best_sentence(text, content_words(text), cosines, term_shares)


def marked(text: str, question: str) -> list[str]:
    return [text[start:end] for start, end in matched_words(text, terms(question))]


def sentence(text: str, question: str) -> str | None:
    span = best_sentence(text, (), shares(question))
    return text[span[0] : span[1]] if span else None


def shares(question: str) -> dict[str, float]:
    """Every term of the question counts the same."""
    wanted = dict.fromkeys(terms(question))
    return dict.fromkeys(wanted, 1 / len(wanted)) if wanted else {}


def test_other_forms_of_a_word_are_marked() -> None:
    text = "Stretch daily. Stretching helped those who stretched; the stretcher did not."
    assert marked(text, "stretches") == ["Stretch", "Stretching", "stretched"]


def test_terms_that_the_text_lacks_mark_nothing_beside_those_it_has() -> None:
    text = "Stretching helps. Stretch the calf."
    assert matched_words(text, ("stretch", "missing")) == ((0, 10), (18, 25))


def test_marks_are_offsets_in_the_order_of_the_text() -> None:
    # "Pain: " has 6 characters and "heel " five more.
    assert matched_words("Pain: heel pain.", terms("heel pain")) == ((0, 4), (6, 10), (11, 15))


def test_offsets_count_characters_beyond_the_basic_plane() -> None:
    assert matched_words("🦶🏽 heel", terms("heel")) == ((3, 7),)


def test_function_words_are_never_marked() -> None:
    assert marked("It is in the heel, and it is bad.", "what is it in the heel and why") == ["heel"]


def test_a_part_of_a_word_is_not_marked() -> None:
    assert marked("Heelless shoes and wheels.", "heel") == []


def test_no_terms_mark_nothing() -> None:
    assert matched_words("Heel pain. Calf pain.", ()) == ()
    assert best_sentence("Heel pain. Calf pain.", (), {}) is None


def test_the_sentence_with_most_terms_is_found() -> None:
    text = "Rest helps. Morning pain in the heel fades after a walk. The calf is tight."
    wanted = "Morning pain in the heel fades after a walk."
    assert sentence(text, "heel pain in the morning") == wanted
    assert best_sentence(text, (), shares("heel pain in the morning")) == (12, 12 + len(wanted))


def test_other_forms_count_towards_the_sentence() -> None:
    text = "Rest helps. Stretching the calves hurts at first. The ankle is stiff."
    assert sentence(text, "calves hurting when stretched") == (
        "Stretching the calves hurts at first."
    )


def test_a_term_said_twice_counts_once() -> None:
    # "heel" three times is one term; "heel" and "pain" are two.
    text = "The heel is the heel is the heel. Pain in the heel is common."
    assert sentence(text, "heel pain") == "Pain in the heel is common."


def test_no_sentence_is_marked_when_two_hold_as_many_terms() -> None:
    text = "Heel pain comes first. Heel pain goes last. The calf is tight."
    assert sentence(text, "heel pain") is None


def test_the_nearest_sentence_is_marked_when_no_word_tells() -> None:
    text = "Rest helps. The first steps hurt. Ice is cold."
    assert best_sentence(text, [0.1, 0.5, 0.2], {}) == (12, 33)


def test_a_sentence_must_beat_the_next_by_a_margin() -> None:
    text = "Rest helps. The first steps hurt."
    assert best_sentence(text, [0.5, 0.5 - MARGIN + 0.001], {}) is None
    assert best_sentence(text, [0.5, 0.5 - MARGIN - 0.001], {}) == (0, 11)


def test_words_and_nearness_are_added() -> None:
    # 0.4 of the question's words make up for 0.2 of nearness, 0.7 for the margin as well.
    text = "Rest helps. The heel hurts."
    assert best_sentence(text, [0.6, 0.4], {"heel": 0.4}) is None
    assert best_sentence(text, [0.6, 0.4], {"heel": 0.7}) == (12, 27)


def test_the_rarer_word_says_more() -> None:
    text = "Heel trouble. Calf trouble. Rest."
    assert best_sentence(text, (), {"heel": 0.3, "calf": 0.6, "pain": 0.1}) == (14, 27)


def test_of_two_sentences_alike_none_is_marked() -> None:
    text = "The heel hurts. The heel hurts."
    assert best_sentence(text, [0.6, 0.6], {"heel": 1.0}) is None


def test_a_cosine_is_needed_for_each_sentence_or_for_none() -> None:
    with pytest.raises(ValueError, match="shorter"):
        best_sentence("The heel hurts. The calf is tight.", [0.6], {"heel": 1.0})


def test_a_text_without_a_sentence_has_no_mark() -> None:
    assert best_sentence("", (), {"heel": 1.0}) is None


def test_one_more_term_than_the_next_is_enough() -> None:
    text = "Heel pain in the morning. Heel pain at night. Nothing else."
    assert sentence(text, "heel pain in the morning") == "Heel pain in the morning."


def test_a_passage_of_one_sentence_needs_no_mark() -> None:
    assert sentence("Heel pain in the morning fades after a walk.", "heel pain morning") is None


def test_a_source_number_stays_with_its_sentence() -> None:
    text = "Heel pain in the morning fades.[1] The calf is tight.[2] Rest helps."
    assert sentence(text, "morning heel pain") == "Heel pain in the morning fades.[1]"


@given(st.text(max_size=200), st.text(max_size=60))
def test_marks_lie_within_the_text_and_do_not_overlap(text: str, question: str) -> None:
    wanted = terms(question)
    ends = [0]
    for start, end in matched_words(text, wanted):
        assert ends[-1] <= start < end <= len(text)
        assert terms(text[start:end])[0] in wanted
        ends.append(end)
    span = best_sentence(text, (), shares(question))
    assert span is None or span in sentence_spans(text)
