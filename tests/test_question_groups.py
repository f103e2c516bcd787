from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.concepts import ConceptEncoder
from tests.question_pairs import OTHER, SAME
from treatment_search.encoder import load_encoder
from treatment_search.engine import Engine
from treatment_search.models import BUNDLED
from treatment_search.question_groups import (
    SAME_FROM,
    AskedQuestion,
    KeptQuestion,
    Miss,
    grouped,
    missed,
    tallied,
)
from treatment_search.records import Band

MONDAY, TUESDAY, FRIDAY = (f"2026-11-{day}T09:00:00+00:00" for day in (23, 24, 27))


def asked(text: str, count: int, first: str = MONDAY, last: str = MONDAY) -> AskedQuestion:
    return AskedQuestion(text, count, 0, first, last)


def test_a_wording_is_counted_once_whatever_its_spaces_capitals_and_last_marks() -> None:
    kept = [
        KeptQuestion(TUESDAY, Miss.NOTHING, "Does  Botox help?"),
        KeptQuestion(MONDAY, Miss.WEAK, "is it safe"),
        KeptQuestion(FRIDAY, Miss.WEAK, "does botox help"),
    ]
    assert tallied(kept) == [
        AskedQuestion("Does  Botox help?", 2, 1, TUESDAY, FRIDAY),
        AskedQuestion("is it safe", 1, 0, MONDAY, MONDAY),
    ]


def test_of_those_asked_as_often_the_one_asked_last_comes_first() -> None:
    kept = [
        KeptQuestion(MONDAY, Miss.NOTHING, "b"),
        KeptQuestion(FRIDAY, Miss.NOTHING, "c"),
        KeptQuestion(MONDAY, Miss.NOTHING, "a"),
    ]
    assert [one.text for one in tallied(kept)] == ["c", "a", "b"]


def at(*degrees: float) -> np.ndarray:
    """Return unit vectors in a plane; the cosine of two is that of the angle between them."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_question_joins_the_nearest_first_question_that_is_near_enough() -> None:
    # cos 30 = .87 joins, cos 40 = .77 does not. The last is near to both leaders, 15 and 25
    # degrees away: it joins the nearer one, although that is the smaller group.
    tally = [asked("a", 5), asked("b", 3), asked("c", 2), asked("d", 1)]
    groups = grouped(tally, at(0, 40, -30, 25))
    assert math.cos(math.radians(40)) < SAME_FROM < math.cos(math.radians(30))
    assert [[one.text for one in group.questions] for group in groups] == [["a", "c"], ["b", "d"]]
    assert [group.count for group in groups] == [5 + 2, 3 + 1]


def test_a_group_that_gathers_more_comes_before_a_question_asked_more_often() -> None:
    tally = [asked("a", 4), asked("b", 3, MONDAY, TUESDAY), asked("c", 2, TUESDAY, FRIDAY)]
    first, second = grouped(tally, at(0, 90, 95))
    assert [one.text for one in first.questions] == ["b", "c"]
    assert (first.count, first.first, first.last) == (5, MONDAY, FRIDAY)
    assert [one.text for one in second.questions] == ["a"]


def test_no_question_is_no_group() -> None:
    assert grouped([], np.empty((0, 2), np.float32)) == []


def test_questions_of_one_meaning_share_a_group(encoder: ConceptEncoder) -> None:
    tally = [asked("does a jab cost money", 3), asked("price of a steroid", 2), asked("needles", 1)]
    vectors = encoder.encode_questions([one.text for one in tally])
    groups = grouped(tally, vectors)
    assert [len(group.questions) for group in groups] == [2, 1]


def test_nothing_and_only_weak_matches_are_misses_and_filters_tell_nothing(engine: Engine) -> None:
    nothing = engine.search("mortgage refinancing")
    assert missed(nothing, is_narrowed=False) is Miss.NOTHING
    assert missed(nothing, is_narrowed=True) is Miss.NOTHING
    found = engine.search("needles", 2)
    first, second = found.hits
    weak = replace(first, band=Band.WEAK), replace(second, band=Band.WEAK)
    only_weak = replace(found, hits=weak)
    assert missed(only_weak, is_narrowed=False) is Miss.WEAK
    assert missed(only_weak, is_narrowed=True) is None
    one_better = replace(found, hits=(weak[0], replace(second, band=Band.POSSIBLE)))
    assert missed(one_better, is_narrowed=False) is None
    assert missed(replace(found, hits=()), is_narrowed=True) is None  # all were filtered out


@pytest.mark.real_model
def test_the_threshold_parts_the_pairs_as_it_says() -> None:
    encoder = load_encoder(BUNDLED)

    def joined(pairs: list[tuple[str, str]]) -> int:
        left, right = (encoder.encode_questions(texts) for texts in zip(*pairs, strict=True))
        return int(((left * right).sum(axis=1) >= SAME_FROM).sum())

    assert joined(SAME) >= 10
    assert joined(OTHER) <= 2
