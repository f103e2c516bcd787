from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_search.bands import BandLimits, certainty, limits_of
from treatment_search.records import Band

LIMITS = BandLimits(possible=0.3, strong=0.5)
ORDER = [Band.STRONG, Band.POSSIBLE, Band.WEAK]

certainties = st.lists(st.floats(-1, 2), min_size=1, max_size=40)


def test_certainty_is_nearness_less_that_to_other_things_and_shares_of_words() -> None:
    found = certainty(0.6, 0.25, words_found=0.5, article_keyword=0.8)
    assert found == pytest.approx(0.6 - 0.25 + 0.2 * 0.5 + 0.2 * 0.8)


def test_words_alone_are_a_possible_match_at_most() -> None:
    # Every word of "how much money" may stand in a passage about something else.
    limits = BandLimits()
    assert limits.bands([certainty(0.0, 0.0, 1.0, 1.0)]) == [Band.POSSIBLE]
    assert limits.bands([certainty(0.0, 0.2, 1.0, 1.0)]) == [Band.WEAK]


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (1.0, Band.STRONG),
        (0.5, Band.STRONG),
        (0.499, Band.POSSIBLE),
        (0.3, Band.POSSIBLE),
        (0.299, Band.WEAK),
        (-1.0, Band.WEAK),
    ],
)
def test_a_limit_belongs_to_the_band_above_it(value: float, band: Band) -> None:
    assert LIMITS.bands([value]) == [band]


def test_the_limits_before_any_are_measured_rise() -> None:
    assert 0 < BandLimits().possible < BandLimits().strong < 1


# Along a ranking


def test_no_match_is_called_surer_than_one_before_it() -> None:
    assert LIMITS.bands([0.6, 0.4, 0.9, 0.1, 0.4]) == [
        Band.STRONG,
        Band.POSSIBLE,
        Band.POSSIBLE,  # as sure as the second at most
        Band.WEAK,
        Band.WEAK,
    ]


def test_a_weak_first_match_leaves_no_stronger_one() -> None:
    assert LIMITS.bands([0.1, 0.9]) == [Band.WEAK, Band.WEAK]


def test_no_matches_have_no_bands() -> None:
    assert LIMITS.bands([]) == []


@given(certainties)
def test_bands_only_fall_along_a_ranking(values: list[float]) -> None:
    places = [ORDER.index(band) for band in LIMITS.bands(values)]
    assert places == sorted(places)
    assert len(places) == len(values)


# Where the bands begin


def test_the_limits_lie_between_what_wrong_matches_reach_and_right_ones() -> None:
    wrong = [n / 100 for n in range(101)]  # 98% of them lie at 0.98 or below
    right = [1.1, 1.38, 3.0]  # the middle one counts, not the mean
    limits = limits_of(wrong, right)
    assert limits.possible == pytest.approx(0.98)
    assert limits.strong == pytest.approx(0.98 + 0.25 * (1.38 - 0.98))


def test_two_in_a_hundred_wrong_matches_are_called_possible() -> None:
    wrong = [n / 100 for n in range(101)]
    limits = limits_of(wrong, [2.0])
    possible = [value for value in wrong if limits.bands([value]) != [Band.WEAK]]
    assert possible == [0.98, 0.99, 1.0]


def test_strong_never_begins_below_possible() -> None:
    # Headings that match less surely than the off-topic questions tell nothing.
    limits = limits_of([0.5, 0.5, 0.5], [0.2, 0.3, 0.4])
    assert limits == BandLimits(0.5, 0.5)


@pytest.mark.parametrize(("wrong", "right"), [([], []), ([0.4], []), ([], [0.4])])
def test_without_wrong_or_right_matches_the_limits_stay_as_they_are(
    wrong: list[float], right: list[float]
) -> None:
    assert limits_of(wrong, right) == BandLimits()


@given(certainties, certainties)
def test_limits_never_fall(wrong: list[float], right: list[float]) -> None:
    limits = limits_of(wrong, right)
    assert limits.possible <= limits.strong
