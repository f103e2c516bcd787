from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from treatment_search.chunking import TokenCounter, chunk, section_context
from treatment_search.models import find_model
from treatment_search.records import Article, Passage, Section


class CharacterCounter:
    """Four characters of a word are a token: long words split, and sums differ from the whole."""

    def __init__(self, max_tokens: int) -> None:
        self.max_tokens = max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [sum(-(-len(word) // 4) for word in text.split()) for text in texts]


class GreedyCounter(CharacterCounter):
    """Each space is a token too, so that a passage is more than the sum of its sentences."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\s|\S{1,4}", text)) for text in texts]


WORDY = CharacterCounter(100_000)  # reads so much that only the words count


def article_of(*sections: tuple[tuple[str, ...], str], title: str = "Heel spur") -> Article:
    text = ""
    placed = []
    for headings, body in sections:
        text += "\n\n" if text else ""
        placed.append(Section(headings, len(text), len(text) + len(body)))
        text += body
    return Article("heel.md", title, text, tuple(placed))


def sentence(words: int) -> str:
    """A sentence of so many words."""
    return "Rest" + " your" * (words - 2) + " heel."


def paragraph(sentences: int, words: int) -> str:
    return " ".join([sentence(words)] * sentences)


def word_counts(passages: Sequence[Passage]) -> list[int]:
    return [len(passage.text.split()) for passage in passages]


def hold_the_promises(article: Article, counter: TokenCounter) -> None:
    passages = chunk(article, counter)
    tokens = counter.count_tokens([passage.embedded_text for passage in passages])
    assert max(tokens, default=0) <= counter.max_tokens
    covered: list[int] = []
    for passage in passages:
        section = article.sections[passage.section]
        assert article.text[passage.start : passage.end] == passage.text
        assert section.start <= passage.start < passage.end <= section.end
        assert (passage.article_id, passage.headings) == (article.article_id, section.headings)
        covered += range(passage.start, passage.end)
    assert covered == sorted(set(covered))  # in order, and none twice
    wanted = {
        place
        for section in article.sections
        if section.headings[-1:] != ("Sources",)
        for place in range(section.start, section.end)
        if not article.text[place].isspace()
    }
    assert {place for place in covered if not article.text[place].isspace()} == wanted


bits = st.sampled_from(
    ["The needle is moved. ", "Does it hurt? ", "[1] ", "heel ", "e.g. ", "• ", "2.5", "a" * 130]
)
scripts = st.sampled_from(
    ["👩‍⚕️", "👣", "כאב בעקב ", "\u202eألم", "足が痛い。", "एड़ी ", "е\u0301", "\ufdfa"]
)
spaces = st.sampled_from([" ", "\n", "\n\n", "\r\n", "\t", "\x00", "\u2028", "\u00a0", "\x1c"])
mixtures = st.lists(st.one_of(bits, scripts, spaces, st.text(max_size=4)), max_size=60).map("".join)
bodies = st.one_of(st.text(max_size=200), mixtures)
headings = st.lists(st.one_of(st.just("Sources"), st.text(max_size=40), mixtures), max_size=3).map(
    tuple
)
articles = st.builds(
    lambda title, sections: article_of(*sections, title=title),
    st.one_of(st.just("Heel spur"), mixtures),
    st.lists(st.tuples(headings, bodies), max_size=4),
)
MODEL = find_model()


@settings(max_examples=200, deadline=None)
@given(articles)
@pytest.mark.parametrize("counter", [CharacterCounter(24), GreedyCounter(24)], ids=["add", "grow"])
def test_any_text_is_kept_whole_and_fits_a_small_model(counter, article):
    hold_the_promises(article, counter)


@settings(max_examples=100, deadline=None)
@given(articles)
@example(article_of(((), "a" * 100 + " " + "é" * 3_000 + "\n" + "足" * 600)))
@example(article_of((("Ice",), "un-be-liev-able " * 400), title="x-" * 900))
def test_any_text_is_kept_whole_and_fits_the_bundled_model(article):
    hold_the_promises(article, MODEL)


@pytest.mark.parametrize(
    "article",
    [
        article_of(),
        article_of(((), "")),
        article_of(((), " \n\t ")),
        article_of((("How",), ""), (("When",), "")),
    ],
)
def test_without_text_there_is_no_passage(article):
    assert chunk(article, WORDY) == []


def test_a_short_section_is_one_passage_that_knows_its_place():
    article = article_of((("How",), "Cool it."), (("How", "At home"), "  With peas. Twice.  "))
    assert chunk(article, WORDY) == [
        Passage("heel.md", 0, ("How",), "Heel spur › How", 0, 8, "Cool it."),
        Passage(
            "heel.md",
            1,
            ("How", "At home"),
            "Heel spur › How › At home",
            12,
            29,
            "With peas. Twice.",
        ),
    ]


def test_what_is_embedded_is_the_headings_and_the_text():
    (passage,) = chunk(article_of((("How",), "Cool it.")), WORDY)
    assert passage.embedded_text == "Heel spur › How: Cool it."


def test_a_heading_that_repeats_the_title_is_embedded_once():
    article = article_of((("Heel spur", "Ice"), "Cool it."))
    assert section_context(article, article.sections[0], WORDY) == "Heel spur › Ice"


def test_short_sections_are_never_joined():
    article = article_of((("How",), "Cool it."), (("When",), "At night."))
    assert [p.text for p in chunk(article, WORDY)] == ["Cool it.", "At night."]


@pytest.mark.parametrize("heading", ["Sources", "references", "BIBLIOGRAPHY", "Sources:"])
def test_a_list_of_sources_gives_no_passage(heading):
    article = article_of((("How",), "Cool it."), (("How", heading), "Doe J. Ice. 2001."))
    assert [p.text for p in chunk(article, WORDY)] == ["Cool it."]


def test_a_section_below_sources_or_about_them_is_no_list_of_sources():
    article = article_of((("Sources of pain",), "The nerve."), (("Sources", "Ice"), "Cool it."))
    assert [p.text for p in chunk(article, WORDY)] == ["The nerve.", "Cool it."]


@pytest.mark.parametrize("words", [180, 150, 100])
def test_one_paragraph_up_to_the_most_words_stays_whole(words):
    article = article_of(((), paragraph(words // 10, 10)))
    assert word_counts(chunk(article, WORDY)) == [words]


@pytest.mark.parametrize("sentences", [20, 28, 30, 45, 60, 100, 153])
@pytest.mark.parametrize("one_a_line", [True, False])
def test_long_sections_give_passages_of_120_to_180_words(sentences, one_a_line):
    lines = ["Rest your heel and cool it with peas after work."] * sentences
    assert len(lines[0].split()) == 10
    article = article_of(((), ("\n" if one_a_line else " ").join(lines)))
    counts = word_counts(chunk(article, WORDY))
    assert sum(counts) == sentences * 10
    # 200 words have no such division: 100 and 100 are nearest to the target.
    assert counts == [100, 100] if sentences == 20 else 120 <= min(counts) <= max(counts) <= 180


def test_even_paragraphs_are_packed_to_the_target():
    # 50 words a paragraph: three make the target of 150 exactly, at no cost.
    article = article_of(((), "\n\n".join([paragraph(5, 10)] * 9)))
    assert word_counts(chunk(article, WORDY)) == [150, 150, 150]


def test_a_passage_ends_with_a_paragraph_rather_than_at_the_target():
    # 130 + 170 words: (20/150)² twice is 0.036; 150 + 150 would break a paragraph for 0.09.
    article = article_of(((), f"{paragraph(13, 10)}\n\n{paragraph(17, 10)}"))
    assert word_counts(chunk(article, WORDY)) == [130, 170]


def test_a_paragraph_is_broken_when_its_end_is_too_far_from_the_target():
    # 80 + 220 words: the second is over 180 and must be broken somewhere anyway; of the two
    # passages that 300 words make, 150 + 150 breaks once (0.09), while 80 + 110 + 110 costs
    # (70/150)² + 2 (40/150)² + 0.09 = 0.45.
    article = article_of(((), f"{paragraph(8, 10)}\n\n{paragraph(22, 10)}"))
    assert word_counts(chunk(article, WORDY)) == [150, 150]


def test_the_model_s_limit_comes_before_the_target():
    # "Heel spur:" is 1 + 2 tokens of up to four characters, so 97 are left for the text.
    # A sentence of ten words is 1 + 8 + 2 tokens ("heel." is two): 8 of them fit, 9 do not.
    article = article_of(((), paragraph(24, 10)))
    passages = chunk(article, CharacterCounter(100))
    assert word_counts(passages) == [80, 80, 80]


def test_sentences_are_whole_where_they_fit():
    article = article_of(((), paragraph(40, 17)))
    assert all(
        passage.text.startswith("Rest your") and passage.text.endswith("your heel.")
        for passage in chunk(article, WORDY)
    )


@pytest.mark.parametrize("counter", [MODEL, CharacterCounter(24)], ids=["bundled", "small"])
def test_a_sentence_of_5000_words_is_cut_between_words(counter):
    article = article_of(((), sentence(5_000)))
    hold_the_promises(article, counter)
    passages = chunk(article, counter)
    assert sum(word_counts(passages)) == 5_000  # a word cut in two would count twice


def test_a_word_of_10000_characters_is_cut_inside():
    article = article_of(((), "a" * 10_000))
    counter = CharacterCounter(24)
    hold_the_promises(article, counter)
    assert "".join(p.text for p in chunk(article, counter)) == "a" * 10_000


def test_a_word_of_10000_characters_fits_the_bundled_model():
    hold_the_promises(article_of(((), f"Rest {'a' * 10_000} now. {'a-' * 5_000}")), MODEL)


@pytest.mark.parametrize("counter", [MODEL, CharacterCounter(24)], ids=["bundled", "small"])
def test_a_title_of_a_megabyte_leaves_three_quarters_to_the_text(counter):
    article = article_of((("How",), paragraph(4, 10)), title="heel " * 200_000)
    hold_the_promises(article, counter)
    context = chunk(article, counter)[0].context
    assert article.title.startswith(context)
    assert 1 <= counter.count_tokens([context])[0] <= counter.max_tokens // 4


def test_a_title_of_nothing_but_a_word_too_long_still_leaves_the_text():
    article = article_of(((), "Cool it."), title="a" * 1_000_000)
    hold_the_promises(article, CharacterCounter(24))
