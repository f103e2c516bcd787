"""An article's text -> the paragraphs, lists and tables a reader sees, as offsets into it (pure).

The text keeps a list as lines that begin with a bullet or a number, and a table as a line a row in
which each cell stands beside the name of its column (reading/tables.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from treatment_search.records import Article, Span

_BLOCK_BREAK = re.compile(r"\n{2,}")
_ITEM = re.compile(r"(?:[•◦▪‣] |\d{1,4}[.)] )")
_CELL_BREAK = "; "
_NAME_END = ": "
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading above what follows; `depth` counts from 0 below the title."""

    name: str
    depth: int
    section: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of text; its line breaks are the article's own."""

    span: Span


@dataclass(frozen=True, slots=True)
class ItemList:
    """Lines that begin with a bullet or a number, which are part of each item."""

    items: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that name the same columns in the same order; the names are not part of the cells."""

    names: tuple[str, ...]
    rows: tuple[tuple[Span, ...], ...]


Block: TypeAlias = Heading | Paragraph | ItemList | Table


def blocks_of(article: Article) -> list[Block]:
    """Return what the article shows, in order: the headings of its sections, and its text."""
    blocks: list[Block] = []
    above: tuple[str, ...] = ()
    for number, section in enumerate(article.sections):
        kept = _shared(above, section.headings)
        if section.headings and kept == len(section.headings):
            kept -= 1  # two sections of the same name, one after the other
        blocks += [
            Heading(name, depth, number)
            for depth, name in enumerate(section.headings[kept:], start=kept)
        ]
        above = section.headings
        spans = _stretches(article.text, section.start, section.end)
        blocks += [_block(article.text, span) for span in spans]
    return blocks


def _shared(above: Sequence[str], headings: Sequence[str]) -> int:
    same = (one == other for one, other in zip(above, headings, strict=False))
    return sum(accumulate(same, lambda so_far, one: so_far and one))


def _stretches(text: str, start: int, end: int) -> list[Span]:
    """Return what stands between empty lines."""
    spans = []
    for found in [*_BLOCK_BREAK.finditer(text, start, end), None]:
        stop = found.start() if found else end
        if text[start:stop].strip():
            spans.append((start, stop))
        start = found.end() if found else end
    return spans


def _block(text: str, span: Span) -> Block:
    lines = _lines(text, span)
    if all(_ITEM.match(text, start, end) for start, end in lines):
        return ItemList(tuple(lines))
    return _table(text, lines) or Paragraph(span)


def _lines(text: str, span: Span) -> list[Span]:
    start, end = span
    lines = []
    for line in text[start:end].split("\n"):
        if line.strip():
            lines.append((start, start + len(line)))
        start += len(line) + 1
    return lines


def _table(text: str, lines: Sequence[Span]) -> Table | None:
    """Return the lines as a table when each names the same columns, two or more of them."""
    rows = [_cells(text, line) for line in lines]
    names = tuple(name for name, _ in rows[0])
    if len(rows) < 2 or len(names) < 2 or len(set(names)) < len(names) or not all(names):
        return None
    if any(tuple(name for name, _ in row) != names for row in rows):
        return None
    return Table(names, tuple(tuple(cell for _, cell in row) for row in rows))


def _cells(text: str, line: Span) -> list[tuple[str, Span]]:
    """Return each part of a line with its name, which is empty where it has none."""
    start, end = line
    cells = []
    for part in text[start:end].split(_CELL_BREAK):
        name, colon, _ = part.partition(_NAME_END)
        named = bool(colon) and len(name) <= _LONGEST_NAME
        begin = start + len(name) + len(_NAME_END) if named else start
        cells.append((name if named else "", (begin, start + len(part))))
        start += len(part) + len(_CELL_BREAK)
    return cells
