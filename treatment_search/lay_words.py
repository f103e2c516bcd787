"""Words people type -> words that articles use for the same, searched as well.

A short list that ships as data, and what the articles explain in brackets. The typed words always
weigh more, and the result says what was searched beside them. Replacing lay words by medical ones
helps in two of five searches and harms one in five (jmir.org/2004/3/e27), so nothing is replaced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from treatment_search.analysis import WORD, folded, is_stop_word, terms
from treatment_search.questions import Question
from treatment_search.records import AlsoSearched

_LIST = Path(__file__).parent / "data" / "lay_words.tsv"


class OtherWords:
    """Finds what to search beside a question: from the shipped list first, then from `mined`."""

    def __init__(self, mined: Iterable[AlsoSearched] = ()) -> None:
        self._typed: set[str] = set()
        self._by_term: dict[str, list[tuple[int, _Entry]]] = defaultdict(list)
        for order, pair in enumerate((*_shipped(), *mined)):
            entry = _Entry.of(pair)
            if entry.typed:
                self._typed |= entry.typed
                self._by_term[min(entry.typed)].append((order, entry))

    def has(self, question_terms: Iterable[str]) -> bool:
        """Return whether some term stands among what people type, alone or with others."""
        return not self._typed.isdisjoint(question_terms)

    def beside(self, question: Question) -> tuple[AlsoSearched, ...]:
        """Return what to search beside a question, in the order of the lists.

        A pair is left out when the question has the other words already, or pairs before it
        bring them. Words with function words among them ("out of bed") must stand as written.
        """
        asked, written = frozenset(question.terms), _written(question.text)
        found = sorted(
            (
                (order, entry)
                for term in asked
                for order, entry in self._by_term.get(term, ())
                if entry.typed <= asked and entry.phrase in written
            ),
            key=lambda numbered: numbered[0],
        )
        pairs, brought = [], set(asked)
        for _, entry in found:
            if not entry.other <= brought:
                pairs.append(entry.pair)
                brought |= entry.other
        return tuple(pairs)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A pair with the terms of its sides; `phrase` is empty when any order and form will do."""

    pair: AlsoSearched
    typed: frozenset[str]
    other: frozenset[str]
    phrase: str

    @classmethod
    def of(cls, pair: AlsoSearched) -> _Entry:
        written = _written(pair.typed)
        has_function_word = any(map(is_stop_word, pair.typed.split()))
        return cls(
            pair,
            frozenset(terms(pair.typed)),
            frozenset(terms(pair.other)),
            written if has_function_word else "",
        )


def _written(text: str) -> str:
    """Return the words of a text, folded, each between spaces."""
    return f" {' '.join(folded(match.group()) for match in WORD.finditer(text))} "


@cache
def _shipped() -> tuple[AlsoSearched, ...]:
    lines = _LIST.read_text("utf-8").splitlines()
    written = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(AlsoSearched(typed, other) for typed, other in written)
