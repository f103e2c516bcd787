from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from treatment_search import generations
from treatment_search.engine import Engine
from treatment_search.offtopic import (
    FEWEST,
    REFUSED,
    coverage,
    floor_of,
    not_covered,
)
from treatment_search.records import Verdict
from treatment_search.references import off_topic_questions


def test_coverage_is_nearness_less_that_to_other_things_and_a_share_of_known_words() -> None:
    nearest = (0.6, 0.5, 0.4)  # of the passage and the heading in each place, the better one
    found = coverage([0.6, 0.4, 0.4], [0.5, 0.5, 0.1], [0.3, 0.2, 0.1, 0.1], 0.5)
    against = (0.3 + 0.2 + 0.1) / 3  # the nearest three
    assert found == pytest.approx((0.6 + sum(nearest) / 3) / 2 - against + 0.2 * 0.5)


def test_nothing_near_is_not_covered_and_nothing_against_costs_nothing() -> None:
    assert coverage([], [], [0.1], 1.0) == -1.0
    assert coverage([0.5], [0.3], [], 0.0) == pytest.approx(0.5)


def test_a_question_nearer_to_an_article_than_to_the_list_is_on_topic() -> None:
    vectors = np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]], np.float32)
    # The first two are 0.6 from each other, the third has nothing near.
    assert not_covered([0.5, 0.7, 0.0], vectors) == [0, 2]
    assert not_covered([0.5], vectors[:1]) == []


def test_the_floor_refuses_its_share_of_the_list() -> None:
    coverages = [n / 100 for n in range(101)]
    assert floor_of(coverages) == pytest.approx(REFUSED)
    assert floor_of([0.1] * (FEWEST - 1)) is None


def test_a_question_far_from_everything_is_refused_and_shows_nothing(engine: Engine) -> None:
    result = engine.search("how to bake sourdough bread")
    assert (result.verdict, result.hits) == (Verdict.NOTHING, ())


def test_a_generation_remembers_its_floor(engine: Engine, index: Path) -> None:
    manifest = generations.live_generation(index).manifest
    assert manifest.floor is not None
    assert set(manifest.off_topic) <= set(range(len(off_topic_questions())))


@pytest.mark.real_model
@pytest.mark.parametrize(
    "typed", ["asdf qwer zxcv", "cheap flights to malaga", "thin crust pizza dough", "blargh"]
)
def test_gibberish_and_other_things_are_refused(real_engine: Engine, typed: str) -> None:
    assert real_engine.search(typed).verdict is Verdict.NOTHING


@pytest.mark.real_model
@pytest.mark.parametrize(
    "typed", ["my big toe is red and swollen", "needels in my calf", "are two cortisone jabs ok"]
)
def test_what_the_articles_answer_is_answered(real_engine: Engine, typed: str) -> None:
    assert real_engine.search(typed).verdict is Verdict.FOUND
