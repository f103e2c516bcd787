"""A corpus that changes: every article says which edition it is of, so that a mixture shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

QUESTION = "which edition of the collection is this"
_SAID = re.compile(r"belongs to edition (\d+) of the collection")
# Every so many editions one article is away, so that articles come and go too.
_AWAY_EVERY = 3


def write_edition(source: Path, corpus: Path, edition: int) -> None:
    """Make `corpus` the articles of `source` in one edition; each says so in a section of its own.

    Sections grow and shrink from edition to edition, so that offsets of one do not fit another.
    """
    articles = sorted(source.glob("*.md"))
    away = articles[edition % len(articles)] if edition % _AWAY_EVERY == 0 else None
    for article in articles:
        target = corpus / article.name
        if article == away:
            target.unlink(missing_ok=True)
            continue
        longer = "It was printed again. " * (edition % 7)
        said = f"{longer}The text {article.stem} belongs to edition {edition} of the collection."
        fresh = target.with_name(f".{target.name}.new")
        fresh.write_text(f"{article.read_text('utf-8')}\n\n## Edition\n\n{said}\n", "utf-8")
        fresh.replace(target)


def editions_in(texts: Iterable[str]) -> set[int]:
    """Return the editions that the texts of one answer say they are of; more than one is a mix."""
    return {int(number) for text in texts for number in _SAID.findall(text)}
