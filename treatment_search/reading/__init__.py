"""Files -> articles. One module a format; to add a format, write one and name it in READERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.markdown import read_markdown
from treatment_search.reading.text import read_text
from treatment_search.records import Article

# Raised when any reader changes what it makes of the same bytes: every file is then read again.
READER_VERSION = "readers-2"

MOST_BYTES = 20_000_000

Reader = Callable[[str, bytes], Article]

READERS: Mapping[str, Reader] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
}


def reader_for(article_id: str) -> Reader:
    """Return the reader for a file name, or raise ArticleUnreadable naming the known formats."""
    suffix = PurePosixPath(article_id).suffix.lower()
    if suffix not in READERS:
        known = ", ".join(sorted(READERS))
        raise ArticleUnreadable(f"unknown format {suffix or '(no ending)'}; known are {known}")
    return READERS[suffix]


def read_article(article_id: str, data: bytes) -> Article:
    """Return the article in `data`, or raise ArticleUnreadable with the reason."""
    reader = reader_for(article_id)
    if not data.strip():
        raise ArticleUnreadable("the file is empty")
    if len(data) > MOST_BYTES:
        raise ArticleUnreadable(
            f"too large: {len(data):,} bytes, at most {MOST_BYTES:,}; split it into several files"
        )
    article = reader(article_id, data)
    if not any(article.text[s.start : s.end].strip() for s in article.sections):
        raise ArticleUnreadable("no text below its title and headings")
    return article
