"""A Word file -> Article, by way of HTML; alone knows mammoth."""

from __future__ import annotations

import io

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.archive import open_archive, read_member
from treatment_search.reading.building import ArticleBuilder
from treatment_search.reading.front_matter import calendar_day
from treatment_search.records import Article, Metadata

_OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STYLES = "p[style-name='Title'] => h1.title:fresh"
_CONTENT = "word/document.xml"
_PROPERTIES = "docProps/core.xml"
_MOST_UNPACKED = 100_000_000


def read_word(article_id: str, data: bytes) -> Article:
    """Return the document's headings, paragraphs, lists and tables; pictures are left out."""
    import mammoth

    from treatment_search.reading import elements, tables

    properties = elements.xml_values(_checked(data))
    html = mammoth.convert_to_html(
        io.BytesIO(data),
        style_map=_STYLES,
        convert_image=mammoth.images.img_element(lambda _: {}),
    ).value
    if not html.strip():
        raise ArticleUnreadable("no text in the document")
    tree = elements.parse_html(html)
    body = tree.find("body")
    tables.flatten_tables(body)
    for link in list(body.iter("a")):  # mammoth's way back from a footnote to its number
        if (link.text or "").strip() == "↑":
            link.text = ""
    named = [elements.line_of(heading) for heading in body.iter("h1") if heading.get("class")]
    title = named[0] if named else elements.choose_title(body, properties.get("title"))
    builder = ArticleBuilder()
    elements.fill(builder, body, title)
    metadata = Metadata(updated=calendar_day(properties.get("modified", "")))
    return builder.article(article_id, title, metadata)


def _checked(data: bytes) -> bytes:
    """Return the file's properties as XML, or raise ArticleUnreadable when it is not a Word file.

    Parts that unpack to more than they should are found here, before anything parses them.
    """
    if data.startswith(_OLD_FORMAT):
        if _ENCRYPTED in data:
            raise ArticleUnreadable("encrypted; save it without a password")
        raise ArticleUnreadable("the old Word format (.doc); save it as .docx")
    with open_archive(data, "a Word file") as parts:
        names = parts.namelist()
        if _CONTENT not in names and not any(name.startswith("word/") for name in names):
            raise ArticleUnreadable("broken: a zip file but not a Word file")
        if sum(part.file_size for part in parts.infolist()) > _MOST_UNPACKED:
            raise ArticleUnreadable(f"too large: unpacks to more than {_MOST_UNPACKED:,} bytes")
        if _PROPERTIES not in names:
            return b""
        return read_member(parts, parts.getinfo(_PROPERTIES), _MOST_UNPACKED)
