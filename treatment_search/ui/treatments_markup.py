"""The map of treatments and the comparison -> HTML; every name and text passes `escaped`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from treatment_search.comparing import Aspect, Part
from treatment_search.records import CatalogueEntry
from treatment_search.treatments import Cell, Name
from treatment_search.ui.markup import escaped, named

_LEVELS = 4
_SHOWN_PASSAGES = 2

_ASPECTS = {
    Aspect.ABOUT: "What it is",
    Aspect.HOW: "How it is done",
    Aspect.TIME: "How long and how often",
    Aspect.CAUTION: "Who should not, and what can go wrong",
    Aspect.EVIDENCE: "What the evidence says",
    Aspect.DOCTOR: "When to see a doctor",
}


@dataclass(frozen=True, slots=True)
class MapRow:
    """One row of the map: its name, where that leads, and a cell and its address a column."""

    name: Name
    address: str
    cells: tuple[tuple[Cell, str] | None, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One treatment set beside others."""

    name: Name
    entries: tuple[CatalogueEntry, ...]
    parts: Mapping[Aspect, tuple[Part, ...]]


def address(page: str, query: Iterable[tuple[str, str]]) -> str:
    """Return the address of a page of the site, as seen from another one beside it."""
    return f"./{page}?{urlencode(list(query))}"


def map_table(caption: str, corner: str, columns: Sequence[Name], rows: Sequence[MapRow]) -> str:
    """Return the map; on a phone the style sheet makes a list of it."""
    most = max((cell[0].passages for row in rows for cell in row.cells if cell), default=1)
    head = "".join(
        f'<th scope="col" role="columnheader">{named(one.shown)}</th>' for one in columns
    )
    body = "".join(_map_row(row, columns, most) for row in rows)
    return (
        f'<table class="ts-map" role="table"><caption>{escaped(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">{corner}</th>'
        f'{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
    )


def _map_row(row: MapRow, columns: Sequence[Name], most: int) -> str:
    link = f'<a href="{escaped(row.address)}">{named(row.name.shown)}</a>'
    cells = "".join(
        _map_cell(row.name, column, found, most)
        for column, found in zip(columns, row.cells, strict=True)
    )
    return f'<tr role="row"><th scope="row" role="rowheader">{link}</th>{cells}</tr>'


def _map_cell(row: Name, column: Name, found: tuple[Cell, str] | None, most: int) -> str:
    if found is None:
        return '<td role="cell" class="ts-none"><span class="ts-hidden">nothing</span></td>'
    cell, link = found
    level = max(1, -(-_LEVELS * cell.passages // most))
    said = "1 passage" if cell.passages == 1 else f"{cell.passages} passages"
    evidence = '<span class="ts-evidence">evidence</span>' if cell.has_evidence else ""
    return (
        f'<td role="cell" class="ts-level-{level}"><a href="{escaped(link)}">'
        f'<span class="ts-column">{named(column.shown)}</span>'
        f'<span class="ts-hidden"> {named(row.shown)}: </span>'
        f"<span>{said}</span>{evidence}</a></td>"
    )


def article_list(entries: Iterable[CatalogueEntry]) -> str:
    """Return a list of articles, each a way into it."""
    items = "".join(
        f'<li><a href="{escaped(address("article", [("id", entry.article_id)]))}">'
        f"{named(entry.title)}</a></li>"
        for entry in entries
    )
    return f'<ul class="ts-titles">{items}</ul>'


def folded(summary: str, html: str) -> str:
    """Return HTML of ours under a line that opens it."""
    return f'<details class="ts-folded"><summary>{escaped(summary)}</summary>{html}</details>'


def compare_table(treatments: Sequence[Compared]) -> str:
    """Return treatments side by side, each cell what its own articles say."""
    head = "".join(
        f'<th scope="col" role="columnheader" id="ts-c{n}">{named(one.name.shown)}</th>'
        for n, one in enumerate(treatments)
    )
    aspects = "".join(_aspect_rows(aspect, treatments) for aspect in Aspect)
    names = " and ".join(named(one.name.shown) for one in treatments)
    return (
        f'<table class="ts-compare" role="table"><caption class="ts-hidden">{names}, side by side'
        f'</caption><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{aspects}</tbody></table>'
    )


def _aspect_rows(aspect: Aspect, treatments: Sequence[Compared]) -> str:
    cells = "".join(_compare_cell(one, aspect, n) for n, one in enumerate(treatments))
    return (
        f'<tr role="row" class="ts-aspect"><th id="ts-{aspect}" scope="colgroup" '
        f'role="columnheader" colspan="{len(treatments)}">{_ASPECTS[aspect]}</th></tr>'
        f'<tr role="row">{cells}</tr>'
    )


def _compare_cell(one: Compared, aspect: Aspect, column: int) -> str:
    parts = one.parts.get(aspect, ())
    inner = '<p class="ts-silent">The articles do not say.</p>'
    if parts:
        inner = _part(parts[0], _ASPECTS[aspect])
        if more := parts[1:]:
            links = "".join(f"<li>{_part_link(part, part.heading)}</li>" for part in more)
            inner += f'<p class="ts-also">See also</p><ul class="ts-titles">{links}</ul>'
    return (
        f'<td role="cell" headers="ts-{aspect} ts-c{column}" dir="auto">'
        f'<p class="ts-column">{named(one.name.shown)}</p>{inner}</td>'
    )


def _part(part: Part, above: str) -> str:
    """Return the beginning of a section as it stands, and the way to the rest.

    Its heading is left out where it says what already stands above.
    """
    heading = f'<p class="ts-part">{named(part.heading)}</p>'
    if part.heading.casefold() == above.casefold():
        heading = ""
    texts = "".join(
        f'<p class="ts-text">{escaped(stored.passage.text)}</p>'
        for stored in part.passages[:_SHOWN_PASSAGES]
    )
    label = "Read on in the article" if len(part.passages) > _SHOWN_PASSAGES else "In the article"
    return f'{heading}{texts}<p class="ts-source">{_part_link(part, label)}</p>'


def _part_link(part: Part, label: str) -> str:
    first = part.passages[0]
    passage = first.passage
    query = [("id", passage.article_id), ("at", str(passage.start)), ("end", str(passage.end))]
    about = f'<span class="ts-hidden">: {named(part.heading)}, {named(first.title)}</span>'
    return f'<a href="{escaped(address("article", query))}">{named(label)}{about}</a>'
