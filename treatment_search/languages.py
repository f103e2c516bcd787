"""Which language a text is in; the only file that knows py3langid."""

from __future__ import annotations

import threading
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from treatment_search.records import Language

# An article is long, so that its language is sure; a question is short and may be misspelt.
_ARTICLE_CHARACTERS = 3_000
_ARTICLE_CONFIDENCE = 0.5
_QUESTION_CONFIDENCE = 0.3
_FEWEST_WORDS = 3
# English questions have more than this share of words that English articles know.
_MOST_KNOWN = 0.4

_LIST = Path(__file__).parent / "data" / "languages.tsv"
_lock = threading.Lock()


def language_of_article(text: str, read: Collection[str]) -> Language | None:
    """Return the language of an article when it is none of those in `read`, else None.

    `read` holds codes of ISO 639-1; with none of them nothing is told.
    """
    code, confidence = _classified(text[:_ARTICLE_CHARACTERS])
    return _foreign(code, read) if confidence >= _ARTICLE_CONFIDENCE else None


def language_of_question(text: str, read: Collection[str], known: float) -> Language | None:
    """Return the language of a question when it is none of those in `read`, else None.

    `known` is the share of its words that the collection knows. A short or misspelt question
    looks like many languages, so one that shares its words with the articles is taken for theirs.
    """
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return None
    is_latin = sum(c < "\u0250" for c in letters) > len(letters) / 2
    if is_latin and (known > _MOST_KNOWN or len(text.split()) < _FEWEST_WORDS):
        return None
    code, confidence = _classified(text)
    sure = confidence >= _QUESTION_CONFIDENCE or not is_latin
    return _foreign(code, read) if sure else None


def _foreign(code: str, read: Collection[str]) -> Language | None:
    if not read or code in read:
        return None
    return Language(code, _names().get(code, "another language"))


def _classified(text: str) -> tuple[str, float]:
    with _lock:  # nothing says that an identifier may be used from several threads
        code, confidence = _identifier().classify(text.casefold())
    return str(code), float(confidence)


@cache
def _names() -> dict[str, str]:
    lines = _LIST.read_text("utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
