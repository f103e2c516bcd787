"""Evidence of two kinds -> one ranking (pure).

A weighted sum of scores, not of ranks: on consumer health questions it beats reciprocal rank
fusion (measured in docs/ranking.md; Bruch et al., arXiv 2210.11934, find the same).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from treatment_search.records import Mode, RankedPassage


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence counts; measured in docs/ranking.md, where all are flat."""

    keyword: float = 0.15
    heading_keyword: float = 0.10
    passage: float = 0.60
    heading: float = 0.40
    long_question_words: int = 12
    """A question of more content words than this is long."""
    long_question_keyword: float = 0.7
    """How much the keyword side of a long question counts: many words are beside the point."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one candidate: two cosines and two BM25 scores, 0.0 where not found."""

    dense: float
    heading_dense: float
    keyword: float
    heading_keyword: float


def fuse(
    candidates: Mapping[int, Evidence],
    content_words: int,
    mode: Mode = Mode.HYBRID,
    weights: Weights = Weights(),
) -> list[RankedPassage]:
    """Return the candidates ranked, best first, ties by passage number."""
    best_keyword = max((e.keyword for e in candidates.values()), default=0.0) or 1.0
    best_heading = max((e.heading_keyword for e in candidates.values()), default=0.0) or 1.0
    share = 1.0 if content_words <= weights.long_question_words else weights.long_question_keyword
    keyword_side = weights.keyword + weights.heading_keyword
    ranked = []
    for number, evidence in candidates.items():
        keyword = evidence.keyword / best_keyword
        heading_keyword = evidence.heading_keyword / best_heading
        if mode is Mode.DENSE:
            score = evidence.dense
        elif mode is Mode.KEYWORD:
            score = keyword
        else:
            words = weights.keyword * keyword + weights.heading_keyword * heading_keyword
            meaning = weights.passage * evidence.dense + weights.heading * evidence.heading_dense
            score = share * words + (1 - share * keyword_side) * meaning
        ranked.append(
            RankedPassage(
                number, score, evidence.dense, evidence.heading_dense, keyword, heading_keyword
            )
        )
    return sorted(ranked, key=lambda passage: (-passage.score, passage.number))


def at_most_per_group(
    ranked: Iterable[RankedPassage], group_of: Mapping[int, str], most: int
) -> list[RankedPassage]:
    """Return the ranking without what exceeds `most` passages of one group, order kept."""
    taken: dict[str, int] = {}
    kept = []
    for passage in ranked:
        group = group_of[passage.number]
        if taken.get(group, 0) < most:
            taken[group] = taken.get(group, 0) + 1
            kept.append(passage)
    return kept
