"""Where sentences begin and end: offsets into a text, never copies of it."""

from __future__ import annotations

import re

from treatment_search.records import Span

# A line break always ends a sentence: list items and table rows have no full stop.
_LINE = re.compile(r"[^\n]+")
_END = re.compile(
    r"""(?: (?<![.!?]) [.!?]++ ["'”’)\]]*+ (?:\s*\[\d+\])*+  # marks, closing quotes, source numbers
        (?=\s+ ["'“‘(\[]? [^\W_a-z] )    # and what follows does not start in lower case
      | [。！？؟।]++ )                      # scripts that need no space after the mark
    """,
    re.VERBOSE,
)
_NO_END = re.compile(
    r"""(?: ^\s* \d{1,3} (?:\.\d{1,3})*    # the number of a list item
      | (?:^|[\s(]) (?: [A-Za-z] | e\.g | i\.e | [Aa]pprox | cf | [Dd]r | et\ al | etc
        | [Ff]igs? | Inc | Jr | Mrs? | Ms | Nos? | Prof | St | vs | [Vv]ol ) ) $""",
    re.VERBOSE,
)


def sentence_spans(text: str) -> list[Span]:
    """Return (start, end) of each sentence of `text` in order, without outer white space.

    Every character that is not white space is in exactly one span.
    """
    return [
        span
        for line in _LINE.finditer(text)
        for span in _split_line(text, line.start(), line.end())
    ]


def _split_line(text: str, start: int, end: int) -> list[Span]:
    spans = []
    begin = start
    for mark in _END.finditer(text, start, end):
        before = text[max(begin, mark.start() - 12) : mark.start()]
        if mark.group().startswith(".") and _NO_END.search(before):
            continue
        spans.append((begin, mark.end()))
        begin = mark.end()
    spans.append((begin, end))
    return [trimmed for span in spans if (trimmed := _trim(text, *span))]


def _trim(text: str, start: int, end: int) -> Span | None:
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip())
    end -= len(inner) - len(inner.rstrip())
    return (start, end) if start < end else None
