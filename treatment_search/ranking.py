"""A question's candidates, ranked, and which of them a person is shown (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from treatment_search.fusion import at_most_per_group
from treatment_search.parts import NO_PLACES, Places
from treatment_search.records import RankedPassage, Role


@dataclass(frozen=True)
class Ranking:
    """Every candidate passage, best first, and where each stands."""

    passages: list[RankedPassage] = field(default_factory=list)
    places: Places = NO_PLACES

    @cached_property
    def article_of(self) -> dict[int, int]:
        """Return the number of each candidate's article, by its own."""
        return dict(zip(self.places.numbers, self.places.articles, strict=True))

    @cached_property
    def role_of(self) -> dict[int, Role]:
        """Return the role of each candidate, by its number."""
        return dict(zip(self.places.numbers, self.places.roles, strict=True))

    @cached_property
    def _original_of(self) -> dict[int, int]:
        return dict(zip(self.places.numbers, self.places.originals, strict=True))

    def grouped(
        self, passages: list[RankedPassage], most: int, *, repeats: bool = False
    ) -> list[RankedPassage]:
        """Return some of the passages, in order, with at most so many of one article.

        What several passages say to the letter is there once, unless `repeats`.
        """
        same = None if repeats else self._original_of
        return at_most_per_group(passages, self.article_of, most, same)
