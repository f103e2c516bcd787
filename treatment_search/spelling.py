"""Misspelt words -> the words the collection has (pure).

Only the collection's own vocabulary repairs, never a dictionary: "orthotics" must survive, and a
word that is not in the articles would find nothing anyway. A word the model knows as one piece
is a word, not a slip, however few articles have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from treatment_search.analysis import WORD, folded
from treatment_search.records import Repair

SHORTEST = 4
# One slip in a short word, two in a long one.
LONG = 7


class Speller:
    """Repairs words from a vocabulary with the number of passages that hold each word."""

    def __init__(self, passages_with: Mapping[str, int]) -> None:
        self._passages_with = passages_with
        self._of_length: dict[int, list[str]] = {}
        for word in passages_with:
            if _can_be_repaired(word):
                self._of_length.setdefault(len(word), []).append(word)
        self._letters: dict[int, npt.NDArray[np.uint64]] = {}

    def repair(self, text: str, is_known: Callable[[str], bool]) -> tuple[str, tuple[Repair, ...]]:
        """Return the text with its misspelt words replaced, and what was replaced, each once.

        `is_known` is asked of each word; one it knows is left as it is.
        """
        repaired, repairs, done = "", [], 0
        for match in WORD.finditer(text):
            word = folded(match.group())
            if not _can_be_repaired(word) or is_known(word):
                continue
            closest = self.closest(word)
            if closest:
                repairs.append(Repair(match.group(), closest))
                repaired += text[done : match.start()] + closest
                done = match.end()
        return repaired + text[done:], tuple(dict.fromkeys(repairs))

    def closest(self, word: str) -> str | None:
        """Return the word of the vocabulary with the fewest slips from `word`, or None.

        Slips are insertions, deletions, changes and swaps of neighbours. The same first letter
        wins half a slip, then the word in more passages wins, then the alphabet.
        """
        most = 1 if len(word) < LONG else 2
        found = process.extract(
            word,
            list(self._may_be_within(most, word)),
            scorer=DamerauLevenshtein.distance,
            score_cutoff=most,
            limit=None,
        )
        ranked = sorted(
            (slips - 0.5 * (candidate[0] == word[0]), -self._passages_with[candidate], candidate)
            for candidate, slips, _ in found
        )
        return ranked[0][2] if ranked else None

    def _may_be_within(self, slips: int, word: str) -> Iterator[str]:
        """Yield, in no order, every word so few slips away, and others that are not many more.

        A letter more or less changes which letters a word has by one, a changed one by two.
        """
        for length in range(len(word) - slips, len(word) + slips + 1):
            words = self._of_length.get(length, [])
            if words and length not in self._letters:
                self._letters[length] = np.array([_letters(one) for one in words], np.uint64)
            if words:
                other = np.bitwise_count(self._letters[length] ^ np.uint64(_letters(word)))
                near = other <= 2 * slips - abs(length - len(word))
                yield from (words[place] for place in np.flatnonzero(near))


def _letters(word: str) -> int:
    """Return which letters a word has, a bit each; some rare ones share theirs."""
    found = 0
    for letter in word:
        found |= 1 << (ord(letter) % 64)
    return found


def _can_be_repaired(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha()
