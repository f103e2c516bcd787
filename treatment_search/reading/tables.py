"""Tables of a tree of HTML -> lines in which each cell stands beside the name of its column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from treatment_search.reading.elements import Element, line_of

_MOST_COLUMNS = 100
_MOST_ROWS_SPANNED = 1000
_SPAN = re.compile(r"\s*(\d{1,6})\s*")
_FIGURE = re.compile(r"[\W_]*\d")
_NAME_WORDS = 6


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    is_name: bool
    is_bold: bool
    fills_row: bool = False


def flatten_tables(tree: Element) -> None:
    """Replace each table of data, in place, by its caption and a paragraph with a line a row.

    A cell that spans several rows or columns is said in each of them. A table that holds another
    one, or has one column, only lays out the page: its cells become what they are to a reader,
    one after the other. A table of mostly links, or of one row, stays as it is.
    """
    layouts = [table for table in tree.iter("table") if _is_layout(table)]
    for table in [table for table in tree.iter("table") if table not in layouts]:
        rows = [] if _is_of_links(table) else _grid(table)
        if len(rows) < 2:
            continue
        paragraph = table.makeelement("p")
        for line in _lines(rows):
            if paragraph.text is None:
                paragraph.text = line
            else:
                line_break = paragraph.makeelement("br")
                line_break.tail = line
                paragraph.append(line_break)
        for caption in table.iter("caption"):
            above = table.makeelement("p")
            above.text = line_of(caption)
            table.addprevious(above)
        paragraph.tail = table.tail
        table.getparent().replace(table, paragraph)
    for table in layouts:
        for part in table.iter("table", "tbody", "tr", "td"):
            part.tag = "div"


def _is_layout(table: Element) -> bool:
    if table.get("role") in ("presentation", "none") or table.find(".//table") is not None:
        return True
    return all(len(row.findall("td")) + len(row.findall("th")) < 2 for row in table.iter("tr"))


def _is_of_links(table: Element) -> bool:
    linked = sum(len(line_of(link)) for link in table.iter("a"))
    return table.getparent() is None or linked * 2 > len(line_of(table))


def _grid(table: Element) -> list[list[_Cell]]:
    """Return the rows with one cell a column, spans filled in; rows without text are left out."""
    rows: list[list[_Cell]] = []
    above: dict[int, tuple[_Cell, int]] = {}  # column -> a cell that reaches down, rows to go
    for row in table.iter("tr"):
        cells: list[_Cell] = []

        def fill_from_above(cells: list[_Cell] = cells) -> None:
            while len(cells) in above:
                cell, rows_left = above.pop(len(cells))
                if rows_left > 1:
                    above[len(cells)] = (cell, rows_left - 1)
                cells.append(cell)

        elements = [cell for cell in row if cell.tag in ("td", "th")]
        for element in elements:
            fill_from_above()
            cell = _cell(element, in_head=row.getparent().tag == "thead")
            width = _span(element, "colspan", _MOST_COLUMNS)
            cell = replace(cell, fills_row=len(elements) == 1 and width > 1)
            height = _span(element, "rowspan", _MOST_ROWS_SPANNED)
            for column in range(len(cells), min(len(cells) + width, _MOST_COLUMNS)):
                if height > 1:
                    above[column] = (cell, height - 1)
                cells.append(cell)
        fill_from_above()
        if any(cell.text for cell in cells):
            rows.append(cells)
    return rows


def _cell(element: Element, *, in_head: bool) -> _Cell:
    text = line_of(element)
    bold = sum(len(line_of(part)) for part in element.iter("b", "strong"))
    return _Cell(text, in_head or element.tag == "th", bool(text) and bold >= len(text))


def _span(element: Element, name: str, most: int) -> int:
    match = _SPAN.fullmatch(element.get(name) or "")
    return min(max(int(match[1]), 1), most) if match else 1


def _lines(rows: Sequence[Sequence[_Cell]]) -> list[str]:
    heads = list(takewhile(lambda row: all(cell.is_name for cell in row), rows))
    if len(heads) == len(rows):
        heads = []
    if not heads and _names_columns(rows[0], rows[1:]):
        heads = [rows[0]]
    names = _column_names([row for row in heads if not row[0].fills_row])
    titles = [row[0].text for row in heads if row[0].fills_row]
    return titles + [_line(row, names) for row in rows[len(heads) :]]


def _names_columns(first: Sequence[_Cell], rest: Sequence[Sequence[_Cell]]) -> bool:
    """Return whether a first row that is not marked as one looks like names of columns."""
    texts = [cell.text for cell in first]
    could_be = (
        len(set(texts)) == len(texts) > 1
        and all(text and len(text.split()) <= _NAME_WORDS for text in texts)
        and not any(_FIGURE.match(text) or text[-1] in ".,;:" for text in texts)
    )
    if not could_be:
        return False
    figures_below = all(any(_FIGURE.match(cell.text) for cell in row[1:]) for row in rest)
    return all(cell.is_bold for cell in first) or len(first) > 2 or figures_below


def _column_names(heads: Sequence[Sequence[_Cell]]) -> list[str]:
    """Return each column's name; where it has one above the other, both."""
    width = max(map(len, heads), default=0)
    columns = [[row[column].text for row in heads if column < len(row)] for column in range(width)]
    return [" ".join(dict.fromkeys(name for name in names if name)) for names in columns]


def _line(row: Sequence[_Cell], names: Sequence[str]) -> str:
    if row[0].fills_row:
        return row[0].text
    if not names and row[0].is_name and row[0].text:
        return f"{row[0].text}: " + "; ".join(cell.text for cell in row[1:] if cell.text)
    names = [*names, *[""] * (len(row) - len(names))]
    pairs = zip(names, row, strict=False)
    return "; ".join(
        f"{name}: {cell.text}" if name else cell.text for name, cell in pairs if cell.text
    )
