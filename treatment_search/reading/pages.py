"""Lines as they stand on pages -> an Article: paragraphs mended, headings told by their looks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from treatment_search.reading.building import ArticleBuilder, PageStart
from treatment_search.records import Article, Metadata

# What recurs in the outer parts of the pages, at one height, is no text of the article. A third:
# books have one header for left pages, one for right ones, and none where a chapter begins.
_MARGIN = 0.12
_RECURS = 1 / 3
_SAME_HEIGHT = 4.0
_PAGE_NUMBER = re.compile(r"\W*(?:page\s*)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?\W*", re.IGNORECASE)
# "2.1 How it is done . . . . . 7": a line of a table of contents, which answers nothing.
_LEADERS = re.compile(r"(?:\.\s?){6,}\W*\d{0,4}\W*$")
_DIGITS = re.compile(r"\d+")

_LARGER = 1.12
_HEADING_WORDS = 16
_PARAGRAPH_GAP = 1.3
_ENOUGH_GAPS = 5
_SET_SOLID = 1.1
_INDENT = 6.0
_SENTENCE_END = (".", "!", "?", ":", "”", '"', ")")
_ITEM = re.compile(r"(?:[•●▪■◦‣*–-]|\(?\d{1,2}[.)]|[a-z][.)])\s+\S")
# Letters that a font joins, hyphens that do not show, and the bullet of the font Symbol.
_AS_TYPED = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl"}
_AS_TYPED |= {0xAD: "", 0xF0B7: "•"}
_BROKEN_WORD = re.compile(r"([^\W\d_]+)-$")
_SOFT_HYPHEN_LAST = re.compile("\xad$")
_JOINED = re.compile(r"\S[-/]$")
_WORD_START = re.compile(r"[^\W\d_]+")
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line on a page; x and y in points from its lower left corner, `size` of its letters."""

    text: str
    page: int
    x: float
    y: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page, counted from 1, its height in points, and its lines in reading order."""

    number: int
    height: float
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Block:
    """A paragraph or a heading as it grows line by line."""

    text: str
    first: Line
    last: Line
    pages: list[PageStart] = field(default_factory=list)


def article_of_pages(
    article_id: str,
    pages: Sequence[Page],
    *,
    told_title: str | None,
    metadata: Metadata,
    notes: tuple[str, ...] = (),
) -> Article:
    """Return the article; `told_title` is what the file calls itself, if anything."""
    lines = [line for page in _without_running_lines(pages) for line in page.lines]
    body = _body_size(lines)
    blocks = _blocks(lines, body, frozenset(_COMPOUND.findall(" ".join(x.text for x in lines))))
    levels = _heading_levels(blocks, body)
    title = _title_on_first_page(blocks, levels) or told_title
    builder = ArticleBuilder()
    for block, level in zip(blocks, levels, strict=True):
        if level is None:
            builder.block(block.text, block.pages)
        elif block.text != title:
            builder.heading(level, block.text)
    return builder.article(article_id, title, metadata, notes)


def _without_running_lines(pages: Sequence[Page]) -> Iterator[Page]:
    """Yield the pages without headers, footers, page numbers and lines of a table of contents."""
    heights: dict[str, list[float]] = defaultdict(list)
    for page in pages:
        for line in page.lines:
            if _in_margin(line, page):
                heights[_DIGITS.sub("#", line.text.casefold())].append(line.y)
    wanted = max(2, round(_RECURS * sum(bool(page.lines) for page in pages)))

    def runs(line: Line, page: Page) -> bool:
        if not _in_margin(line, page):
            return bool(_LEADERS.search(line.text))
        at = heights[_DIGITS.sub("#", line.text.casefold())]
        same = sum(abs(y - line.y) <= _SAME_HEIGHT for y in at)
        return same >= wanted or bool(_PAGE_NUMBER.fullmatch(line.text))

    for page in pages:
        yield Page(page.number, page.height, tuple(x for x in page.lines if not runs(x, page)))


def _in_margin(line: Line, page: Page) -> bool:
    return not page.height * _MARGIN < line.y < page.height * (1 - _MARGIN)


def _body_size(lines: Sequence[Line]) -> float:
    """Return the size that most letters have."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _blocks(lines: Sequence[Line], body: float, compounds: frozenset[str]) -> list[_Block]:
    leading = _leading(lines)
    widths = Counter(len(line.text) for line in lines if line.size == body)
    wide = max(widths, default=0)
    blocks: list[_Block] = []
    for line in lines:
        text = _SOFT_HYPHEN_LAST.sub("-", line.text).translate(_AS_TYPED)
        if blocks and _goes_on(blocks[-1], line, text, leading, wide):
            _append(blocks[-1], line, text, compounds)
        else:
            blocks.append(_Block(text, line, line, [(0, line.page)]))
    return blocks


def _leading(lines: Sequence[Line]) -> dict[float, float]:
    """Return for each size of letters how far apart the lines of a paragraph stand.

    Headings are few: what stands between two of them says nothing.
    """
    gaps: dict[float, Counter[float]] = defaultdict(Counter)
    for above, below in pairwise(lines):
        gap = above.y - below.y
        if above.page == below.page and above.size == below.size and 0 < gap < 3 * above.size:
            gaps[above.size][round(gap * 2) / 2] += 1
    sizes = {line.size for line in lines}
    usual = {size: counted.most_common(1)[0] for size, counted in gaps.items()}
    return {
        size: usual[size][0] if usual.get(size, (0, 0))[1] >= _ENOUGH_GAPS else _SET_SOLID * size
        for size in sizes
    }


def _goes_on(block: _Block, line: Line, text: str, leading: dict[float, float], wide: int) -> bool:
    """Return whether a line continues the block above it."""
    last = block.last
    if abs(last.size - line.size) > 0.5 or (last.bold != line.bold and last is block.first):
        return False
    ended = last.text.endswith(_SENTENCE_END)
    if _ITEM.match(text):
        return False
    gap = last.y - line.y
    if last.page != line.page or gap < 0:  # the next page, or the next column
        return not ended and (text[:1].islower() or last.text.endswith("-"))
    if gap > leading.get(line.size, 0.0) * _PARAGRAPH_GAP:
        return False
    return not (ended and (line.x - last.x > _INDENT or len(last.text) < 0.7 * wide))


def _append(block: _Block, line: Line, text: str, compounds: frozenset[str]) -> None:
    """Add a line to a block; a word broken at the end of the line above is mended."""
    broken, start = _BROKEN_WORD.search(block.text), _WORD_START.match(text)
    if broken and start and start[0][0].islower():
        if f"{broken[1]}-{start[0]}" not in compounds:
            block.text = block.text[:-1]
    elif not _JOINED.search(block.text):
        block.text += " "
    if line.page != block.last.page:
        block.pages.append((len(block.text), line.page))
    block.text += text
    block.last = line


def _heading_levels(blocks: Sequence[_Block], body: float) -> list[int | None]:
    """Return each block's level as a heading, 1 for the largest letters, or None for text."""
    bold_text = sum(len(b.text) for b in blocks if b.first.bold)
    mostly_bold = bold_text * 2 > sum(len(b.text) for b in blocks)

    def rank(block: _Block) -> float | None:
        words = block.text.split()
        named = any(c.isalpha() for c in block.text)
        if len(words) > _HEADING_WORDS or not named or block.text[-1] in ".,;:":
            return None
        if block.first.size >= _LARGER * body:
            return block.first.size
        whole = block.first.bold and block.last.bold and not mostly_bold
        return body if whole and not _ITEM.match(block.text) else None

    ranks = [rank(block) for block in blocks]
    for index in reversed(range(len(ranks))):  # a heading has something below it
        if ranks[index] is None:
            break
        ranks[index] = None
    sizes = sorted({size for size in ranks if size is not None}, reverse=True)
    return [None if size is None else sizes.index(size) + 1 for size in ranks]


def _title_on_first_page(blocks: Sequence[_Block], levels: Sequence[int | None]) -> str | None:
    """Return the one heading of the largest letters, when it stands on the first page with text."""
    first_page = blocks[0].first.page if blocks else 0
    largest = [b for b, level in zip(blocks, levels, strict=True) if level == 1]
    if len(largest) == 1 and largest[0].first.page == first_page:
        return largest[0].text
    return None
