"""Article -> passages: whole sentences of one section, never longer than the model reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol

from treatment_search.records import HEADING_SEPARATOR, Article, Passage, Section, Span
from treatment_search.sentences import sentence_spans

CHUNKER_VERSION = "sentences-1"

TARGET_WORDS = 150
MOST_WORDS = 180
# Breaking inside a paragraph costs as much as a passage 45 words away from the target.
INSIDE_PARAGRAPH = (45 / TARGET_WORDS) ** 2
# The headings may take at most this share of what the model reads; the rest is for the text.
CONTEXT_SHARE = 4

# Lists of references answer nobody's question; they are kept for the reading view alone.
REFERENCE_HEADINGS = frozenset(
    {"sources", "source", "references", "reference", "bibliography", "further reading", "footnotes"}
)

_WORD = re.compile(r"\S+")


class TokenCounter(Protocol):
    """What chunking must know of a model: how much it reads, and how long a text is to it."""

    @property
    def max_tokens(self) -> int:
        """Tokens the model reads, without the marks it adds itself and without its prompt."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, in order, special marks left out."""
        ...


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, or a piece of one that is too long for the model, its words counted alone."""

    start: int
    end: int
    words: int
    tokens: int
    ends_paragraph: bool
    is_piece: bool


def chunk(article: Article, counter: TokenCounter) -> list[Passage]:
    """Return the article's passages in the order of its text."""
    passages = []
    for number, section in enumerate(article.sections):
        if is_reference_section(section.headings):
            continue
        context = section_context(article, section, counter)
        passages += [
            Passage(
                article_id=article.article_id,
                section=number,
                headings=section.headings,
                context=context,
                start=start,
                end=end,
                text=article.text[start:end],
                page=article.page_at(start),
            )
            for start, end in _pack_section(article.text, section, context, counter)
        ]
    return passages


def is_reference_section(headings: Sequence[str]) -> bool:
    """Return whether a heading path ends in a list of references."""
    return bool(headings) and headings[-1].strip(" :").casefold() in REFERENCE_HEADINGS


def section_context(article: Article, section: Section, counter: TokenCounter) -> str:
    """Return title and headings as they are embedded, cut to a quarter of what the model reads."""
    names = [article.title, *(h for h in section.headings if h != article.title)]
    return _cut(HEADING_SEPARATOR.join(names), counter.max_tokens // CONTEXT_SHARE, counter)


def _cut(text: str, limit: int, counter: TokenCounter) -> str:
    text = text[: limit * 20]  # no model makes a token of 20 characters of prose
    while text and counter.count_tokens([text])[0] > limit:
        text = text[: len(text) * 3 // 4].rstrip()
    return text


def _pack_section(text: str, section: Section, context: str, counter: TokenCounter) -> list[Span]:
    limit = counter.max_tokens - counter.count_tokens([f"{context}:"])[0]
    while True:
        units = _units(text, section, limit, counter)
        spans = _pack(units, limit)
        # Token counts of sentences add up for WordPiece; other tokenizers may need a little more.
        near = [span for span in spans if _most_tokens(units, span) > limit]
        counts = counter.count_tokens([f"{context}: {text[a:b]}" for a, b in near])
        excess = max(counts, default=0) - counter.max_tokens
        if excess <= 0:
            return spans
        limit -= excess


def _most_tokens(units: Sequence[_Unit], span: Span) -> int:
    """Return the most tokens that any tokenizer makes of units together.

    At worst each character between two is a token, and one more is made where they meet; so
    with the words of a piece.
    """
    inside = [unit for unit in units if span[0] <= unit.start < span[1]]
    joints = sum(after.start - unit.end + 1 for unit, after in pairwise(inside))
    inner = sum(2 * unit.words for unit in inside if unit.is_piece)
    return sum(unit.tokens for unit in inside) + joints + inner + 1


def _units(text: str, section: Section, limit: int, counter: TokenCounter) -> list[_Unit]:
    body = text[section.start : section.end]
    spans = [(a + section.start, b + section.start) for a, b in sentence_spans(body)]
    counts = counter.count_tokens([text[a:b] for a, b in spans])
    units = []
    for span, count in zip(spans, counts, strict=True):
        fits = count <= limit
        for (a, b), tokens in [(span, count)] if fits else _pieces(text, span, limit, counter):
            words = len(_WORD.findall(text, a, b))
            units.append(_Unit(a, b, words, tokens, text[b : b + 1] == "\n", not fits))
    return units


def _pieces(text: str, span: Span, limit: int, counter: TokenCounter) -> list[tuple[Span, int]]:
    """Cut a sentence too long for the model at its words, inside a word as a last resort."""
    words = [match.span() for match in _WORD.finditer(text, *span)]
    counts = counter.count_tokens([text[a:b] for a, b in words])
    pieces: list[tuple[Span, int]] = []
    for (start, end), count in zip(words, counts, strict=True):
        if count > limit and end - start > 1:
            middle = (start + end) // 2
            for half in ((start, middle), (middle, end)):
                pieces += _pieces(text, half, limit, counter)
        elif pieces and pieces[-1][1] + count <= limit:
            (first, _), tokens = pieces[-1]
            pieces[-1] = ((first, end), tokens + count)
        else:
            pieces.append(((start, end), count))
    return pieces


def _pack(units: Sequence[_Unit], limit: int) -> list[Span]:
    """Group units into passages near TARGET_WORDS, at least total cost (dynamic programming)."""
    words = [0, *accumulate(unit.words for unit in units)]
    tokens = [0, *accumulate(unit.tokens for unit in units)]
    cost = [0.0] + [float("inf")] * len(units)
    first = [0] * (len(units) + 1)
    for end in range(1, len(units) + 1):
        broken = 0.0 if end == len(units) or units[end - 1].ends_paragraph else INSIDE_PARAGRAPH
        for begin in range(end - 1, -1, -1):
            size = words[end] - words[begin]
            too_large = size > MOST_WORDS or tokens[end] - tokens[begin] > limit
            if too_large and begin < end - 1:
                break
            total = cost[begin] + (size / TARGET_WORDS - 1) ** 2 + broken
            if total < cost[end]:
                cost[end], first[end] = total, begin
    spans: list[Span] = []
    end = len(units)
    while end > 0:
        spans.append((units[first[end]].start, units[end - 1].end))
        end = first[end]
    return spans[::-1]
