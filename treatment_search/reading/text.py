"""Plain text as the web gives it -> Article: title, headings as short lines, page furniture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from treatment_search.reading.boilerplate import is_boilerplate, is_lead_in
from treatment_search.reading.building import ArticleBuilder
from treatment_search.reading.decoding import decode
from treatment_search.records import Article

_BLANK = re.compile(r"\n[ \t\u00a0]*(?:\n[ \t\u00a0]*)+")
_ITEM = re.compile(r"^\s*(?:[-*•·–]|\(?\d{1,3}[.)]|[a-z][.)])\s+")
_HEADING_WORDS = 14
_HEADING_CHARACTERS = 100
# A line this long was not wrapped by hand: each line of its block is a paragraph.
_UNWRAPPED = 160
# A line this long that ends without a full stop goes on in the next one.
_WRAPPED = 45
# So many short lines in a row are a list; headings do not come in fours.
_LIST_RUN = 4


def read_text(article_id: str, data: bytes) -> Article:
    """Return the article; lines left out as page furniture are named in its notes."""
    decoded = decode(data)
    blocks = _blocks(decoded.text)
    title = _title(blocks)
    if title:
        blocks.remove(title)
    kept, left_out = _without_boilerplate(blocks)
    builder = ArticleBuilder()
    _fill(builder, kept, title)
    notes = decoded.notes
    if left_out:
        shown = "; ".join(f"{block[:60]!r}" for block in left_out[:3])
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        notes += (f"left out as page furniture: {shown}{more}",)
    return builder.article(article_id, title, notes=notes)


def _title(blocks: list[str]) -> str | None:
    """Return the first line that is no page furniture, or else the first line, if it can be one."""
    first = [next((block for block in blocks if not is_boilerplate(block)), ""), *blocks[:1]]
    return next((block for block in first if block and _could_be_heading(block)), None)


def _blocks(text: str) -> list[str]:
    """Return paragraphs, lists and heading lines; a line break inside one is meant."""
    blocks: list[str] = []
    for rough in _BLANK.split(text.strip()):
        lines = [line.strip() for line in rough.split("\n") if line.strip()]
        if any(len(line) > _UNWRAPPED for line in lines):
            blocks += lines
            continue
        if len(lines) > 1 and _heads(lines[0], lines[1]):
            blocks.append(lines.pop(0))
        if lines:
            blocks.append(_unwrap(lines))
    return blocks


def _heads(line: str, following: str) -> bool:
    return (
        _could_be_heading(line)
        and len(following) >= _WRAPPED
        and len(line) < 0.75 * len(following)
        and not following[0].islower()
        and not _ITEM.match(following)
    )


def _unwrap(lines: list[str]) -> str:
    joined = lines[0]
    for before, line in pairwise(lines):
        goes_on = len(before) >= _WRAPPED and before[-1] not in ".!?:;" and not _ITEM.match(line)
        joined += (" " if goes_on else "\n") + line
    return joined


def _could_be_heading(block: str) -> bool:
    return (
        "\n" not in block
        and len(block) <= _HEADING_CHARACTERS
        and len(block.split()) <= _HEADING_WORDS
        and block[-1] not in ".,;:!…"
        and any(c.isalpha() for c in block)
        and not _ITEM.match(block)
    )


def _without_boilerplate(blocks: list[str]) -> tuple[list[str], list[str]]:
    kept: list[str] = []
    left_out: list[str] = []
    for block in blocks:
        above = kept[-1] if kept else ""
        (left_out if is_boilerplate(block, above) else kept).append(block)
    while kept and is_lead_in(kept[-1]):  # it announced a video or a box that is not here
        left_out.append(kept.pop())
    return kept, left_out


def _fill(builder: ArticleBuilder, blocks: list[str], title: str | None) -> None:
    """Put headings and text into the builder.

    Flat text has no levels: a heading right below another belongs to it, and so do the plain
    headings that follow a question until the next question.
    """
    parent: str | None = None
    above: str | None = None
    for block, is_heading in _told_apart(blocks):
        if not is_heading:
            builder.block(block)
            above = None
        elif block != title:
            if above and parent:
                builder.heading(1, above)  # it was opened one level lower
            if above:
                parent = above
            elif parent and not (_asks(parent) and not _asks(block)):
                parent = None
            builder.heading(2 if parent else 1, block)
            above = block


def _told_apart(blocks: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each block with whether it is a heading; runs of short lines become one list."""
    place = 0
    while place < len(blocks):
        end = place
        while end < len(blocks) and _could_be_heading(blocks[end]):
            end += 1
        run = blocks[place:end]
        if end == len(blocks):
            headings = []  # a heading has something below it
        elif place and blocks[place - 1].endswith(":"):
            headings = run[-1:] if run and _asks(run[-1]) else []
        else:
            headings = run[-1:] if len(run) >= _LIST_RUN else run
        items = run[: len(run) - len(headings)]
        if items:
            yield "\n".join(items), False
        for heading in headings:
            yield heading, True
        if end < len(blocks):
            yield blocks[end], False
        place = end + 1


def _asks(heading: str) -> bool:
    return heading.rstrip().endswith("?")
