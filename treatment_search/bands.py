"""How sure a match is, in words (pure).

Taken from the cosine before fusion and from how much of the question stands in the passage:
fused scores do not compare between questions. The limits hold for the bundled model and were set
on the starter collection. Whether anything is shown at all is decided in offtopic.py.
"""

from __future__ import annotations

from treatment_search.records import Band

STRONG = 0.50
POSSIBLE = 0.38
# A passage that holds all words of the question is worth this much cosine.
WORDS = 0.12


def certainty(dense: float, heading_dense: float, words_found: float) -> float:
    """Return how sure a match is, 0..1; `words_found` is the share of the question's terms."""
    return max(dense, heading_dense) * (1 - WORDS) + WORDS * words_found


def band_of(certainty: float) -> Band:
    """Return the band a certainty falls in."""
    if certainty >= STRONG:
        return Band.STRONG
    return Band.POSSIBLE if certainty >= POSSIBLE else Band.WEAK
