"""What articles say of themselves, and their titles -> which treatment each is about (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from treatment_search.records import Metadata

Titled: TypeAlias = tuple[str, Metadata]
"""An article's title and what its file says about it."""

_TITLE = re.compile(r"(.{3,60}?) for (.{3,80})", re.IGNORECASE)
# "Treatment for gout" names no treatment, "4 steps for gout" and "What is done for gout" neither.
_NO_TREATMENT = re.compile(
    r"\d|(?:what|how|when|who|why|which|where|is|are|do|does|can|should)\b|.*\b(?:treatments?"
    r"|tests?|screening|information|advice|help|tips|facts|guide|risk factors?|causes?|support"
    r"|outlook|resources?|questions?|care)$",
    re.IGNORECASE,
)
_PARTS = re.compile(r", and | and |, | or |/")
_SHORT_PLURAL = 3


def name_key(name: str) -> str:
    """Return a name without capitals, extra spaces and the plural of its last word."""
    words = unicodedata.normalize("NFKC", name).replace("’", "'").casefold().split()
    if not words:
        return ""
    last = words[-1]
    if last.endswith("ies") and len(last) > _SHORT_PLURAL + 1:
        last = last[:-3] + "y"
    elif last.endswith("s") and len(last) > _SHORT_PLURAL and last[-2] not in "sui'":
        last = last[:-1]
    return " ".join([*words[:-1], last])


def names_of(title: str, said: Metadata) -> set[str]:
    """Return the keys of what an article is called and of the conditions it names."""
    return {name_key(title), *map(name_key, said.conditions)} - {""}


def subjects(articles: Sequence[Titled]) -> list[Metadata]:
    """Return the metadata of a collection's articles, in order, as `subject` does."""
    names = {name for article in articles for name in names_of(*article)}
    return [subject(title, said, names.__contains__) for title, said in articles]


def subject(title: str, said: Metadata, is_name: Callable[[str], bool]) -> Metadata:
    """Return an article's metadata with the treatment that it is about.

    What the metadata says counts. Where it names no treatment, a title "X for Y" does, when Y is
    a condition that the metadata or the whole title of an article names: `is_name` tells it by
    its key.
    """
    if said.treatment and name_key(said.treatment):
        return said
    match = _TITLE.fullmatch(title)
    if not match or _NO_TREATMENT.match(match[1]):
        return replace(said, treatment=None)
    conditions = said.conditions
    if not conditions and is_name(name_key(match[2])):
        conditions = (match[2],)
    if not conditions:
        parts = tuple(_PARTS.split(match[2]))
        conditions = parts if all(is_name(name_key(part)) for part in parts) else ()
    return replace(said, treatment=match[1] if conditions else None, conditions=conditions)
