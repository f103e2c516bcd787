from __future__ import annotations

import pytest

from treatment_search.bands import POSSIBLE, STRONG, band_of, certainty
from treatment_search.records import Band


def test_the_better_cosine_counts_and_the_words_add_their_share() -> None:
    assert certainty(0.6, 0.2, 0.5) == pytest.approx(0.6 * (1 - 0.12) + 0.12 * 0.5)
    assert certainty(0.2, 0.6, 0.5) == pytest.approx(0.6 * (1 - 0.12) + 0.12 * 0.5)


def test_all_words_and_the_very_same_meaning_are_certain() -> None:
    assert certainty(1.0, 1.0, 1.0) == pytest.approx(1.0)


def test_words_alone_are_a_weak_match() -> None:
    # Every word of "how much money" may stand in a passage about something else.
    assert certainty(0.0, 0.0, 1.0) == pytest.approx(0.12)
    assert band_of(certainty(0.0, 0.0, 1.0)) is Band.WEAK


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
