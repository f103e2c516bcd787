"""Headings and blocks in reading order -> an Article with exact offsets."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

from treatment_search.records import Article, Metadata, Section

BLOCK_BREAK = "\n\n"

PageStart: TypeAlias = tuple[int, int]
"""An offset into a block's text, and the number of the page that begins there."""
_Block: TypeAlias = tuple[str, tuple[PageStart, ...]]


class ArticleBuilder:
    """Collects what a reader finds, in order, and turns it into an Article."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []
        self._sections: list[tuple[tuple[str, ...], list[_Block]]] = []

    def heading(self, level: int, name: str) -> None:
        """Open a section below the nearest open heading of a lower level."""
        self._path = [(above, n) for above, n in self._path if above < level]
        if name := " ".join(name.split()):
            self._path.append((level, name))
        self._sections.append((tuple(n for _, n in self._path), []))

    def block(self, text: str, pages: Sequence[PageStart] = ()) -> None:
        """Add a paragraph, list or table to the open section; `pages` begin inside its text."""
        text = text.strip()
        if text and not self._sections:
            self._sections.append(((), []))
        if text:
            self._sections[-1][1].append((text, tuple(pages)))

    def article(
        self,
        article_id: str,
        title: str | None,
        metadata: Metadata | None = None,
        notes: tuple[str, ...] = (),
    ) -> Article:
        """Return the article; without a title it takes the file's name."""
        text = ""
        sections = []
        starts: list[PageStart] = []
        for headings, blocks in self._sections:
            if text and blocks:
                text += BLOCK_BREAK
            begin = len(text)
            for number, (block, pages) in enumerate(blocks):
                text += BLOCK_BREAK if number else ""
                starts += [(len(text) + offset, page) for offset, page in pages]
                text += block
            sections.append(Section(headings, begin, len(text)))
        return Article(
            article_id=article_id,
            title=" ".join((title or "").split()) or title_from_name(article_id),
            text=text,
            sections=tuple(sections),
            metadata=metadata or Metadata(),
            notes=notes,
            pages=_page_starts(starts),
        )


def _page_starts(starts: Sequence[PageStart]) -> tuple[int, ...]:
    """Return where every page begins, from page 1 to the last one with text."""
    numbers = [page for _, page in starts]
    last = numbers[-1] if numbers else 0
    return tuple(starts[bisect_left(numbers, page)][0] for page in range(1, last + 1))


def title_from_name(article_id: str) -> str:
    """Return a file's name as words: `advice/heel_spur-ice.txt` -> `heel spur ice`."""
    stem = PurePosixPath(article_id).stem
    return " ".join(stem.replace("_", " ").replace("-", " ").split()) or article_id
