"""A saved web page -> Article: its content without what surrounds it; alone knows trafilatura."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.building import ArticleBuilder
from treatment_search.reading.decoding import decode, plain
from treatment_search.reading.front_matter import calendar_day, web_address
from treatment_search.records import Article, Metadata

if TYPE_CHECKING:
    from treatment_search.reading.elements import Element

_DECLARED = re.compile(
    rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)
        | ^\s*<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)""",
    re.IGNORECASE | re.VERBOSE,
)
# Browsers look at the first 1,024 bytes (https://html.spec.whatwg.org/#charset); saving a page
# puts a comment and an address before them.
_DECLARED_WITHIN = 4096
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->", re.IGNORECASE)
_NAMES = {"list": "ul", "item": "li", "row": "tr", "cell": "td", "lb": "br", "quote": "blockquote"}


def read_web_page(article_id: str, data: bytes) -> Article:
    """Return the page's content with title, address, day and source as the page tells them."""
    import trafilatura

    from treatment_search.reading import elements, tables

    decoded = decode(data, _declared_encoding(data))
    tree = elements.parse_html(decoded.text)
    elements.drop_navigation(tree)
    elements.keep_lines(tree)
    tables.flatten_tables(tree)
    page = trafilatura.bare_extraction(
        tree,
        include_comments=False,
        include_formatting=False,
        with_metadata=True,
        # Only what the page marks as its date: any other day in it may mean anything.
        date_extraction_params={"original_date": False, "extensive_search": False},
    )
    if page is None or isinstance(page, dict) or page.body is None:
        raise ArticleUnreadable(
            "no text on the page besides its menus; a page that a script draws has to be saved "
            "as PDF, or its text pasted into a .txt file"
        )
    _as_html(page.body)
    title = elements.choose_title(page.body, page.title)
    builder = ArticleBuilder()
    elements.fill(builder, page.body, title)
    saved_from = _SAVED_FROM.search(decoded.text[:_DECLARED_WITHIN])
    metadata = Metadata(
        source=_told(page.sitename),
        url=web_address(page.url or (saved_from[1] if saved_from else "")),
        updated=calendar_day(page.date or ""),
        licence=_told(page.license),
    )
    return builder.article(article_id, title, metadata, decoded.notes)


def belongs_to_page(folder: str, files: Collection[str]) -> bool:
    """Return whether a folder is what a browser saves beside a page: its pictures and scripts."""
    page = folder.removesuffix("_files")
    return page != folder and (f"{page}.html" in files or f"{page}.htm" in files)


def _declared_encoding(data: bytes) -> str | None:
    match = _DECLARED.search(data[:_DECLARED_WITHIN])
    return (match[1] or match[2]).decode("ascii", "replace") if match else None


def _as_html(body: Element) -> None:
    """Give the elements, in place, the names that they have in HTML instead of trafilatura's own.

    A heading without a level is the name of a box that opens.
    """
    for element in body.iter():
        rendition = element.get("rend") or ""
        if element.tag == "head":
            element.tag = rendition if re.fullmatch(r"h[1-6]", rendition) else "h6"
        elif element.tag == "list" and rendition in ("ol", "dl"):
            element.tag = rendition
        elif element.tag == "item" and rendition[:2] in ("dt", "dd"):
            element.tag = rendition[:2]
        elif isinstance(element.tag, str):
            element.tag = _NAMES.get(element.tag, element.tag)


def _told(text: str | None) -> str | None:
    return " ".join(plain(text or "").split()) or None
