"""What stands beside the passages: reasons, when to get help, urgent passages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import DIMENSIONS, ConceptEncoder, concept_vector
from treatment_search.answers import MOST_URGENT, nearest_with_sentence
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
from treatment_search.records import (
    AlsoSearched,
    Band,
    Hit,
    Mode,
    Repair,
    Role,
    SearchResult,
    StoredPassage,
    UrgentPassage,
    Verdict,
)
from treatment_search.references import urgent_signs
from treatment_search.vectors import Vectors

Write = Callable[[str, str], Path]

SPRAIN = """# Sprained ankle

## How it is treated

Cool it with ice. Then do the exercise of the morning.

## When to see a doctor

See a doctor when it stays.

## Get help now

Keep the leg still. Call an ambulance when bone sticks out.

## Red flags

The bone sticks out again.
"""
URGENT = "Keep the leg still. Call an ambulance when bone sticks out."
FLAGS = "The bone sticks out again."
DOCTOR = "See a doctor when it stays."
SIGNS = frozenset(urgent_signs())


class SignEncoder(ConceptEncoder):
    """Knows urgent signs: an axis of their own holds them, and texts on bone that sticks out.

    A text of more than twelve words is too long for it to notice the bone.
    """

    def vector(self, text: str) -> Vectors:
        if text in SIGNS or ("bone stick" in text and len(text.split()) <= 12):
            return np.append(np.zeros(DIMENSIONS, np.float32), np.float32(1.0))
        return np.append(concept_vector(text), np.float32(0.0))


@pytest.fixture
def sprains(corpus: Path, index: Path, write: Write) -> Engine:
    """An engine over the three articles and one that says when to get help."""
    write("sprain.md", SPRAIN)
    ingest(corpus, index, SignEncoder())
    return Engine(index, encoder_for=lambda _: SignEncoder())


def texts(passages: Sequence[StoredPassage]) -> list[str]:
    return [stored.passage.text for stored in passages]


def hit_with(result: SearchResult, text: str) -> Hit:
    (hit,) = (hit for hit in result.hits if hit.passage.passage.text.startswith(text))
    return hit


# Why a passage is shown


def test_the_words_are_told_as_they_stand_in_the_passage_each_once(engine: Engine) -> None:
    result = engine.search("needles that moved, and muscles")
    # "needle" stands there twice, in the singular.
    assert hit_with(result, "The therapist").why.words == ("needle", "muscle", "moved")
    assert hit_with(result, "People who take").why.words == ("needling",)
    assert hit_with(result, "Stretch three").why.words == ()


def test_a_passage_nearer_than_other_things_is_shown_by_its_meaning(engine: Engine) -> None:
    result = engine.search("needles")
    assert hit_with(result, "The therapist").why.by_meaning
    # This one shares nothing with the question: its cosine is 0, no more than to other things.
    far = hit_with(result, "The injection")
    assert (far.dense, far.why.by_meaning) == (0.0, False)


def test_by_words_alone_nothing_is_shown_by_its_meaning(engine: Engine) -> None:
    hits = engine.search("needles", mode=Mode.KEYWORD).hits
    assert [hit.why.by_meaning for hit in hits] == [False, False]
    assert hits[0].why.words == ("needle",)


def test_a_repair_is_a_reason_where_the_passage_holds_the_word(engine: Engine) -> None:
    result = engine.search("therapistt stretchingg")
    therapist, stretching = result.repairs
    assert hit_with(result, "The therapist").why.repairs == (therapist,)
    assert hit_with(result, "Stretch three").why.repairs == (stretching,)
    assert hit_with(result, "The injection").why.repairs == ()
    assert therapist == Repair("therapistt", "therapist")


def test_another_word_is_a_reason_where_the_passage_holds_it(engine: Engine) -> None:
    result = engine.search("does a shot help")
    pair = AlsoSearched("shot", "injection")
    assert result.also == (pair,)
    assert {hit.passage.passage.article_id for hit in result.hits if hit.why.also} == {
        "jabs/steroid.txt"
    }
    assert hit_with(result, "The injection").why.also == (pair,)
    assert hit_with(result, "The injection").why.words == ("injection", "helps")


def test_the_bands_fall_along_the_ranking(engine: Engine) -> None:
    order = [Band.STRONG, Band.POSSIBLE, Band.WEAK]
    for question in ("needles", "stretch in the morning", "doctor", "steroid injection"):
        places = [order.index(hit.band) for hit in engine.search(question).hits]
        assert places == sorted(places)


def test_nothing_is_marked_in_a_section_that_answers_nothing(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    text = "The needle is not covered. Rest is."
    write("other.md", f"# Needle\n\n## What this article does not cover\n\n{text}\n")
    write("how.md", f"# Needle\n\n## How it is done\n\n{text} So is ice.\n")
    ingest(corpus, index, encoder)
    result = Engine(index, encoder_for=lambda _: encoder).search("needle")
    marked = {hit.passage.passage.article_id: hit.sentence for hit in result.hits}
    assert marked["how.md"] == (0, len("The needle is not covered."))
    assert marked["other.md"] is None


# When to get help


def test_urgent_help_stands_before_the_doctors_with_every_passage_of_an_article(
    sprains: Engine,
) -> None:
    hit = hit_with(sprains.search("ice for a sprained ankle"), "Cool it")
    assert [(stored.role, stored.passage.text) for stored in hit.help] == [
        (Role.URGENT, URGENT),
        (Role.DOCTOR, DOCTOR),
    ]


def test_help_is_never_the_passage_itself(sprains: Engine) -> None:
    doctor = hit_with(sprains.search("doctor for a sprained ankle"), "See a doctor")
    assert texts(doctor.help) == [URGENT]
    # Beside the first urgent passage stands the second one.
    urgent = hit_with(sprains.search("ambulance for the leg"), "Keep the leg still")
    assert texts(urgent.help) == [FLAGS, DOCTOR]


def test_an_article_that_says_nothing_of_help_has_none(sprains: Engine) -> None:
    assert hit_with(sprains.search("needles"), "The therapist").help == ()


# Urgent signs


def test_the_nearest_urgent_passage_is_pinned_with_its_sentence(sprains: Engine) -> None:
    (pinned,) = sprains.search("bone sticking out of my leg").urgent
    assert isinstance(pinned, UrgentPassage)
    assert pinned.passage.passage.text == FLAGS  # all of it is about bone, half of the other
    assert pinned.passage.role is Role.URGENT
    assert pinned.sentence == (0, len(FLAGS))


def test_the_nearest_of_thousands_is_found_without_reading_every_sentence() -> None:
    random = np.random.default_rng(0)
    numbers = random.permutation(3_000).tolist()
    whole = random.uniform(0.0, 0.7, 3_000).tolist()
    sentences = [random.uniform(0.0, 1.0, n % 5).tolist() for n in range(3_000)]  # every fifth none
    read: list[int] = []

    def cosines_of(some: Sequence[int]) -> list[list[float]]:
        read.extend(some)
        return [sentences[number] for number in some]

    def total(number: int) -> float:
        own = whole[numbers.index(number)]
        return own + max(sentences[number], default=own)

    best = max(numbers, key=total)
    nearest = sorted(zip(numbers, whole, strict=True), key=lambda pair: (-pair[1], pair[0]))
    assert nearest_with_sentence(nearest, cosines_of) == (best, sentences[best])
    # Passages that lie below what is missing to the best one cannot win with any sentence.
    hopeless = {n for n, own in zip(numbers, whole, strict=True) if own + 1 < total(best)}
    assert len(hopeless) > 1_500
    assert len(hopeless.intersection(read)) < 2 * 128


def test_of_very_many_passages_only_the_nearest_as_a_whole_are_looked_into() -> None:
    # Whole cosines so close together that no cut-off ends the reading.
    nearest = [(n, 0.5 - n * 1e-6) for n in range(3 * MOST_URGENT)]
    read: list[int] = []

    def cosines_of(some: Sequence[int]) -> list[list[float]]:
        read.extend(some)
        return [[0.9 if n >= MOST_URGENT - 1 else 0.1] for n in some]

    assert nearest_with_sentence(nearest, cosines_of) == (MOST_URGENT - 1, [0.9])
    assert read == list(range(MOST_URGENT))


def test_of_passages_equally_near_the_first_is_taken() -> None:
    of = {7: [0.2, 0.5], 3: [0.5], 5: [0.5]}
    nearest = [(3, 0.4), (5, 0.4), (7, 0.4)]
    found = nearest_with_sentence(nearest, lambda some: [of[n] for n in some])
    assert found == (3, [0.5])
    # 0.25 + 0.75 is as much as 0.5 twice, for a passage without sentences.
    of = {1: [], 0: [0.75]}
    found = nearest_with_sentence([(1, 0.5), (0, 0.25)], lambda some: [of[n] for n in some])
    assert found == (0, [0.75])
    assert nearest_with_sentence([], lambda some: []) is None


def test_a_calm_question_pins_nothing(sprains: Engine) -> None:
    for calm in ("needles in the calf", "ice for a sprained ankle", "mortgage refinancing"):
        assert sprains.search(calm).urgent == ()


def test_one_clause_of_a_long_story_is_enough(sprains: Engine) -> None:
    story = (
        "I have done the exercise every morning for weeks and it went quite well, "
        "then I fell off a wall and there is bone sticking out"
    )
    assert sprains.search(story).urgent != ()
    assert sprains.search(story.replace("bone sticking out", "nothing to see")).urgent == ()


def test_it_is_pinned_though_nothing_else_is_found(corpus: Path, index: Path, write: Write) -> None:
    # Every heading is about a treatment, so that a question about none is far from all of them.
    write("sprain.md", SPRAIN.replace("Sprained ankle", "Needling an ankle"))
    ingest(corpus, index, SignEncoder())
    engine = Engine(index, encoder_for=lambda _: SignEncoder())
    story = "my mortgage and my garden window and a train to London made me late"
    assert engine.search(story).verdict is Verdict.NOTHING
    assert engine.search(story).urgent == ()
    result = engine.search(f"{story}, there is bone sticking out")
    assert result.verdict is Verdict.NOTHING
    assert [one.passage.role for one in result.urgent] == [Role.URGENT]


def test_a_collection_that_says_nothing_of_urgent_help_pins_nothing(
    corpus: Path, index: Path
) -> None:
    ingest(corpus, index, SignEncoder())
    engine = Engine(index, encoder_for=lambda _: SignEncoder())
    assert engine.search("bone sticking out of my leg").urgent == ()


def test_by_words_alone_nothing_is_known_to_be_urgent(sprains: Engine) -> None:
    assert sprains.search("bone sticking out of my leg", mode=Mode.KEYWORD).urgent == ()
