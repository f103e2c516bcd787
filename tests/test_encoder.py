"""The real model does what the Encoder protocol promises, whichever way it is run."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from treatment_search.encoder import ModelEncoder, load_encoder
from treatment_search.models import BUNDLED, find_model
from treatment_search.original import SentenceTransformerRuntime
from treatment_search.records import Span
from treatment_search.sentences import sentence_spans
from treatment_search.vectors import Vectors, unit

pytestmark = pytest.mark.real_model

HEADINGS = "Plantar fasciitis › What helps: "
SENTENCES = [
    "Stretch the calf three times a day.",
    "A steroid injection helps for about a month.",
    "Wear shoes with a thick soft sole.",
    "Call an ambulance if you cannot breathe.",
]
PASSAGES = [
    HEADINGS + " ".join(SENTENCES),
    HEADINGS + SENTENCES[1],
    "Heel › Café 🦶🏽: " + " ".join(SENTENCES[2:]),
]


@pytest.fixture(scope="module", params=["original", "compiled"])
def encoder(request: pytest.FixtureRequest, real_index: Path) -> ModelEncoder:
    encoder = load_encoder(BUNDLED, real_index if request.param == "compiled" else None)
    assert encoder.runtime.startswith(
        "OpenVINO" if request.param == "compiled" else "sentence-transformers"
    )
    return encoder


def spans_of(passage: str) -> list[Span]:
    """Return where the sentences after the headings stand."""
    offset = passage.index(": ") + 2
    return [(start + offset, end + offset) for start, end in sentence_spans(passage[offset:])]


def assert_units(vectors: Vectors) -> None:
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-5)
    assert vectors.dtype == np.float32


def test_a_passages_vector_is_that_of_its_text(encoder: ModelEncoder) -> None:
    vectors, _ = encoder.encode_passages(PASSAGES, [spans_of(text) for text in PASSAGES])
    assert_units(vectors)
    alone = encoder.encode_texts(PASSAGES)
    assert_units(alone)
    assert np.abs(vectors - alone).max() < 1e-3


def test_each_sentence_has_a_vector_in_order_and_a_passage_without_any_has_none(
    encoder: ModelEncoder,
) -> None:
    spans = [spans_of(PASSAGES[0]), [], spans_of(PASSAGES[2])]
    _, sentences = encoder.encode_passages(PASSAGES, spans)
    assert [rows.shape for rows in sentences] == [
        (4, encoder.dimensions),
        (0, encoder.dimensions),
        (2, encoder.dimensions),
    ]
    assert all(rows.dtype == np.int8 for rows in sentences)
    assert all(np.abs(rows.astype(int)).max() == 127 for rows in sentences if len(rows))


@pytest.mark.parametrize("passage", [0, 2])
def test_a_question_in_the_words_of_a_sentence_is_nearest_to_it(
    encoder: ModelEncoder, passage: int
) -> None:
    spans = [spans_of(text) for text in PASSAGES]
    _, sentences = encoder.encode_passages(PASSAGES, spans)
    own = [PASSAGES[passage][start:end] for start, end in spans[passage]]
    assert own == SENTENCES[-len(own) :]  # also behind characters of two and more bytes
    asked = encoder.encode_questions(own)
    cosines = unit(sentences[passage].astype(np.float32)) @ asked.T
    assert cosines.argmax(axis=0).tolist() == list(range(len(own)))


def test_passages_of_all_lengths_keep_their_order(encoder: ModelEncoder) -> None:
    # Batches are sorted by length; 40 texts are more than one batch.
    texts = [f"Day {n}: " + "Rest and ice. " * (1 + 7 * n % 11) for n in range(40)]
    told: list[int] = []
    vectors, sentences = encoder.encode_passages(texts, [spans_of(t) for t in texts], told.append)
    assert sum(told) == 40
    assert [len(rows) for rows in sentences] == [1 + 7 * n % 11 for n in range(40)]
    for number in (0, 17, 39):
        alone = encoder.encode_texts([texts[number]])
        assert float(alone[0] @ vectors[number]) > 0.999


def test_questions_are_encoded_one_by_one_as_together(
    encoder: ModelEncoder,
) -> None:
    questions = ["why does my heel hurt", "what does an injection cost", "flat feet"]
    together = encoder.encode_questions(questions)
    assert_units(together)
    for question, vector in zip(questions, together, strict=True):
        assert float(encoder.encode_questions([question])[0] @ vector) > 0.999


def test_no_texts_have_no_vectors(encoder: ModelEncoder) -> None:
    assert encoder.encode_questions([]).shape == (0, encoder.dimensions)
    assert encoder.encode_texts([]).shape == (0, encoder.dimensions)
    vectors, sentences = encoder.encode_passages([], [])
    assert (vectors.shape, sentences) == ((0, encoder.dimensions), [])


def test_of_a_question_longer_than_the_model_reads_nothing_is_cut_off(
    encoder: ModelEncoder,
) -> None:
    story = "I have had pain in my heel since last summer when I began to run again. " * 40
    assert encoder.count_tokens([story])[0] > encoder.max_tokens
    endings = [story + "Is a steroid injection safe?", story + "Which bread is gluten free?"]
    told, other = encoder.encode_questions(endings)
    assert float(told @ other) < 0.999
    # Every piece counts: the end of either is nearer to its own question than to the other's.
    asked = encoder.encode_questions(["is a steroid injection safe", "which bread is gluten free"])
    nearness = np.stack([told, other]) @ asked.T
    assert nearness[0, 0] - nearness[1, 0] > 0
    assert nearness[1, 1] - nearness[0, 1] > 0


def test_a_long_question_beside_short_ones_moves_none_of_them(
    encoder: ModelEncoder,
) -> None:
    long = "my heel hurts when I walk on hard floors all day long. " * 60
    questions = ["flat feet", long, "shoes for work", long + "and now?"]
    together = encoder.encode_questions(questions)
    assert together.shape == (4, encoder.dimensions)
    assert_units(together)
    for question, vector in zip(questions, together, strict=True):
        assert float(encoder.encode_questions([question])[0] @ vector) > 0.999
    assert all(float(a @ b) < 0.999 for a, b in pairwise(together))


def test_the_bundled_model_says_that_it_reads_english(
    encoder: ModelEncoder,
) -> None:
    assert encoder.languages == ("en",)


def test_vectors_are_those_of_sentence_transformers_in_full_precision(
    encoder: ModelEncoder,
) -> None:
    exact = SentenceTransformerRuntime(find_model(), exact=True)
    texts = [*PASSAGES, *SENTENCES, "flat feet", "Why? " * 120]
    wanted = {one.row: one.vector for one in exact.run(texts, "", tokens=False)}
    for vectors in (encoder.encode_texts(texts), encoder.encode_questions(texts)):
        assert [float(vectors[row] @ wanted[row]) > 0.999 for row in range(len(texts))] == [
            True
        ] * len(texts)


def test_the_same_texts_have_the_same_vectors_to_the_last_bit(encoder: ModelEncoder) -> None:
    first, again = encoder.encode_texts(PASSAGES), encoder.encode_texts(PASSAGES)
    assert np.array_equal(first, again)
