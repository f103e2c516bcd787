"""A typed question -> the question as this collection is searched for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

from treatment_search.analysis import WORD, folded, is_stop_word, terms
from treatment_search.encoder import Encoder
from treatment_search.lay_words import OtherWords
from treatment_search.parts import Passages, Words
from treatment_search.questions import Question, parse_question
from treatment_search.records import Repair
from treatment_search.spelling import Speller

# English words that the model has no piece for are read in bits of more letters than this.
_LETTERS_A_BIT = 2.34


@dataclass(frozen=True)
class QuestionReader:
    """Repairs and widens questions by what a collection has."""

    store: Passages
    keyword: Words

    def repaired(
        self, question: Question, encoder: Encoder, as_typed: Collection[str] = ()
    ) -> tuple[Question, tuple[Repair, ...]]:
        """Return the question with its misspelt words, but `as_typed`, as the collection's.

        A word that the model knows as one piece is no slip.
        """
        kept = {folded(word) for word in as_typed}

        def is_known(word: str) -> bool:
            stemmed = terms(word)
            return (
                not stemmed
                or word in kept
                or self._has(stemmed)
                or 1 in encoder.count_tokens([word, *stemmed])
            )

        text, repairs = self._speller.repair(question.text, is_known)
        return (parse_question(text) if repairs else question), repairs

    def widened(self, question: Question, as_typed: Collection[str] = ()) -> Question:
        """Return the question with the other words for it that this collection has.

        Nothing is searched beside the words in `as_typed`.
        """
        known = (
            pair
            for pair in self._other_words.beside(question)
            if pair.typed not in as_typed and self._has(terms(pair.other))
        )
        return replace(question, also=tuple(known))

    def is_gibberish(self, typed: Question, repairs: Collection[Repair], encoder: Encoder) -> bool:
        """Return whether half or more of what was typed are no words.

        No word is what the collection and the list of lay words do not have, what was not
        repaired, and what the model can only read in bits of two letters or so.
        """
        repaired = {repair.typed for repair in repairs}
        words = [m.group() for m in WORD.finditer(typed.text) if len(m.group()) > 1]
        words = [word for word in words if not is_stop_word(word)]
        unknown = [
            word
            for word in words
            if word not in repaired
            and not self._has(terms(word))
            and not self._other_words.has(terms(word))
        ]
        if not words or 2 * len(unknown) < len(words):
            return False
        counts = encoder.count_tokens([folded(word) for word in unknown])
        bits = [
            count > 1 and len(word) <= _LETTERS_A_BIT * count
            for word, count in zip(unknown, counts, strict=True)
        ]
        return 2 * sum(bits) >= len(words)

    def share_of_known_words(self, text: str) -> float:
        """Return which share of a text's words are function words or stand in the collection."""
        words = [match.group() for match in WORD.finditer(text)]
        known = sum(is_stop_word(word) or self._has(terms(word)) for word in words)
        return known / (len(words) or 1)

    def _has(self, stemmed: Collection[str]) -> bool:
        return any(map(self.keyword.passages_with, stemmed))

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.store.vocabulary())

    @cached_property
    def _other_words(self) -> OtherWords:
        return OtherWords(self.store.synonyms())
