"""Files -> articles. One module a format; to add a format, write one and name it in READERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.archive import Unpacked, unpack
from treatment_search.reading.isolation import ReadingProcess
from treatment_search.reading.markdown import read_markdown
from treatment_search.reading.pdf import read_pdf
from treatment_search.reading.text import read_text
from treatment_search.reading.webpage import read_web_page
from treatment_search.reading.word import read_word
from treatment_search.records import Article

# Raised when any reader changes what it makes of the same bytes: every file is then read again.
READER_VERSION = "readers-3"

MOST_BYTES = 20_000_000
MOST_ARCHIVE_BYTES = 100_000_000

Reader = Callable[[str, bytes], Article]

_WRITTEN: Mapping[str, Reader] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
}
# Formats whose parsers are large and meet what strangers made: they run in a process of their own.
_PARSED: Mapping[str, Reader] = {
    ".html": read_web_page,
    ".htm": read_web_page,
    ".xhtml": read_web_page,
    ".pdf": read_pdf,
    ".docx": read_word,
}
READERS: Mapping[str, Reader] = {**_WRITTEN, **_PARSED}
ARCHIVE = ".zip"

_SAVE_AS = {".doc": ".docx", ".odt": ".docx", ".rtf": ".docx", ".mhtml": ".html", ".mht": ".html"}

_process = ReadingProcess()


def reader_for(article_id: str) -> Reader:
    """Return the reader for a file name, or raise ArticleUnreadable naming the known formats."""
    suffix = _suffix(article_id)
    if suffix not in READERS:
        known = ", ".join(sorted((*READERS, ARCHIVE)))
        other = f"; save it as {_SAVE_AS[suffix]}" if suffix in _SAVE_AS else ""
        raise ArticleUnreadable(
            f"unknown format {suffix or '(no ending)'}{other}; known are {known}"
        )
    return READERS[suffix]


def is_archive(article_id: str) -> bool:
    """Return whether a file holds articles instead of being one."""
    return _suffix(article_id) == ARCHIVE


def is_written(article_id: str) -> bool:
    """Return whether an article is in a format that its writer types, mark by mark."""
    return _suffix(article_id) in _WRITTEN


def read_article(article_id: str, data: bytes, process: ReadingProcess | None = None) -> Article:
    """Return the article in `data`, or raise ArticleUnreadable with the reason.

    What is not Markdown or plain text is parsed in `process`, or else in one that all share: a
    file that crashes its parser or never ends costs that file alone.
    """
    reader_for(article_id)
    if not data.strip():
        raise ArticleUnreadable("the file is empty")
    check_size(article_id, len(data))
    if is_written(article_id):
        return parse_article(article_id, data)
    return (process or _process).read(article_id, data)


def read_archive(article_id: str, data: bytes, process: ReadingProcess | None = None) -> Unpacked:
    """Return the files in an archive that may be articles, and why others are not.

    Raises ArticleUnreadable when the archive cannot be read. It is unpacked as an article is
    parsed: in a process of its own.
    """
    if not data:
        raise ArticleUnreadable("the file is empty")
    check_size(article_id, len(data))
    return (process or _process).unpack(article_id, data)


def close() -> None:
    """End the shared process; the next file that needs it starts it again."""
    _process.close()


def check_size(article_id: str, size: int) -> None:
    """Raise ArticleUnreadable when a file of `size` bytes is larger than files of its kind may."""
    most = MOST_ARCHIVE_BYTES if is_archive(article_id) else MOST_BYTES
    if size > most:
        raise ArticleUnreadable(
            f"too large: {size:,} bytes, at most {most:,}; split it into several files"
        )


def parse_article(article_id: str, data: bytes) -> Article:
    """Return the article as its reader makes it, in this very process."""
    article = reader_for(article_id)(article_id, data)
    if not any(article.text[s.start : s.end].strip() for s in article.sections):
        raise ArticleUnreadable("no text below its title and headings")
    return article


def parse_archive(article_id: str, data: bytes) -> Unpacked:
    """Return an archive's members, unpacked in this very process."""

    def check(name: str) -> None:
        if not is_archive(name):
            reader_for(name)

    return unpack(article_id, data, most_bytes=MOST_BYTES, check=check)


def _suffix(article_id: str) -> str:
    return PurePosixPath(article_id).suffix.lower()
