"""Questions that nothing answered -> groups of those that ask the same (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from treatment_search.records import Band, SearchResult, Verdict
from treatment_search.vectors import Vectors

SAME_FROM = 0.8
"""The cosine from which two questions ask the same.

Looked at with the default model on the 31 pairs of tests/question_pairs.py: of 15 that ask the
same in other words it joins 10, of 16 that share words and ask something else, 2 ("my knee
clicks" and "my hip clicks"). At 0.75 it would be 11 and 4, at 0.85, 7 and 1.
"""


class Miss(StrEnum):
    """How a question was left without a good answer: nothing fits, or only weak matches."""

    NOTHING = "nothing"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A question as it was kept, once for each visit that asked it; `time` is ISO 8601, UTC."""

    time: str
    miss: Miss
    text: str


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One wording: how often it was asked, how often with no result at all, and from when on."""

    text: str
    count: int
    refused: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Wordings of one question, the most asked first."""

    questions: tuple[AskedQuestion, ...]

    @property
    def count(self) -> int:
        """Return how often it was asked, in whatever words."""
        return sum(question.count for question in self.questions)

    @property
    def refused(self) -> int:
        """Return how often nothing at all was found."""
        return sum(question.refused for question in self.questions)

    @property
    def first(self) -> str:
        """Return when it was asked first."""
        return min(question.first for question in self.questions)

    @property
    def last(self) -> str:
        """Return when it was asked last."""
        return max(question.last for question in self.questions)


def missed(result: SearchResult, *, is_narrowed: bool) -> Miss | None:
    """Return how a question was left without a good answer, None when it has one.

    Under filters, weak matches tell nothing: better ones may have been left out.
    """
    if result.verdict is Verdict.NOTHING:
        return Miss.NOTHING
    weak = result.hits and all(hit.band is Band.WEAK for hit in result.hits)
    return Miss.WEAK if weak and not is_narrowed else None


def question_key(text: str) -> str:
    """Return what two questions share that differ in spaces, capitals and last marks only."""
    return " ".join(text.casefold().split()).rstrip(" ?.!")


def tallied(kept: Iterable[KeptQuestion]) -> list[AskedQuestion]:
    """Return each wording once, the most asked first, then the one asked last."""
    same: dict[str, list[KeptQuestion]] = {}
    for question in kept:
        same.setdefault(question_key(question.text), []).append(question)
    tally = [
        AskedQuestion(
            text=some[0].text,
            count=len(some),
            refused=sum(one.miss is Miss.NOTHING for one in some),
            first=min(one.time for one in some),
            last=max(one.time for one in some),
        )
        for some in same.values()
    ]
    tally.sort(key=lambda one: one.text)
    tally.sort(key=lambda one: (one.count, one.last), reverse=True)
    return tally


def grouped(tally: Sequence[AskedQuestion], vectors: Vectors) -> list[QuestionGroup]:
    """Return the questions in groups, the most asked group first.

    `vectors` has a unit row for each question, in order. Greedy: in the order of the tally, a
    question joins the group whose first question is nearest, if that is near enough, or else
    begins one.
    """
    cosines = vectors @ vectors.T
    groups: list[list[int]] = []
    for number in range(len(tally)):
        near = cosines[number, [group[0] for group in groups]]
        if near.max(initial=-1.0) < SAME_FROM:
            groups.append([number])
        else:
            groups[int(near.argmax())].append(number)
    found = [QuestionGroup(tuple(tally[number] for number in group)) for group in groups]
    return sorted(found, key=lambda group: (group.count, group.last), reverse=True)
