"""Words and where they stand: one analyzer for keyword search and for highlighting."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

from treatment_search.records import StoredArticle

ANALYZER_VERSION = "snowball-english-1"

# A letter may carry accents of its own (macOS writes é as two characters) and soft hyphens.
_LETTERS = r"(?:[^\W_]++[\u00ad\u0300-\u036f]*+)++"
WORD = re.compile(rf"{_LETTERS}(?:['’]{_LETTERS})*")

# Function words and the frame of a question: they say how something is asked, not what about.
STOP_WORDS = frozenset(
    """a about after again all also am an and any are aren't as at be because been being both
    but by can can't cannot cant could couldn't couldnt did didn't didnt do does doesn't doesnt
    doing don't dont each either else even ever for from get gets getting give go goes going
    got had has hasn't hasnt have haven't havent having he her here hers him his how i i'd i'll
    i'm i've if im in into is isn't isnt it it's its itself ive just let like may me might mine
    more most much must my myself no nor not of off on once only or other our ours out over own
    please same shall she shes should shouldn't shouldnt so some something such than that
    that's thats the their theirs them then there there's theres these they they're this those
    through to too under until up us very was wasn't wasnt we were weren't what what's whats
    when where which while who whom whose why will with won't wont would wouldn't wouldnt yet
    you you're your yours yourself""".split()  # noqa: SIM905
)

_stemmers = threading.local()


@dataclass(frozen=True, slots=True)
class Word:
    """An analyzed word: the term that is searched and its place in the text."""

    term: str
    start: int
    end: int


@lru_cache(maxsize=200_000)
def folded(written: str) -> str:
    """Return a word in small letters without accents, soft hyphens or curly apostrophes."""
    decomposed = unicodedata.normalize("NFKD", written.replace("’", "'"))
    letters = (c for c in decomposed if not unicodedata.combining(c) and c != "\u00ad")
    return "".join(letters).casefold()


def is_stop_word(written: str) -> bool:
    """Return whether a word says only how something is asked."""
    return folded(written) in STOP_WORDS


@lru_cache(maxsize=200_000)
def _term(written: str) -> str:
    word = folded(written)
    if word in STOP_WORDS:
        return ""
    if not hasattr(_stemmers, "english"):  # a PyStemmer object must stay in one thread
        _stemmers.english = Stemmer.Stemmer("english")
    return str(_stemmers.english.stemWord(word))


def content_words(text: str) -> list[Word]:
    """Return the words of `text` that carry meaning, in order, stemmed, with their offsets."""
    return [
        Word(term, match.start(), match.end())
        for match in WORD.finditer(text)
        if (term := _term(match.group()))
    ]


def terms(text: str) -> list[str]:
    """Return the terms of `text` in order, repeats included."""
    return [term for match in WORD.finditer(text) if (term := _term(match.group()))]


def article_terms(stored: StoredArticle) -> list[str]:
    """Return the terms of an article's passages and, once, of its title."""
    texts = [stored.article.title, *(passage.text for passage in stored.passages)]
    return [term for text in texts for term in terms(text)]


def vocabulary(texts: Iterable[str]) -> Counter[str]:
    """Return in how many of the texts each content word stands, as written but folded."""
    counts: Counter[str] = Counter()
    for text in texts:
        written = {m.group() for m in WORD.finditer(text)}
        counts.update({folded(word) for word in written if _term(word)})
    return counts
