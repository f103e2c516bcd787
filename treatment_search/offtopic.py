"""Whether a question is about something the collection has (pure).

Cosines alone do not tell: a lay question may lie as far from its answer as a question about
something else. So a question is also compared with a fixed list of questions about other things,
everyday and medical; what lies nearer to those than to any article is not covered. How near is
too near is found for each collection and model at ingest.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from treatment_search.vectors import Vectors

# How many of the nearest passages, headings and off-topic questions speak.
NEAREST = 5
NEAREST_OFF_TOPIC = 3
WORDS_KNOWN = 0.2
# The floor refuses this share of the list. Higher refuses more of what the articles answer:
# docs/ranking.md has the choice.
REFUSED = 0.96
# With fewer questions left that the collection does not cover, nothing can be told.
FEWEST = 20


def coverage(
    passages: Sequence[float],
    headings: Sequence[float],
    off_topic: Sequence[float],
    words_known: float,
) -> float:
    """Return how well a question is covered; compares between questions of one collection.

    The cosines of the nearest passages, headings and off-topic questions come best first;
    `words_known` is the share of the question's words that some passage has, rare words
    counting more, 0..1.
    """
    nearest = [max(pair) for pair in zip_longest(passages, headings, fillvalue=-1.0)][:NEAREST]
    if not nearest:
        return -1.0
    against = off_topic[:NEAREST_OFF_TOPIC]
    return (
        (nearest[0] + sum(nearest) / len(nearest)) / 2
        - (sum(against) / len(against) if against else 0.0)
        + WORDS_KNOWN * words_known
    )


def not_covered(nearest: Sequence[float], vectors: Vectors) -> list[int]:
    """Return which off-topic questions the collection does not cover after all.

    `nearest` is each question's cosine to what is nearest in the collection; one that is nearer
    to an article than to every other question of the list is on topic here.
    """
    if len(vectors) < 2:
        return []
    among = vectors @ vectors.T
    np.fill_diagonal(among, -1.0)
    return [i for i, other in enumerate(among.max(axis=1)) if nearest[i] <= other]


def floor_of(coverages: Sequence[float]) -> float | None:
    """Return the coverage below which a question is refused, or None when there are too few."""
    return float(np.quantile(coverages, REFUSED)) if len(coverages) >= FEWEST else None
