"""Words people type -> words that articles use for the same, searched as well.

A short list that ships as data, and what the articles explain in brackets. The typed words always
weigh more, and the result says what was searched beside them. Replacing lay words by medical ones
helps in two of five searches and harms one in five (jmir.org/2004/3/e27), so nothing is replaced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from treatment_search.analysis import terms
from treatment_search.records import AlsoSearched

_LIST = Path(__file__).parent / "data" / "lay_words.tsv"


class OtherWords:
    """Finds what to search beside a question: from the shipped list first, then from `mined`."""

    def __init__(self, mined: Iterable[AlsoSearched] = ()) -> None:
        analyzed = [
            (pair, frozenset(terms(pair.typed)), frozenset(terms(pair.other)))
            for pair in (*_shipped(), *mined)
        ]
        self._by_term: dict[str, list[tuple[int, AlsoSearched, _Terms, _Terms]]] = defaultdict(list)
        for order, (pair, typed, other) in enumerate(analyzed):
            if typed:
                self._by_term[min(typed)].append((order, pair, typed, other))

    def beside(self, question_terms: Iterable[str]) -> tuple[AlsoSearched, ...]:
        """Return what to search beside a question's terms, in the order of the lists.

        A pair is left out when the question has the other words already, or another pair
        brings them.
        """
        asked = frozenset(question_terms)
        found = sorted(
            (
                (order, pair, other)
                for term in asked
                for order, pair, typed, other in self._by_term.get(term, ())
                if typed <= asked and not other <= asked
            ),
            key=lambda entry: entry[0],
        )
        pairs, brought = [], set(asked)
        for _, pair, other in found:
            if not other <= brought:
                pairs.append(pair)
                brought |= other
        return tuple(pairs)


_Terms = frozenset[str]


@cache
def _shipped() -> tuple[AlsoSearched, ...]:
    lines = _LIST.read_text("utf-8").splitlines()
    written = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(AlsoSearched(typed, other) for typed, other in written)
