"""A PDF -> Article with its pages; alone knows pypdf."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Any

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.decoding import plain
from treatment_search.reading.front_matter import calendar_day
from treatment_search.reading.pages import Line, Page, article_of_pages
from treatment_search.records import Article, Metadata

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MOST_PAGES = 2_000
_PDF_DAY = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
# Codes that WinAnsiEncoding leaves free show a bullet (ISO 32000-1, D.2).
_BULLETS = dict.fromkeys((0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D), "•")
# What programs write when nobody gave the file a title.
_NO_TITLE = re.compile(
    r"untitled.*|microsoft word\b.*|\(?anonymous\)?|\(?unspecified\)?|.*\.\w{2,4}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some text of a line with its place and looks, as in Line."""

    text: str
    x: float
    y: float
    size: float
    bold: bool


def read_pdf(article_id: str, data: bytes) -> Article:
    """Return the text of a PDF with the pages it stands on.

    Raises ArticleUnreadable when it needs a password, has too many pages, or is only pictures.
    """
    reader = _opened(data)
    count = len(reader.pages)
    if count > MOST_PAGES:
        raise ArticleUnreadable(f"too many pages: {count:,}, at most {MOST_PAGES:,}; split it")
    pages, broken = [], []
    for number, page in enumerate(reader.pages, 1):
        try:
            pages.append(_page(number, page))
        except (MemoryError, RecursionError):
            raise
        except Exception:
            broken.append(number)
            pages.append(Page(number, 0.0, ()))
    empty = [page.number for page in pages if not page.lines and page.number not in broken]
    if len(empty) + len(broken) == count:
        why = (
            "broken: no page can be read" if broken else "no text: its pages are pictures (scanned)"
        )
        raise ArticleUnreadable(f"{why}; use a PDF with text in it")
    notes = [f"no text on {_listed(empty)}: pictures (scanned), not read"] if empty else []
    notes += [f"{_listed(broken)} broken, not read"] if broken else []
    told = _told(reader)
    title = told.get("/Title", "")
    return article_of_pages(
        article_id,
        pages,
        told_title=None if _NO_TITLE.fullmatch(title) else title or None,
        metadata=Metadata(updated=_day(told)),
        notes=tuple(notes),
    )


def _opened(data: bytes) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        # Many PDFs may be read by everybody and are encrypted all the same, without a password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise ArticleUnreadable("encrypted; save it without a password")
        if not len(reader.pages):
            raise ArticleUnreadable("broken: a PDF without pages")
    except DependencyError as error:
        raise ArticleUnreadable(f"encrypted in a way that is not known here: {error}") from error
    except (ArticleUnreadable, MemoryError, RecursionError):
        raise
    except PyPdfError as error:
        raise ArticleUnreadable(f"broken: not a PDF, or cut off ({error})") from error
    except Exception as error:
        raise ArticleUnreadable(f"broken: {type(error).__name__} in its structure") from error
    return reader


def _page(number: int, page: PageObject) -> Page:
    """Return the lines of a page in the order in which the file has them."""
    lines: list[Line] = []
    pieces: list[_Piece] = []

    def end_line() -> None:
        text = "".join(piece.text for piece in pieces).translate(_BULLETS)
        text = " ".join(plain(text).split())
        seen = [piece for piece in pieces if piece.text.strip()]
        pieces.clear()
        if text and seen:
            # One bullet of another size, one word in bold, are not how the line looks.
            sizes: Counter[float] = Counter()
            for piece in seen:
                sizes[piece.size] += len(piece.text)
            size, bold = sizes.most_common(1)[0][0], all(piece.bold for piece in seen)
            lines.append(Line(text, number, seen[0].x, seen[0].y, size, bold))

    def visit(text: str, cm: Any, tm: Any, font: Mapping[str, Any] | None, size: float) -> None:
        for index, part in enumerate(text.split("\n")):
            if index:
                end_line()
            pieces.append(_piece(part, cm, tm, font, size))

    page.extract_text(visitor_text=visit)
    end_line()
    return Page(number, float(page.mediabox.top), tuple(lines))


def _piece(text: str, cm: Any, tm: Any, font: Mapping[str, Any] | None, size: float) -> _Piece:
    """Return where a text stands and how it looks: two matrices say it (ISO 32000-1, 9.4.4)."""
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    height = abs(size) * hypot(tm[2], tm[3]) * hypot(cm[2], cm[3])
    bold = bool(_BOLD.search(str((font or {}).get("/BaseFont", ""))))
    return _Piece(text, float(x), float(y), round(float(height), 1), bold)


def _told(reader: PdfReader) -> dict[str, str]:
    """Return what the file says about itself; damage there is no reason to refuse it."""
    try:
        return {name: plain(str(value)).strip() for name, value in (reader.metadata or {}).items()}
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return {}


def _day(told: Mapping[str, str]) -> str | None:
    match = _PDF_DAY.match(told.get("/ModDate") or told.get("/CreationDate") or "")
    return calendar_day("-".join(match.groups())) if match else None


def _listed(numbers: list[int]) -> str:
    """Return pages as a person lists them: `pages 1, 3-5`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs[:10]]
    more = " and more" if len(runs) > len(shown) else ""
    return f"page{'s' if len(numbers) > 1 else ''} {', '.join(shown)}{more}"
