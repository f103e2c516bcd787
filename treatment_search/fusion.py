"""Evidence of two kinds -> one ranking (pure).

A weighted sum of scores, not of ranks: on consumer health questions it beats reciprocal rank
fusion (measured in docs/ranking.md; Bruch et al., arXiv 2210.11934, find the same).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from treatment_search.records import Mode, RankedPassage


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence counts; docs/ranking.md says how they were found."""

    keyword: float = 0.05
    heading_keyword: float = 0.10
    heading_coverage: float = 0.12
    article_keyword: float = 0.17
    passage: float = 0.60
    heading: float = 0.40
    long_question_words: int = 12
    """A question of more content words than this is long."""
    long_question_keyword: float = 0.7
    """How much the keyword side of a long question counts: many words are beside the point."""
    heading_floor: float = 0.15
    """The best heading counts in full only from this share of all a heading could score on:
    below it, one common word ("foot", "doctor") would lift every heading that has it."""
    coverage_power: float = 1.5
    """Above 1, a heading that names most of what is asked counts more than its share."""
    aside: float = 0.015
    """Taken from sections that are shown beside every answer, or that answer nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one candidate: two cosines and three BM25 scores, 0.0 where not found.

    `heading_coverage` is the share of the question's words, rare ones counting more, that the
    title and headings hold; `aside` says that the section is not what most people look for.
    """

    dense: float
    heading_dense: float
    keyword: float
    heading_keyword: float
    article_keyword: float
    heading_coverage: float = 0.0
    aside: bool = False


def fuse(
    candidates: Mapping[int, Evidence],
    content_words: int,
    mode: Mode = Mode.HYBRID,
    *,
    heading_ceiling: float = 0.0,
    weights: Weights = Weights(),
) -> list[RankedPassage]:
    """Return the candidates ranked, best first, ties by passage number.

    `heading_ceiling` is the BM25 no heading can exceed for this question.
    """
    evidences = candidates.values()
    best_keyword = max((e.keyword for e in evidences), default=0.0) or 1.0
    best_heading = max((e.heading_keyword for e in evidences), default=0.0)
    best_heading = max(best_heading, weights.heading_floor * heading_ceiling) or 1.0
    best_article = max((e.article_keyword for e in evidences), default=0.0) or 1.0
    ranked = []
    for number, evidence in candidates.items():
        over_best = (
            evidence.keyword / best_keyword,
            evidence.heading_keyword / best_heading,
            evidence.article_keyword / best_article,
        )
        score = _score(evidence, *over_best, content_words, mode, weights)
        passage = RankedPassage(number, score, evidence.dense, evidence.heading_dense, *over_best)
        ranked.append(passage)
    return sorted(ranked, key=lambda passage: (-passage.score, passage.number))


def _score(
    evidence: Evidence,
    keyword: float,
    heading_keyword: float,
    article_keyword: float,
    content_words: int,
    mode: Mode,
    weights: Weights,
) -> float:
    """Return the score of one candidate from its evidence, and its BM25 scores over the best."""
    if mode is Mode.DENSE:
        return evidence.dense
    if mode is Mode.KEYWORD:
        return keyword
    share = 1.0 if content_words <= weights.long_question_words else weights.long_question_keyword
    words = (
        weights.keyword * keyword
        + weights.heading_keyword * heading_keyword
        + weights.heading_coverage * float(evidence.heading_coverage**weights.coverage_power)
        + weights.article_keyword * article_keyword
    )
    meaning = weights.passage * evidence.dense + weights.heading * evidence.heading_dense
    word_side = (
        weights.keyword
        + weights.heading_keyword
        + weights.heading_coverage
        + weights.article_keyword
    )
    return share * words + (1 - share * word_side) * meaning - weights.aside * evidence.aside


def at_most_per_group(
    ranked: Iterable[RankedPassage],
    group_of: Mapping[int, Hashable] | Sequence[Hashable],
    most: int,
    original_of: Mapping[int, int] | Sequence[int] | None = None,
) -> list[RankedPassage]:
    """Return the ranking without what exceeds `most` passages of one group, order kept.

    Passages with one original in `original_of` say the same: the best of those that have a
    place in their group is kept, and the others take no place.
    """
    taken: dict[Hashable, int] = {}
    said: set[int] = set()
    kept = []
    for passage in ranked:
        group = group_of[passage.number]
        original = None if original_of is None else original_of[passage.number]
        if taken.get(group, 0) < most and original not in said:
            taken[group] = taken.get(group, 0) + 1
            kept.append(passage)
            if original is not None:
                said.add(original)
    return kept
