"""Passages of articles on a treatment -> what to set beside those of another, by role (pure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from treatment_search.records import Role, StoredPassage
from treatment_search.roles import role_of_heading, tells_how_long


class Aspect(StrEnum):
    """A question that treatments are compared by, in the order in which people ask."""

    ABOUT = "about"
    HOW = "how"
    TIME = "time"
    CAUTION = "caution"
    EVIDENCE = "evidence"
    DOCTOR = "doctor"


_ASPECTS = {
    Role.ABOUT: Aspect.ABOUT,
    Role.HOW: Aspect.HOW,
    Role.CAUTION: Aspect.CAUTION,
    Role.EVIDENCE: Aspect.EVIDENCE,
    Role.DOCTOR: Aspect.DOCTOR,
    Role.URGENT: Aspect.DOCTOR,
}
# Of several sections on one aspect, the one that people look for first.
_FIRST = {
    Aspect.ABOUT: ("what it is", "what is", "what are", "overview"),
    Aspect.CAUTION: ("who should not", "who must not", "contraindications"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one section of an article says: its passages in reading order, never empty."""

    passages: tuple[StoredPassage, ...]

    @property
    def heading(self) -> str:
        """Return the section's own heading, or the article's title where it has none."""
        first = self.passages[0]
        return first.passage.headings[-1] if first.passage.headings else first.title


def compared(
    passages: Sequence[StoredPassage], help_passages: Sequence[StoredPassage]
) -> dict[Aspect, tuple[Part, ...]]:
    """Return the sections of a treatment's articles by aspect, the most looked-for first.

    An aspect that nothing is said about is left out. `passages` come in reading order. What is
    told in passing about getting help counts where no section is for it.
    """
    found: dict[Aspect, dict[tuple[str, int], list[StoredPassage]]] = {}
    for stored in passages:
        aspect = _aspect(stored)
        if aspect:
            place = (stored.passage.article_id, stored.passage.section)
            found.setdefault(aspect, {}).setdefault(place, []).append(stored)
    parts = {
        aspect: tuple(
            sorted((Part(tuple(ones)) for ones in sections.values()), key=_first_of(aspect))
        )
        for aspect, sections in found.items()
    }
    if help_passages and Aspect.DOCTOR not in parts:
        parts[Aspect.DOCTOR] = tuple(Part((stored,)) for stored in help_passages)
    return {aspect: parts[aspect] for aspect in Aspect if aspect in parts}


def _aspect(stored: StoredPassage) -> Aspect | None:
    """Return what a passage is compared by; a guess from its sentences says only what it is.

    A section whose heading names no role may hold anything, so nothing of it is set beside
    "who should not" of another treatment.
    """
    headings = stored.passage.headings
    role = role_of_heading(headings)
    if role in (Role.ABOUT, Role.HOW, None) and tells_how_long(headings):
        return Aspect.TIME
    if role is None:
        return Aspect.ABOUT if stored.role is Role.ABOUT else None
    return _ASPECTS.get(role)


def _first_of(aspect: Aspect) -> Callable[[Part], bool]:
    """Return what sorts the sections that people look for first before the others."""
    wanted = _FIRST.get(aspect, ())
    return lambda part: not part.heading.casefold().startswith(wanted)
