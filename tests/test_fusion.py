from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_search.fusion import Evidence, Weights, at_most_per_group, fuse
from treatment_search.records import Mode, RankedPassage

BEST_BY_WORDS = Evidence(
    dense=0.2, heading_dense=0.1, keyword=8.0, heading_keyword=3.0, article_keyword=5.0
)
BEST_BY_MEANING = Evidence(
    dense=0.9, heading_dense=0.7, keyword=2.0, heading_keyword=1.5, article_keyword=4.0
)

cosines = st.floats(-1, 1, width=32)
keyword_scores = st.floats(0, 40, width=32)
evidence = st.builds(
    Evidence,
    cosines,
    cosines,
    keyword_scores,
    keyword_scores,
    keyword_scores,
    st.floats(0, 1, width=32),
    st.booleans(),
)
candidates = st.dictionaries(st.integers(0, 500), evidence, max_size=12)
modes = st.sampled_from(Mode)


def scores(ranked: list[RankedPassage]) -> dict[int, float]:
    return {passage.number: passage.score for passage in ranked}


@pytest.mark.parametrize("content_words", [0, 1, 12])
def test_a_short_question_is_scored_by_the_formula(content_words: int) -> None:
    ranked = fuse({4: BEST_BY_WORDS, 9: BEST_BY_MEANING}, content_words)
    # s = 1: words count 0.05 + 0.10 + 0.12 + 0.17 = 0.44 and meaning 1 - 0.44 = 0.56.
    by_words = 0.05 * 8 / 8 + 0.10 * 3 / 3 + 0.17 * 5 / 5 + 0.56 * (0.60 * 0.2 + 0.40 * 0.1)
    by_meaning = 0.05 * 2 / 8 + 0.10 * 1.5 / 3 + 0.17 * 4 / 5 + 0.56 * (0.60 * 0.9 + 0.40 * 0.7)
    assert scores(ranked) == {9: pytest.approx(by_meaning), 4: pytest.approx(by_words)}
    assert [passage.number for passage in ranked] == [9, 4]


@pytest.mark.parametrize("content_words", [13, 400])
def test_a_long_question_lowers_the_weight_of_its_words(content_words: int) -> None:
    ranked = fuse({4: BEST_BY_WORDS, 9: BEST_BY_MEANING}, content_words)
    # s = 0.7: words count 0.7 * 0.44 = 0.308 and meaning 1 - 0.308 = 0.692.
    words = 0.05 * 8 / 8 + 0.10 * 3 / 3 + 0.17 * 5 / 5
    by_words = 0.7 * words + 0.692 * (0.60 * 0.2 + 0.40 * 0.1)
    words = 0.05 * 2 / 8 + 0.10 * 1.5 / 3 + 0.17 * 4 / 5
    by_meaning = 0.7 * words + 0.692 * (0.60 * 0.9 + 0.40 * 0.7)
    assert scores(ranked) == {9: pytest.approx(by_meaning), 4: pytest.approx(by_words)}


def test_dense_mode_is_the_passage_cosine_alone() -> None:
    ranked = fuse({4: BEST_BY_WORDS, 9: BEST_BY_MEANING}, 3, Mode.DENSE)
    assert [(passage.number, passage.score) for passage in ranked] == [(9, 0.9), (4, 0.2)]


def test_keyword_mode_is_the_share_of_the_best_keyword_score() -> None:
    ranked = fuse({4: BEST_BY_WORDS, 9: BEST_BY_MEANING}, 3, Mode.KEYWORD)
    assert [(passage.number, passage.score) for passage in ranked] == [(4, 1.0), (9, 2 / 8)]


def test_the_evidence_is_told_beside_the_score() -> None:
    (first, second) = fuse({4: BEST_BY_WORDS, 9: BEST_BY_MEANING}, 3)
    assert (first.dense, first.heading_dense) == (0.9, 0.7)
    assert (first.keyword, first.heading_keyword) == (2 / 8, 1.5 / 3)
    assert (second.keyword, second.heading_keyword) == (1.0, 1.0)


def test_weights_can_be_given() -> None:
    weights = Weights(
        keyword=0.5,
        heading_keyword=0.0,
        heading_coverage=0.0,
        article_keyword=0.0,
        passage=1.0,
        heading=0.0,
    )
    (ranked,) = fuse({1: Evidence(0.4, 0.9, 6.0, 0.0, 0.0)}, 3, weights=weights)
    assert ranked.score == pytest.approx(0.5 * 6 / 6 + (1 - 0.5) * 0.4)


def test_a_heading_that_has_little_of_the_question_counts_little() -> None:
    weak = {1: Evidence(0.5, 0.25, 0.0, 3.0, 0.0), 2: Evidence(0.5, 0.25, 0.0, 1.5, 0.0)}
    # 0.15 of a ceiling of 40 is 6: the best heading has 3 of the 6 that would count in full.
    first, second = fuse(weak, 3, heading_ceiling=40.0)
    meaning = 0.56 * (0.60 * 0.5 + 0.40 * 0.25)
    assert first.score == pytest.approx(0.10 * 3 / 6 + meaning)
    assert second.score == pytest.approx(0.10 * 1.5 / 6 + meaning)
    # Of a ceiling of 10 it has more than 0.15, so it is measured against the best, itself.
    assert fuse(weak, 3, heading_ceiling=10.0)[0].score == pytest.approx(0.10 * 1 + meaning)


def test_a_heading_that_names_most_of_the_question_counts_more_than_its_share() -> None:
    whole, half, none = (Evidence(0.5, 0.25, 0.0, 0.0, 0.0, share) for share in (1.0, 0.5, 0.0))
    first, second, third = fuse({1: whole, 2: half, 3: none}, 3)
    assert first.score - third.score == pytest.approx(0.12)
    assert second.score - third.score == pytest.approx(0.12 * 0.5**1.5)


def test_a_section_that_is_shown_anyway_comes_a_little_later() -> None:
    ranked = fuse({1: Evidence(0.5, 0.5, 0, 0, 0, aside=True), 2: Evidence(0.5, 0.5, 0, 0, 0)}, 3)
    assert [passage.number for passage in ranked] == [2, 1]
    assert ranked[0].score - ranked[1].score == pytest.approx(0.015)
    dense = fuse({1: Evidence(0.5, 0.5, 0, 0, 0, aside=True)}, 3, Mode.DENSE)
    assert dense[0].score == 0.5  # the plain modes know nothing of sections


def test_the_power_of_a_headings_share_is_a_weight() -> None:
    found = {1: Evidence(0.0, 0.0, 0.0, 0.0, 0.0, heading_coverage=0.25)}
    (ranked,) = fuse(found, 3, weights=Weights(coverage_power=1.0))
    assert ranked.score == pytest.approx(0.12 * 0.25)


def test_a_long_question_counts_a_headings_share_less() -> None:
    (ranked,) = fuse({1: Evidence(0.5, 0.5, 0.0, 0.0, 0.0, heading_coverage=1.0)}, 13)
    assert ranked.score == pytest.approx(0.7 * 0.12 + (1 - 0.7 * 0.44) * 0.5)


def test_no_candidates_make_no_ranking() -> None:
    assert fuse({}, 3) == []


def test_candidates_without_any_keyword_are_scored_by_meaning() -> None:
    (ranked,) = fuse({1: Evidence(0.5, 0.25, 0.0, 0.0, 0.0)}, 3)
    assert ranked.score == pytest.approx(0.56 * (0.60 * 0.5 + 0.40 * 0.25))
    assert (ranked.keyword, ranked.heading_keyword) == (0.0, 0.0)


@pytest.mark.parametrize("mode", Mode)
def test_ties_are_decided_by_passage_number(mode: Mode) -> None:
    tied = dict.fromkeys((30, 2, 17), BEST_BY_WORDS)
    assert [passage.number for passage in fuse(tied, 3, mode)] == [2, 17, 30]


@given(candidates, modes, st.integers(0, 20), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    given_candidates: dict[int, Evidence], mode: Mode, words: int, shuffler: random.Random
) -> None:
    items = list(given_candidates.items())
    shuffler.shuffle(items)
    assert fuse(dict(items), words, mode) == fuse(given_candidates, words, mode)


@given(candidates, modes, st.integers(0, 20))
def test_a_candidate_that_scores_below_moves_no_other(
    given_candidates: dict[int, Evidence], mode: Mode, words: int
) -> None:
    # No words, cosines of -1, and beside the point: below every other, and no maximum changes.
    last, lowest = 1_000, Evidence(-1.0, -1.0, 0.0, 0.0, 0.0, 0.0, aside=True)
    before = fuse(given_candidates, words, mode)
    after = fuse({**given_candidates, last: lowest}, words, mode)
    assert after[:-1] == before
    assert after[-1].number == last


@given(candidates, modes, st.integers(0, 20))
def test_rankings_never_rise(given_candidates: dict[int, Evidence], mode: Mode, words: int) -> None:
    ranked = fuse(given_candidates, words, mode)
    keys = [(-passage.score, passage.number) for passage in ranked]
    assert keys == sorted(keys)
    assert {passage.number for passage in ranked} == set(given_candidates)


def test_at_most_so_many_of_a_group_are_kept_in_order() -> None:
    ranked = fuse({n: Evidence(1 - n / 10, 0.0, 0.0, 0.0, 0.0) for n in range(7)}, 3, Mode.DENSE)
    group_of = {0: "a", 1: "a", 2: "b", 3: "a", 4: "a", 5: "b", 6: "c"}
    kept = at_most_per_group(ranked, group_of, 2)
    assert [passage.number for passage in kept] == [0, 1, 2, 5, 6]


def test_one_per_group_is_the_best_of_each() -> None:
    ranked = fuse({n: Evidence(n / 10, 0.0, 0.0, 0.0, 0.0) for n in range(4)}, 3, Mode.DENSE)
    kept = at_most_per_group(ranked, {0: "a", 1: "b", 2: "a", 3: "b"}, 1)
    assert [passage.number for passage in kept] == [3, 2]
