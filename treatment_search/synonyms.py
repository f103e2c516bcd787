"""Other words for the same that the articles themselves give: "heel bone (calcaneus)" (pure).

A pair counts when several articles write it, so that one author's slip, or a remark in brackets,
teaches nothing. What stands before the bracket is cut where its words stop being used with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from treatment_search.analysis import STOP_WORDS
from treatment_search.records import AlsoSearched

FEWEST_ARTICLES = 3
_MOST_WORDS = 4
# "A crack in the heel bone (stress fracture)" does not explain the heel bone.
_LINKING = frozenset(
    [
        "of",
        "in",
        "on",
        "to",
        "under",
        "for",
        "with",
        "from",
        "by",
        "at",
        "near",
        "behind",
        "between",
    ]
)
_ARTICLES = frozenset(["a", "an", "the", "your", "this", "each"])
_WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_BRACKET = re.compile(rf"((?:{_WORD}[ ]){{2,7}})\(({_WORD}(?:[ ]{_WORD}){{0,2}})\)")


def explained_in(texts: Iterable[str]) -> set[tuple[str, str]]:
    """Return what each bracket in an article's passages may explain: (phrase, other)."""
    return {pair for text in texts for pair in _candidates(text)}


def synonym_pairs(articles_with: Mapping[tuple[str, str], int]) -> list[AlsoSearched]:
    """Return (typed, other) both ways for each pair that enough articles explain."""
    by_other: dict[str, dict[str, int]] = defaultdict(dict)
    for (phrase, other), count in articles_with.items():
        if count >= FEWEST_ARTICLES:
            by_other[other][phrase] = count
    pairs = set()
    for other, phrases in by_other.items():
        most = max(phrases.values())
        usual = [phrase for phrase, count in phrases.items() if 2 * count >= most]
        phrase = max(usual, key=lambda phrase: (len(phrase.split()), phrase))
        pairs |= {(phrase, other), (other, phrase)}
    return [AlsoSearched(typed, other) for typed, other in sorted(pairs)]


def _candidates(text: str) -> Iterable[tuple[str, str]]:
    """Yield what each bracket may explain: the two words before it, the three, ..."""
    for match in _BRACKET.finditer(text):
        words, other = match.group(1).casefold().split(), match.group(2).casefold()
        phrase = _last_phrase(words)
        if STOP_WORDS.isdisjoint(other.split()):
            for count in range(2, len(phrase) + 1):
                yield " ".join(phrase[-count:]), other


def _last_phrase(words: Sequence[str]) -> Sequence[str]:
    """Return the words after the last function word, none when that links them to others."""
    before = [i for i, word in enumerate(words) if word in STOP_WORDS]
    if not before:
        return words[-_MOST_WORDS:]
    links = [word for word in words[: before[-1] + 1] if word not in _ARTICLES][-1:]
    is_linked = bool(links) and links[0] in _LINKING
    return () if is_linked else words[before[-1] + 1 :][-_MOST_WORDS:]
