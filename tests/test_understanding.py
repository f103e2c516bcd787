from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search import generations
from treatment_search.ingestion import ingest
from treatment_search.questions import parse_question
from treatment_search.records import AlsoSearched, Repair
from treatment_search.retrieval import OpenGeneration
from treatment_search.understanding import QuestionReader

Write = Callable[[str, str], Path]
Read = Callable[[], QuestionReader]

ARCH = AlsoSearched("foot arch", "medial vault")


@pytest.fixture
def read(corpus: Path, index: Path, encoder: ConceptEncoder) -> Read:
    """Ingest the corpus as it is now and return what reads questions for it."""

    def reader() -> QuestionReader:
        ingest(corpus, index, encoder)
        return OpenGeneration.of(generations.live_generation(index)).reader

    return reader


@pytest.fixture
def reader(read: Read) -> QuestionReader:
    return read()


@pytest.fixture
def arch_reader(read: Read, write: Write) -> QuestionReader:
    """What reads questions for a corpus that explains "foot arch" in three articles."""
    for number in range(3):
        write(f"arch{number}.md", f"# Tape {number}\n\nTape lifts the foot arch (medial vault).\n")
    return read()


class LetterEncoder(ConceptEncoder):
    """Reads two letters at a time, as a model reads what it has no piece for."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [(len(text) + 1) // 2 for text in texts]


# Repair


def test_misspelt_words_are_read_as_the_collection_spells_them(
    reader: QuestionReader, encoder: ConceptEncoder
) -> None:
    # To the fake model a word of ten letters is two tokens, so no word it knows.
    typed = parse_question("the therapistt stretchingg twice")
    question, repairs = reader.repaired(typed, encoder)
    assert question == parse_question("the therapist stretching twice")
    assert repairs == (
        Repair("therapistt", "therapist"),
        Repair("stretchingg", "stretching"),
    )


def test_words_that_stand_as_typed_are_not_repaired(
    reader: QuestionReader, encoder: ConceptEncoder
) -> None:
    typed = parse_question("Therapistt stretchingg")
    question, repairs = reader.repaired(typed, encoder, ["therapistt"])
    assert question.text == "Therapistt stretching"
    assert repairs == (Repair("stretchingg", "stretching"),)
    assert reader.repaired(typed, encoder, ["THERAPISTT", "stretchingg"]) == (typed, ())


def test_a_word_that_the_model_knows_as_one_piece_is_no_slip(reader: QuestionReader) -> None:
    typed = parse_question("muscel")  # one letter swapped; six letters are one token
    assert reader.repaired(typed, ConceptEncoder()) == (typed, ())
    assert reader.repaired(typed, LetterEncoder())[1] == (Repair("muscel", "muscle"),)


def test_a_word_that_the_collection_has_in_another_form_is_left(reader: QuestionReader) -> None:
    typed = parse_question("needles injected stretches")  # it has needle, injection, stretch
    assert reader.repaired(typed, LetterEncoder()) == (typed, ())


# Other words


def test_what_the_articles_explain_is_searched_both_ways(arch_reader: QuestionReader) -> None:
    question = parse_question("my foot arch aches")
    assert arch_reader.widened(question).also == (ARCH,)
    other = parse_question("what is a medial vault")
    assert arch_reader.widened(other).also == (AlsoSearched("medial vault", "foot arch"),)


def test_words_that_stand_as_typed_bring_no_others(arch_reader: QuestionReader) -> None:
    question = parse_question("a shot into my foot arch")
    assert arch_reader.widened(question).also == (AlsoSearched("shot", "injection"), ARCH)
    assert arch_reader.widened(question, ["shot"]).also == (ARCH,)
    assert arch_reader.widened(question, ["shot", "foot arch"]) == question


def test_other_words_that_no_article_has_are_not_searched(reader: QuestionReader) -> None:
    assert reader.widened(parse_question("does tylenol help")).also == ()
    assert reader.widened(parse_question("does a shot help")).also != ()


def test_widening_changes_neither_the_text_nor_its_terms(reader: QuestionReader) -> None:
    question = parse_question("does a shot help")
    widened = reader.widened(question)
    assert (widened.text, widened.terms) == (question.text, question.terms)


# Which words are known


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("needles in the muscles", 4 / 4),  # other forms, and function words
        ("a needle for the zebra", 4 / 5),
        ("zebra giraffe", 0.0),
        ("what is it", 1.0),
        ("", 0.0),
        ("?!", 0.0),
    ],
)
def test_the_share_of_known_words_counts_function_words_and_every_form(
    reader: QuestionReader, text: str, share: float
) -> None:
    assert reader.share_of_known_words(text) == pytest.approx(share)


@pytest.mark.parametrize(
    ("typed", "gibberish"),
    [
        ("asdf qwer", True),
        ("asdf needle", True),  # half of it is enough
        ("asdf needle muscle", False),
        ("needle muscle", False),
        ("asdf jab sneakers", False),  # lay words are words, though no article has them
        ("the it is asdf", True),  # function words do not count
        ("a b c needle", False),  # single letters neither
        ("what is it", False),
    ],
)
def test_half_of_the_words_being_none_is_gibberish(
    reader: QuestionReader, typed: str, gibberish: bool
) -> None:
    assert reader.is_gibberish(parse_question(typed), (), LetterEncoder()) is gibberish


def test_what_was_repaired_is_no_gibberish(reader: QuestionReader) -> None:
    typed, encoder = parse_question("muscel needel"), LetterEncoder()
    _, repairs = reader.repaired(typed, encoder)
    assert len(repairs) == 2
    assert not reader.is_gibberish(typed, repairs, encoder)
    assert reader.is_gibberish(typed, (), encoder)


def test_words_that_the_model_reads_in_long_pieces_are_no_gibberish(
    reader: QuestionReader, encoder: ConceptEncoder
) -> None:
    # The fake model reads ten letters as two tokens: longer pieces than random letters give.
    assert not reader.is_gibberish(parse_question("osteopathic telescopes"), (), encoder)
