"""Which sentence, which words (pure: offsets into the passage, never markup)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from treatment_search.analysis import Word
from treatment_search.records import Span
from treatment_search.sentences import sentence_spans

# How much the question's words found in a sentence count beside its cosine, and by how much the
# best sentence must beat the next to be marked; docs/ranking.md has both choices.
WORDS = 0.5
MARGIN = 0.05


def matched_words(words: Sequence[Word], terms: Collection[str]) -> tuple[Span, ...]:
    """Return where words of the question stand in a text, in order, other forms included.

    `words` are the text's as analysis.content_words finds them.
    """
    return tuple((word.start, word.end) for word in words if word.term in terms)


def best_sentence(
    text: str,
    words: Sequence[Word],
    cosines: Sequence[float],
    term_shares: Mapping[str, float],
) -> Span | None:
    """Return the sentence that carries the match, or None when none stands out.

    `words` are the text's; `cosines` its sentences' with the question, in order, or empty when
    there are none; `term_shares` says which share of the question each of its terms is. A
    passage of one sentence needs no mark. The wrong sentence is worse than none.
    """
    spans = sentence_spans(text)
    if len(spans) < 2:
        return None
    starts = [word.start for word in words]
    scores = []
    for start, end in spans:
        inside = words[bisect_left(starts, start) : bisect_left(starts, end)]
        once = dict.fromkeys(word.term for word in inside)  # in order: a set's adds up otherwise
        scores.append(WORDS * sum(term_shares.get(term, 0.0) for term in once))
    if cosines:
        scores = [of_words + cosine for of_words, cosine in zip(scores, cosines, strict=True)]
    best, second = sorted(scores, reverse=True)[:2]
    return spans[scores.index(best)] if best - second >= MARGIN else None
