"""Which sentence, which words (pure: offsets into the passage, never markup)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from treatment_search.analysis import content_words, spans_of
from treatment_search.records import Span
from treatment_search.sentences import sentence_spans

# How much the question's words found in a sentence count beside its cosine, and by how much the
# best sentence must beat the next to be marked; docs/ranking.md has both choices.
WORDS = 0.5
MARGIN = 0.05


def matched_words(text: str, terms: Sequence[str]) -> tuple[Span, ...]:
    """Return where words of the question stand in `text`, in order, other forms included."""
    return spans_of(text, frozenset(terms))


def best_sentence(
    text: str, cosines: Sequence[float], term_shares: Mapping[str, float]
) -> Span | None:
    """Return the sentence that carries the match, or None when none stands out.

    `cosines` are the sentences' with the question, in order, or empty when there are none;
    `term_shares` says which share of the question each of its terms is. A passage of one
    sentence needs no mark. The wrong sentence is worse than none.
    """
    spans = sentence_spans(text)
    if len(spans) < 2:
        return None
    scores = [
        WORDS * sum(term_shares.get(term, 0.0) for term in _terms(text[start:end]))
        for start, end in spans
    ]
    if cosines:
        scores = [words + cosine for words, cosine in zip(scores, cosines, strict=True)]
    best, second = sorted(scores, reverse=True)[:2]
    return spans[scores.index(best)] if best - second >= MARGIN else None


def _terms(sentence: str) -> set[str]:
    return {word.term for word in content_words(sentence)}
