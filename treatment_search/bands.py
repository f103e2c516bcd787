"""How sure a match is, in words (pure).

Taken before fusion, because fused scores do not compare between questions. Where the bands begin
is found for each collection and model at ingest, from how sure the best matches of off-topic
questions are, which are all wrong, and those of the collection's own headings, which are all
right. Whether anything is shown at all is decided in offtopic.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from treatment_search.records import Band

WORDS = 0.2
ARTICLE = 0.2
# So many of the off-topic questions have no match that is called possible.
WRONG_BELOW_POSSIBLE = 0.98
# How far strong begins on the way from possible to the match of a heading with itself.
STRONG_ON_THE_WAY = 0.25


@dataclass(frozen=True, slots=True)
class BandLimits:
    """The certainties from which a match is possible and strong."""

    possible: float = 0.28
    strong: float = 0.48

    def bands(self, certainties: Iterable[float]) -> list[Band]:
        """Return the band of each match of a ranking, best first.

        None is called surer than one that ranks before it.
        """
        return [self._band(sure) for sure in accumulate(certainties, min)]

    def _band(self, certainty: float) -> Band:
        if certainty >= self.strong:
            return Band.STRONG
        return Band.POSSIBLE if certainty >= self.possible else Band.WEAK


def certainty(cosine: float, against: float, words_found: float, article_keyword: float) -> float:
    """Return how sure a match is; compares between questions.

    `cosine` is the better one of passage and heading, `against` the question's mean cosine to the
    nearest off-topic questions, `words_found` the share of the question's words in the passage,
    and `article_keyword` the article's BM25 over the best one, both 0..1.
    """
    return cosine - against + WORDS * words_found + ARTICLE * article_keyword


def limits_of(wrong: Sequence[float], right: Sequence[float]) -> BandLimits:
    """Return the limits from certainties of best matches known to be wrong, and to be right."""
    if not wrong or not right:
        return BandLimits()
    possible = float(np.quantile(wrong, WRONG_BELOW_POSSIBLE))
    sure = max(float(np.median(right)), possible)
    return BandLimits(possible, possible + STRONG_ON_THE_WAY * (sure - possible))
