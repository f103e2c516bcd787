"""Words people type -> words that articles use for the same, searched as well.

A short list that ships as data; the typed words always weigh more, and the result says what was
searched beside them. Replacing lay words by medical ones helps in two of five searches and harms
one in five (jmir.org/2004/3/e27), so nothing is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from treatment_search.analysis import terms
from treatment_search.records import AlsoSearched

_LIST = Path(__file__).parent / "data" / "lay_words.tsv"


def also_searched(question_terms: Iterable[str]) -> tuple[AlsoSearched, ...]:
    """Return what to search beside a question's terms, in the order of the list.

    A pair is left out when the question has the other words already.
    """
    asked = set(question_terms)
    return tuple(
        pair
        for pair, typed, other in _pairs()
        if asked.issuperset(typed) and not asked.issuperset(other)
    )


@cache
def _pairs() -> tuple[tuple[AlsoSearched, tuple[str, ...], tuple[str, ...]], ...]:
    """Return each pair of the list with the terms of its two sides."""
    lines = _LIST.read_text("utf-8").splitlines()
    written = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(
        (AlsoSearched(typed, other), tuple(terms(typed)), tuple(terms(other)))
        for typed, other in written
    )
