"""Markdown -> Article: what a reader of the rendered page would see, as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from treatment_search.reading.building import ArticleBuilder
from treatment_search.reading.decoding import decode
from treatment_search.reading.front_matter import parse_front_matter
from treatment_search.records import Article, Metadata

BULLET = "• "


def read_markdown(article_id: str, data: bytes) -> Article:
    """Return the article; HTML inside it is kept as the text that was typed."""
    decoded = decode(data)
    # A parser of its own each time: markdown-it-py says nothing about use from several threads.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").use(front_matter_plugin)
    tokens = parser.parse(decoded.text.lstrip("\n"))
    title, metadata, notes = None, Metadata(), decoded.notes
    builder = ArticleBuilder()
    blocks = iter(tokens)
    for token in blocks:
        if token.type == "front_matter":
            title, metadata, found = parse_front_matter(token.content)
            notes += found
        elif token.type == "heading_open":
            level, name = int(token.tag[1]), _inline(next(blocks))
            if level == 1 and not title:
                title = name
            elif name != title:
                builder.heading(level, name)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            builder.block("\n".join(_list_lines(token, blocks)))
        elif token.type == "table_open":
            builder.block("\n".join(_table_lines(blocks)))
        elif token.type == "inline":
            builder.block(_inline(token))
        elif token.type in ("fence", "code_block"):
            builder.block(token.content)
    return builder.article(article_id, title, metadata, notes)


def _inline(token: Token) -> str:
    return "".join(_inline_parts(token.children or ())).strip()


def _inline_parts(children: Sequence[Token]) -> Iterator[str]:
    for child in children:
        if child.type == "softbreak":
            yield " "
        elif child.type == "hardbreak":
            yield "\n"
        elif child.type == "image":
            yield from _inline_parts(child.children or ())
        else:
            yield child.content


def _list_lines(opening: Token, blocks: Iterator[Token]) -> Iterator[str]:
    """Yield one line an item, nested lists included, until the list that `opening` opens ends."""
    ordered = opening.type == "ordered_list_open"
    number = int(opening.attrGet("start") or 1) if ordered else 0
    mark = ""
    for token in blocks:
        if token.type == opening.type.replace("open", "close") and token.level == opening.level:
            return
        if token.type == "list_item_open":
            mark = f"{number}. " if ordered else BULLET
            number += 1
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield from _list_lines(token, blocks)
        elif token.type == "table_open":
            yield from _table_lines(blocks)
        elif token.type == "inline" or token.type in ("fence", "code_block"):
            text = _inline(token) if token.type == "inline" else token.content.strip()
            yield mark + text
            mark = ""


def _table_lines(blocks: Iterator[Token]) -> Iterator[str]:
    """Yield one line a row with its column's name beside each cell, so that a row stands alone."""
    names: list[str] = []
    cells: list[str] = []
    in_head = False
    for token in blocks:
        if token.type == "table_close":
            return
        if token.type == "thead_open":
            in_head = True
        elif token.type == "thead_close":
            in_head = False
        elif token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(_inline(token))
        elif token.type == "tr_close" and in_head:
            names = cells
        elif token.type == "tr_close":
            pairs = zip(names, cells, strict=False)  # a row may have fewer cells than the head
            yield "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)
