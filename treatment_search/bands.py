"""How sure a match is, in words (pure).

Taken before fusion, because fused scores do not compare between questions. The weights and limits
were set on the project's judged questions with the bundled model: of the hits called strong about
seven in ten are useful or better, of the possible ones one in three, of the weak ones one in six
(docs/ranking.md). Whether anything is shown at all is decided in offtopic.py.
"""

from __future__ import annotations

from treatment_search.records import Band

STRONG = 0.5
POSSIBLE = 0.3
WORDS = 0.2
ARTICLE = 0.2


def certainty(cosine: float, against: float, words_found: float, article_keyword: float) -> float:
    """Return how sure a match is; compares between questions.

    `cosine` is the better one of passage and heading, `against` the question's mean cosine to the
    nearest off-topic questions, `words_found` the share of the question's words in the passage,
    and `article_keyword` the article's BM25 over the best one, both 0..1.
    """
    return cosine - against + WORDS * words_found + ARTICLE * article_keyword


def band_of(certainty: float) -> Band:
    """Return the band a certainty falls in."""
    if certainty >= STRONG:
        return Band.STRONG
    return Band.POSSIBLE if certainty >= POSSIBLE else Band.WEAK
