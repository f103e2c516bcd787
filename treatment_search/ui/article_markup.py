"""An article -> HTML with marks and anchors; every character of it passes `escaped`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from treatment_search.layout import Block, Heading, ItemList, Paragraph, Table, blocks_of
from treatment_search.records import Article, Metadata, Role, Span, StoredPassage
from treatment_search.ui.markup import escaped, named

PASSAGE_ANCHOR = "ts-passage"

_HELP = {Role.URGENT: "When to get help now", Role.DOCTOR: "When to see a doctor"}
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the article's text that stands out: `name` is its class in the style sheet."""

    span: Span
    name: str


@dataclass(slots=True)
class _Writer:
    """Writes stretches of one text, each point (an anchor, a page's number) once, in order."""

    text: str
    marks: Sequence[Mark]
    points: list[tuple[int, str]]
    cuts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.points.sort(key=lambda point: point[0])
        ends = {offset for mark in self.marks for offset in mark.span}
        self.cuts = sorted(ends | {offset for offset, _ in self.points})

    def write(self, span: Span) -> str:
        start, end = span
        inside = [cut for cut in self.cuts if start < cut < end]
        return "".join(
            self._points_until(a) + self._marked(a, b) for a, b in pairwise([start, *inside, end])
        )

    def _points_until(self, offset: int) -> str:
        due = [html for place, html in self.points if place <= offset]
        del self.points[: len(due)]
        return "".join(due)

    def _marked(self, start: int, end: int) -> str:
        names = [m.name for m in self.marks if m.span[0] <= start and end <= m.span[1]]
        text = escaped(self.text[start:end])
        return f'<mark class="{" ".join(dict.fromkeys(names))}">{text}</mark>' if names else text


def article_html(article: Article, marks: Sequence[Mark], points: Sequence[tuple[int, str]]) -> str:
    """Return the whole article below its title; `points` are HTML to stand at offsets."""
    pages = [
        (start, page_mark(number))
        for number, start in enumerate(article.pages, start=1)
        if number == len(article.pages) or article.pages[number] != start  # has text
    ]
    writer = _Writer(article.text, marks, [*pages, *points])
    body = "".join(_block(block, writer) for block in blocks_of(article))
    return f'<div class="ts-body" dir="auto">{body}</div>'


def page_mark(number: int) -> str:
    """Return where a page of a PDF begins."""
    return f'<span class="ts-page">page {number}</span> '


def section_anchor(number: int) -> str:
    """Return the address of a section inside the page."""
    return f"ts-section-{number}"


def _block(block: Block, writer: _Writer) -> str:
    match block:
        case Heading(name, depth, section):
            level = min(depth + 2, _DEEPEST)
            anchor = f' id="{section_anchor(section)}-{depth}"'
            return f"<h{level}{anchor}>{escaped(name)}</h{level}>"
        case Paragraph(span):
            return f"<p>{writer.write(span)}</p>"
        case ItemList(items):
            inner = "".join(f"<li>{writer.write(item)}</li>" for item in items)
            return f'<ul class="ts-items" role="list">{inner}</ul>'
        case Table(names, rows):
            head = "".join(f'<th scope="col">{escaped(name)}</th>' for name in names)
            body = "".join(_row(names, row, writer) for row in rows)
            return (
                '<div class="ts-table"><table role="table"><thead role="rowgroup">'
                f'<tr role="row">{head}</tr></thead>'
                f'<tbody role="rowgroup">{body}</tbody></table></div>'
            )


def _row(names: Sequence[str], row: Sequence[Span], writer: _Writer) -> str:
    """Return a row; on a phone the style sheet shows the name of the column beside each cell."""
    cells = "".join(
        f'<td role="cell" data-name="{escaped(name)}">{writer.write(cell)}</td>'
        for name, cell in zip(names, row, strict=True)
    )
    return f'<tr role="row">{cells}</tr>'


def contents(article: Article) -> str:
    """Return the list of the article's headings, each a way to it; empty when there are few."""
    headings = [block for block in blocks_of(article) if isinstance(block, Heading)]
    if len(headings) < 2:
        return ""
    items = "".join(
        f'<li class="ts-depth-{min(h.depth, 3)}">'
        f'<a href="#{section_anchor(h.section)}-{h.depth}">{named(h.name)}</a></li>'
        for h in headings
    )
    return (
        '<nav class="ts-contents" aria-label="In this article"><details open>'
        f"<summary>In this article</summary><ul>{items}</ul></details></nav>"
    )


def article_head(article: Article) -> str:
    """Return the title, what it is about, and where it is from."""
    said = article.metadata
    rows = [
        ("Treatment", named(said.treatment) if said.treatment else ""),
        ("For", ", ".join(map(named, said.conditions))),
        ("From", _source(said, article.article_id)),
        ("Checked", _dated(said)),
        ("Licence", named(said.licence) if said.licence else ""),
        ("Pages", str(len(article.pages) or "")),
    ]
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows if value)
    return (
        f'<header class="ts-article-head" dir="auto"><h1>{named(article.title)}</h1>'
        f'<dl class="ts-facts">{shown}</dl></header>'
    )


def _source(said: Metadata, article_id: str) -> str:
    name = named(said.source or article_id)
    if not said.url:
        return name
    # http or https: nothing else gets past reading/front_matter.web_address
    link = f'<a href="{escaped(said.url)}" rel="noreferrer" target="_blank">{escaped(said.url)}</a>'
    return f'{name}<br><span class="ts-url">{link}</span>'


def _dated(said: Metadata) -> str:
    if said.reviewed:
        return f"reviewed {escaped(said.reviewed)}"
    return f"updated {escaped(said.updated)}" if said.updated else "not dated"


def help_box(passages: Sequence[StoredPassage]) -> str:
    """Return what the article says about getting help, folded up, with the way to it."""
    roles = [role for role in _HELP if any(stored.role is role for stored in passages)]
    return "".join(
        f'<details class="ts-help ts-help-{role}"><summary>{_HELP[role]}</summary>'
        + "".join(
            f'<p class="ts-text" dir="auto">{escaped(stored.passage.text)}</p>'
            for stored in passages
            if stored.role is role
        )
        + "</details>"
        for role in roles
    )


def match_anchor(number: int) -> str:
    """Return the address of a match inside the page; matches count from 1 in reading order."""
    return f"ts-match-{number}"


def passage_point(start: int) -> tuple[int, str]:
    """Return the place where the page opens; it takes the focus, so that reading goes on there."""
    return start, f'<span id="{PASSAGE_ANCHOR}" class="ts-anchor" tabindex="-1"></span>'


def match_points(starts: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield, at each match in reading order, which one it is and the ways to the others."""
    for number, start in enumerate(starts, start=1):
        before = _jump(number - 1, "↑ Previous") if number > 1 else ""
        after = _jump(number + 1, "↓ Next") if number < len(starts) else ""
        yield (
            start,
            f'<span class="ts-match" id="{match_anchor(number)}">'
            f"<small>Match {number} of {len(starts)}</small>{before}{after}</span> ",
        )


def match_line(count: int) -> str:
    """Return how many passages of the article match, with the way to the first."""
    if not count:
        return ""
    said = "1 part of this article fits" if count == 1 else f"{count} parts of this article fit"
    return (
        f'<p class="ts-matches">{said} your question. '
        f'<a href="#{match_anchor(1)}">Go to the first</a></p>'
    )


def _jump(number: int, said: str) -> str:
    return f'<a href="#{match_anchor(number)}">{said}<span class="ts-hidden"> match</span></a>'
