"""Ranked passages -> what they can be narrowed down by, and how many each choice leaves (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from treatment_search.records import (
    Facet,
    FacetValue,
    Filters,
    Metadata,
    RankedPassage,
    Role,
)

ValuesOf = Callable[[int, Facet], tuple[str, ...]]
"""A passage's number and a facet -> what the passage is under that facet."""


def values_of(
    articles: Sequence[int] | Mapping[int, int],
    metadata_of: Callable[[int], Metadata],
    role_of: Callable[[int], Role],
) -> ValuesOf:
    """Return what tells the values of a passage.

    `articles` has the number of each passage's article; `metadata_of` is asked by that number,
    `role_of` by the passage's.
    """

    def values(number: int, facet: Facet) -> tuple[str, ...]:
        if facet is Facet.ROLE:
            return (role_of(number),)
        return _said(metadata_of(articles[number]), facet)

    return values


def _said(about: Metadata, facet: Facet) -> tuple[str, ...]:
    if facet is Facet.CONDITION:
        return tuple(dict.fromkeys(about.conditions))
    one = about.treatment if facet is Facet.TREATMENT else about.source
    return (one,) if one else ()


def narrowed(
    ranked: Iterable[RankedPassage], filters: Filters, values: ValuesOf, but: Facet | None = None
) -> list[RankedPassage]:
    """Return the passages that have one of the chosen values under each facet, in order.

    The choices under the facet `but` are passed over.
    """
    chosen = [(facet, frozenset(of)) for facet, of in filters.items() if of and facet is not but]
    if not chosen:
        return list(ranked)
    return [
        passage
        for passage in ranked
        if all(of.intersection(values(passage.number, facet)) for facet, of in chosen)
    ]


def facet_values(
    ranked: Sequence[RankedPassage],
    filters: Filters,
    values: ValuesOf,
    grouped: Callable[[list[RankedPassage]], list[RankedPassage]],
) -> Iterator[FacetValue]:
    """Yield each value with how many passages are shown when it alone is chosen under its facet.

    The choices under the other facets hold; `grouped` is what limits the passages of an article.
    Most passages first, then in the order of the alphabet; what is chosen is there even with 0.
    """
    for facet in Facet:
        having: dict[str, list[RankedPassage]] = {of: [] for of in filters.get(facet, ())}
        for passage in narrowed(ranked, filters, values, but=facet):
            for value in values(passage.number, facet):
                having.setdefault(value, []).append(passage)
        counts = Counter({value: len(grouped(held)) for value, held in having.items()})
        for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield FacetValue(facet, value, count)
