from __future__ import annotations

import pytest

from treatment_search.bands import POSSIBLE, STRONG, band_of, certainty
from treatment_search.records import Band


def test_certainty_is_nearness_less_that_to_other_things_and_shares_of_words() -> None:
    found = certainty(0.6, 0.25, words_found=0.5, article_keyword=0.8)
    assert found == pytest.approx(0.6 - 0.25 + 0.2 * 0.5 + 0.2 * 0.8)


def test_words_alone_are_a_possible_match_at_most() -> None:
    # Every word of "how much money" may stand in a passage about something else.
    assert band_of(certainty(0.0, 0.0, 1.0, 1.0)) is Band.POSSIBLE
    assert band_of(certainty(0.0, 0.2, 1.0, 1.0)) is Band.WEAK


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (1.0, Band.STRONG),
        (STRONG, Band.STRONG),
        (STRONG - 0.001, Band.POSSIBLE),
        (POSSIBLE, Band.POSSIBLE),
        (POSSIBLE - 0.001, Band.WEAK),
        (-1.0, Band.WEAK),
    ],
)
def test_a_limit_belongs_to_the_band_above_it(value: float, band: Band) -> None:
    assert band_of(value) is band


def test_the_limits_rise() -> None:
    assert 0 < POSSIBLE < STRONG < 1
