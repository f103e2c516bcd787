"""The last answers of one generation, so that what is asked again is not searched again.

They are in memory alone, and go with the generation they came from.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

from treatment_search.questions import Question
from treatment_search.records import Facet, Filters, Mode, SearchResult

# What is kept in all; a hit is a few kilobytes of text.
MOST_HITS = 1_000


@dataclass(frozen=True, slots=True)
class Request:
    """A question and all else that its answer depends on; `most` is how many of one article."""

    question: Question
    k: int
    mode: Mode
    as_typed: frozenset[str]
    most: int
    filters: tuple[tuple[Facet, tuple[str, ...]], ...]

    @classmethod
    def of(
        cls,
        question: Question,
        k: int,
        mode: Mode,
        as_typed: Collection[str],
        most: int,
        filters: Filters | None,
    ) -> Request:
        """Return the request; the order of `as_typed` and of the facets makes no difference."""
        chosen = tuple((facet, tuple((filters or {}).get(facet, ()))) for facet in Facet)
        return cls(question, k, mode, frozenset(as_typed), most, chosen)


class RecentAnswers:
    """Answers by request, those asked for last; safe to use from several threads."""

    def __init__(self, most_hits: int = MOST_HITS) -> None:
        self._most_hits = most_hits
        self._answers: OrderedDict[Request, SearchResult] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def get(self, request: Request) -> SearchResult | None:
        """Return the answer that was kept, or None."""
        with self._lock:
            if request in self._answers:
                self._answers.move_to_end(request)
            return self._answers.get(request)

    def keep(self, request: Request, answer: SearchResult) -> None:
        """Keep an answer; those asked for longest ago go first."""
        with self._lock:
            self._drop(request)
            self._answers[request] = answer
            self._held += _weight(answer)
            while self._held > self._most_hits:
                self._drop(next(iter(self._answers)))

    def forget(self, question: Question) -> None:
        """Drop every answer to a question."""
        with self._lock:
            for request in [one for one in self._answers if one.question == question]:
                self._drop(request)

    def _drop(self, request: Request) -> None:
        answer = self._answers.pop(request, None)
        self._held -= _weight(answer) if answer else 0


def _weight(answer: SearchResult) -> int:
    return max(1, len(answer.hits))
