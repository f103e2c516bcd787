from __future__ import annotations

from random import Random

import pytest
from rapidfuzz.distance import DamerauLevenshtein

from treatment_search.analysis import vocabulary
from treatment_search.engine import Engine
from treatment_search.records import Repair
from treatment_search.spelling import Speller

SPELLER = Speller({"heel": 9, "feel": 2, "plantar": 4, "fasciitis": 4, "needle": 5, "the": 9})


def knows(*words: str) -> set[str]:
    return set(words)


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("heeel", "heel"),  # one letter too many; "feel" is two slips away
        ("needel", "needle"),  # neighbours swapped count as one slip
        ("planter", "plantar"),
        ("fasciatis", "fasciitis"),
        ("fashitus", None),  # three slips
        ("hel", None),  # too short to tell
        ("kneel", None),  # two slips in a short word
        ("x2345", None),  # not letters alone
    ],
)
def test_the_closest_word_of_the_collection_is_taken(typed: str, read_as: str | None) -> None:
    text, repairs = SPELLER.repair(f"my {typed} hurts", lambda word: word in knows("hurts"))
    assert text == f"my {read_as or typed} hurts"
    assert repairs == ((Repair(typed, read_as),) if read_as else ())


def test_a_known_word_is_left_as_it_is() -> None:
    assert SPELLER.repair("Planter pots", lambda word: True) == ("Planter pots", ())


def test_the_same_first_letter_wins_half_a_slip() -> None:
    # "heal" is one slip from both; "feal" too, and keeps its f.
    assert SPELLER.closest("heal") == "heel"
    assert SPELLER.closest("feal") == "feel"


def test_the_more_frequent_word_wins_a_tie() -> None:
    speller = Speller({"taping": 2, "tapind": 7})
    assert speller.closest("tapinx") == "tapind"


def test_the_closest_of_a_large_vocabulary_is_that_of_comparing_with_every_word() -> None:
    random = Random(0)  # noqa: S311
    words = {"".join(random.choices("aceilnrstüß", k=random.randint(4, 9))) for _ in range(3_000)}
    counts = {word: random.randint(1, 5) for word in sorted(words)}
    speller, repaired = Speller(counts), 0
    for word in random.sample(sorted(words), 60):
        place = random.randrange(len(word) - 1)
        typed = word[:place] + random.choice(["", "e", word[place] * 2, "xn"]) + word[place + 1 :]
        if len(typed) < 4:
            continue
        slips = {other: DamerauLevenshtein.distance(typed, other) for other in counts}
        within = [other for other in counts if slips[other] <= (1 if len(typed) < 7 else 2)]
        wanted = min(
            within,
            key=lambda o: (slips[o] - 0.5 * (o[0] == typed[0]), -counts[o], o),
            default=None,
        )
        assert speller.closest(typed) == wanted
        repaired += wanted is not None
    assert repaired > 30


def test_accents_and_capitals_do_not_make_a_slip() -> None:
    text, repairs = SPELLER.repair("PLÁNTER", lambda word: False)
    assert (text, repairs) == ("plantar", (Repair("PLÁNTER", "plantar"),))


def test_a_slip_made_twice_is_repaired_twice_and_told_once() -> None:
    text, repairs = SPELLER.repair("plantr or plantr", lambda word: word == "or")
    assert (text, repairs) == ("plantar or plantar", (Repair("plantr", "plantar"),))


def test_a_vocabulary_counts_texts_and_leaves_function_words_out() -> None:
    assert vocabulary(["The heel, the HEEL", "a Heel and calf"]) == {"heel": 2, "calf": 1}


def test_a_misspelt_question_finds_its_passage_and_says_how_it_was_read(engine: Engine) -> None:
    # To the fake model a word of ten letters is two tokens, so no word it knows.
    result = engine.search("strething sored muscels")
    assert Repair("strething", "stretching") not in result.repairs  # one token: a known word
    result = engine.search("therapistt stretchingg")
    assert result.repairs == (
        Repair("therapistt", "therapist"),
        Repair("stretchingg", "stretching"),
    )
    assert result.question == "therapistt stretchingg"
    assert result.hits[0].passage.passage.article_id == "stretching.md"
