"""The catalogue -> what a question box may offer while somebody types (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from treatment_search.chunking import is_reference_section
from treatment_search.records import CatalogueEntry

MOST = 500
# Longer ones are no help in a list that is read at a glance, on a phone above all.
_LONGEST = 100


def suggestions(entries: Sequence[CatalogueEntry]) -> tuple[str, ...]:
    """Return at most MOST texts, each once: treatments and conditions, titles, then headings.

    The articles with most passages come first, so that a large collection offers what it has
    most of. A heading stands with its title, since alone it may stand in many articles.
    """
    largest = sorted(entries, key=lambda entry: (-entry.passages, entry.article_id))
    offered = chain(_names(largest), (entry.title for entry in largest), _headings(largest))
    once: dict[str, str] = {}
    for text in offered:
        if text and len(text) <= _LONGEST:
            once.setdefault(text.casefold(), text)
    return tuple(islice(once.values(), MOST))


def _names(entries: Iterable[CatalogueEntry]) -> Iterator[str]:
    for entry in entries:
        if entry.metadata.treatment:
            yield entry.metadata.treatment
        yield from entry.metadata.conditions


def _headings(entries: Iterable[CatalogueEntry]) -> Iterator[str]:
    for entry in entries:
        for path in entry.headings:
            if path and not is_reference_section(path):
                yield f"{path[-1]}: {entry.title}"
