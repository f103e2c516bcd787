"""Headings and blocks in reading order -> an Article with exact offsets."""

from __future__ import annotations

from pathlib import PurePosixPath

from treatment_search.records import Article, Metadata, Section

BLOCK_BREAK = "\n\n"


class ArticleBuilder:
    """Collects what a reader finds, in order, and turns it into an Article."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []
        self._sections: list[tuple[tuple[str, ...], list[str]]] = []

    def heading(self, level: int, name: str) -> None:
        """Open a section below the nearest open heading of a lower level."""
        self._path = [(above, n) for above, n in self._path if above < level]
        if name := " ".join(name.split()):
            self._path.append((level, name))
        self._sections.append((tuple(n for _, n in self._path), []))

    def block(self, text: str) -> None:
        """Add a paragraph, list or table to the open section."""
        if not self._sections:
            self._sections.append(((), []))
        if text := text.strip():
            self._sections[-1][1].append(text)

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
        for headings, blocks in self._sections:
            body = BLOCK_BREAK.join(blocks)
            if text and body:
                text += BLOCK_BREAK
            sections.append(Section(headings, len(text), len(text) + len(body)))
            text += body
        return Article(
            article_id=article_id,
            title=" ".join((title or "").split()) or title_from_name(article_id),
            text=text,
            sections=tuple(sections),
            metadata=metadata or Metadata(),
            notes=notes,
        )


def title_from_name(article_id: str) -> str:
    """Return a file's name as words: `advice/heel_spur-ice.txt` -> `heel spur ice`."""
    stem = PurePosixPath(article_id).stem
    return " ".join(stem.replace("_", " ").replace("-", " ").split()) or article_id
