"""Passages that say the same to the letter, whatever article they stand in (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def repeats(texts: Iterable[str]) -> dict[int, int]:
    """Return, for each text that stands there more than once, the number of the first like it.

    Texts are numbered from 0; spaces, line breaks and capitals do not tell two apart. A text
    that stands there once is left out.
    """
    first: dict[bytes, int] = {}
    same: dict[int, int] = {}
    for number, text in enumerate(texts):
        normal = " ".join(text.casefold().split())
        original = first.setdefault(blake2b(normal.encode(), digest_size=16).digest(), number)
        if original != number:
            same[original] = original
            same[number] = original
    return dict(sorted(same.items()))
