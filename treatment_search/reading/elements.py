"""Trees of HTML -> headings and blocks; the only file that knows lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, TypeAlias

import lxml.etree
import lxml.html

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.building import ArticleBuilder
from treatment_search.reading.decoding import plain
from treatment_search.reading.markdown import BULLET

Element: TypeAlias = Any
"""An element of lxml, which has no types of its own."""

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LISTS = ("ul", "ol", "dl")
_TEXT_BLOCKS = (
    "li", "dt", "dd", "p", "div", "section", "article", "main", "body", "header", "footer", "nav",
    "aside", "table", "caption", "thead", "tbody", "tr", "td", "th", "blockquote", "pre", "hr",
    "figure", "figcaption", "details", "summary", "address", "form", "fieldset", "center",
)  # fmt: skip
_BLOCKS = frozenset((*_HEADINGS, *_LISTS, *_TEXT_BLOCKS))
_UNSEEN = frozenset(("script", "style", "template", "noscript", "head", "title", "svg", "object"))
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_NUMBERED = re.compile(r"&#(?:x[0-9a-f]+|[0-9]+);?", re.IGNORECASE)
_ROLES = " | ".join(
    f"//*[@role='{role}']" for role in ("navigation", "search", "dialog", "alertdialog")
)
_SPACE = re.compile(r"[^\S\n]+")
_START = re.compile(r"\d{1,6}")


def parse_html(text: str) -> Element:
    """Return the tree of a page; nothing that it names is fetched and no entity of its own read.

    Raises ArticleUnreadable when there is nothing in it.
    """
    # huge_tree: libxml2 would drop, without a word, what is nested deeper than 256 elements.
    parser = lxml.html.HTMLParser(
        no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8"
    )
    text = _NUMBERED.sub(_character, _XML_DECLARATION.sub("", text, count=1))
    try:
        return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError) as error:
        if any(entry.type == lxml.etree.ErrorTypes.ERR_NO_MEMORY for entry in parser.error_log):
            raise MemoryError from error
        raise ArticleUnreadable("no text in it, or not HTML") from error


def _character(reference: re.Match[str]) -> str:
    """Return what browsers show for `&#146;` and its like, which libxml2 takes to the letter.

    128 to 159 are Windows-1252 (https://html.spec.whatwg.org/#numeric-character-reference-end-state).
    """
    character = unescape(reference[0])
    return reference[0] if character in ("&", "<", ">") else plain(character)


def drop_navigation(tree: Element) -> None:
    """Take out, in place, what a page itself says is for finding one's way and not for reading."""
    for element in list(tree.iter("nav", "dialog")) + tree.xpath(_ROLES):
        if element.getparent() is not None:
            element.drop_tree()


def xml_values(data: bytes) -> dict[str, str]:
    """Return the text of each element by its name without a namespace; entities are not read."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = lxml.etree.fromstring(data, parser=parser)
    except lxml.etree.XMLSyntaxError:
        return {}
    found = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element.text:
            found[lxml.etree.QName(element).localname] = " ".join(plain(element.text).split())
    return found


def keep_lines(tree: Element) -> None:
    """Make, in place, the lines of each block that keeps them (`pre`) lines of a paragraph."""
    for block in list(tree.iter("pre")):
        block.tag = "p"
        for element in list(block.iter()):
            for line in reversed((element.text or "").split("\n")[1:]):
                element.insert(0, _line_break(element, line))
            element.text = (element.text or "").split("\n")[0]
            if element is not block and element.tail:
                first, *lines = element.tail.split("\n")
                element.tail = first
                for line in reversed(lines):
                    element.addnext(_line_break(element, line))


def _line_break(element: Element, line: str) -> Element:
    line_break = element.makeelement("br")
    line_break.tail = line
    return line_break


def choose_title(body: Element, told: str | None) -> str | None:
    """Return the title: what the file tells when a heading says so, or the one first heading."""
    told = " ".join(plain(told or "").split()) or None
    first = [line_of(heading) for heading in body.iter("h1")]
    if len(first) == 1 and told not in first:
        return first[0] or told
    return told


def fill(builder: ArticleBuilder, body: Element, title: str | None) -> None:
    """Put a tree's headings and blocks into the builder, in reading order.

    The heading that is the title opens no section. A list is one block with a line an item.
    """
    run = [_flat(body.text)]
    for child in body:
        if not isinstance(child.tag, str) or child.tag in _UNSEEN:
            pass
        elif child.tag in _BLOCKS or _holds_block(child):
            builder.block(_tidied("".join(run)))
            run = []
            _fill_block(builder, child, title)
        else:
            run += _inline(child)
        run.append(_flat(child.tail))
    builder.block(_tidied("".join(run)))


def _fill_block(builder: ArticleBuilder, element: Element, title: str | None) -> None:
    if element.tag in _HEADINGS:
        name = line_of(element)
        if name and name != title:
            builder.heading(int(element.tag[1]), name)
    elif element.tag in _LISTS:
        builder.block("\n".join(_list_lines(element)))
    elif element.tag == "table":
        builder.block("\n".join(table_lines(element)))
    else:
        fill(builder, element, title)


def _list_lines(element: Element) -> Iterator[str]:
    """Yield one line an item; what is nested in it follows, a definition stands after its term."""
    start = element.get("start") or ""
    number = int(start) if _START.fullmatch(start) else 1
    term = ""
    for item in element:
        if not isinstance(item.tag, str) or item.tag in _UNSEEN:
            continue
        if item.tag in _LISTS:
            yield from _list_lines(item)
        elif item.tag == "dt":
            term = line_of(item)
        else:
            ordered = element.tag == "ol" and item.tag == "li"
            mark = f"{number}. " if ordered else f"{term}: " if term else ""
            number += ordered
            term = ""
            yield from _item_lines(item, mark if element.tag != "ul" else BULLET)
    if term:
        yield term


def _item_lines(item: Element, mark: str) -> Iterator[str]:
    run = [_flat(item.text)]
    for child in item:
        nested = isinstance(child.tag, str) and child.tag in (*_LISTS, "table")
        if nested or (isinstance(child.tag, str) and any(True for _ in child.iter(*_LISTS))):
            if text := _tidied("".join(run)):
                yield mark + text
                mark = ""
            run = []
            if child.tag == "table":
                yield from table_lines(child)
            elif child.tag in _LISTS:
                yield from _list_lines(child)
            else:
                yield from _item_lines(child, "")
        else:
            run += _inline(child)
        run.append(_flat(child.tail))
    if text := _tidied("".join(run)):
        yield mark + text


def table_lines(table: Element) -> Iterator[str]:
    """Yield one line a row, its cells side by side."""
    for row in table.iter("tr"):
        cells = [line_of(cell) for cell in row if isinstance(cell.tag, str)]
        if line := "; ".join(cell for cell in cells if cell):
            yield line


def _holds_block(element: Element) -> bool:
    return any(below.tag in _BLOCKS for below in element.iter() if isinstance(below.tag, str))


def _inline(element: Element) -> list[str]:
    """Return the pieces of an element's text; blocks inside it are kept apart by a line break."""
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:
        return []
    if element.tag == "br":
        return ["\n"]
    around = ["\n"] if element.tag in _BLOCKS else []
    pieces = [*around, _flat(element.text)]
    for child in element:
        pieces += [*_inline(child), _flat(child.tail)]
    return pieces + around


def _flat(text: str | None) -> str:
    return (text or "").replace("\n", " ")


def line_of(element: Element) -> str:
    """Return an element's text as one line."""
    return " ".join(plain("".join(_inline(element))).split())


def _tidied(text: str) -> str:
    """Return text with one space between words and no space around its line breaks."""
    lines = (_SPACE.sub(" ", line).strip() for line in plain(text).split("\n"))
    return "\n".join(line for line in lines if line)
