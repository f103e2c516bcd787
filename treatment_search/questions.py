"""What a person typed -> a question that can be searched, or why not."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from treatment_search.analysis import WORD, terms
from treatment_search.errors import QuestionRefused
from treatment_search.records import AlsoSearched

MOST_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True)
class Question:
    """A cleaned question; `terms` are its content words analyzed, each once, in order.

    `also` are other words for the same, which count less.
    """

    text: str
    terms: tuple[str, ...]
    also: tuple[AlsoSearched, ...] = ()

    @property
    def other_terms(self) -> tuple[str, ...]:
        """Return the terms of `also` that are not among `terms`, each once, in order."""
        found = dict.fromkeys(term for pair in self.also for term in terms(pair.other))
        return tuple(term for term in found if term not in self.terms)

    @property
    def all_terms(self) -> tuple[str, ...]:
        """Return the terms typed and, after them, the other terms."""
        return (*self.terms, *self.other_terms)

    @property
    def widened_text(self) -> str:
        """Return the question with the other words behind it, as the model reads them."""
        return f"{self.text} ({', '.join(pair.other for pair in self.also)})"


def parse_question(typed: str) -> Question:
    """Return the question in `typed`; raise QuestionRefused when there is none to search.

    Control characters become spaces; nothing in a question has a meaning beyond its words.
    """
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in typed)
    text = " ".join(visible.split())
    if len(text) > MOST_CHARACTERS:
        raise QuestionRefused(
            f"the question has {len(text):,} characters; at most {MOST_CHARACTERS:,} can be "
            "searched. Keep the sentences that matter most"
        )
    if not text:
        raise QuestionRefused("the question is empty. Type what hurts, or what you want to know")
    if not WORD.search(text):
        raise QuestionRefused(
            "the question holds no word. Type what hurts, or what you want to know, in words"
        )
    return Question(text, tuple(dict.fromkeys(terms(text))))
