"""Which sentence, which words (pure: offsets into the passage, never markup)."""

from __future__ import annotations

from collections.abc import Sequence

from treatment_search.analysis import content_words, spans_of
from treatment_search.records import Span
from treatment_search.sentences import sentence_spans

# The sentence must hold this many different terms of the question, and so many more than the next.
FEWEST_TERMS = 2
MARGIN = 1


def matched_words(text: str, terms: Sequence[str]) -> tuple[Span, ...]:
    """Return where words of the question stand in `text`, in order, other forms included."""
    return spans_of(text, frozenset(terms))


def best_sentence(text: str, terms: Sequence[str]) -> Span | None:
    """Return the sentence that holds most of the question's terms, or None when none stands out.

    A passage of one sentence needs no mark. The wrong sentence is worse than none.
    """
    wanted = frozenset(terms)
    spans = sentence_spans(text)
    if len(spans) < 2:
        return None
    counts = [
        len({word.term for word in content_words(text[start:end])} & wanted) for start, end in spans
    ]
    best, second = sorted(counts, reverse=True)[:2]
    if best < FEWEST_TERMS or best - second < MARGIN:
        return None
    return spans[counts.index(best)]
