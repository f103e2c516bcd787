"""Files as people have them: PDFs, Word files, saved web pages and archives, made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence

import docx
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

LEFT = 72.0
"""Where the text of a page begins, in points from the left."""
TOP = 700.0
"""The height of the first line of text; the margins of A4 begin at 101 and 741."""

Row = tuple[str, int, bool]
"""A line of text, the size of its letters, and whether it is bold."""


def words(text: str) -> Row:
    return text, 10, False


def heading(text: str, size: int = 14) -> Row:
    return text, size, True


def pdf(
    *pages: Iterable[Row | None],
    header: str | None = None,
    footer: Callable[[int], str] | None = None,
    title: str | None = None,
    password: str | None = None,
) -> bytes:
    """Return a PDF with these lines, 12 points apart; None leaves a line free."""
    encrypt = StandardEncryption(password, "owner") if password is not None else None
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, encrypt=encrypt, invariant=1)
    if title is not None:
        canvas.setTitle(title)
    for number, rows in enumerate(pages, 1):
        if header:
            canvas.setFont("Helvetica", 8)
            canvas.drawString(LEFT, 800, header)
        y = TOP
        for row in rows:
            if row is not None:
                text, size, bold = row
                y -= max(0, size - 10)
                canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
                canvas.drawString(LEFT, y, text)
            y -= 12
        if footer:
            canvas.setFont("Helvetica", 8)
            canvas.drawString(LEFT, 30, footer(number))
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def word(
    blocks: Iterable[tuple[str, str]] = (),
    *,
    title: str = "",
    tables: Iterable[Sequence[Sequence[str]]] = (),
) -> bytes:
    """Return a Word file of (style, text) paragraphs, with tables after them."""
    document = docx.Document()
    document.core_properties.title = title
    for style, text in blocks:
        document.add_paragraph(text, style=style)
    for rows in tables:
        table = document.add_table(rows=len(rows), cols=len(rows[0]))
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def archive(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    """Return a zip archive with these members, in this order, whatever their names are."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members:
            packed.writestr(name, data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


PAGE = """<!DOCTYPE html>
<!-- saved from url=(0031)https://www.clinic.example/heel -->
<html lang="en"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<title>Shock waves for heel pain | Example Clinic</title>
<meta property="og:site_name" content="Example Clinic">
<meta property="article:modified_time" content="2026-03-04T10:00:00Z">
<link rel="canonical" href="https://www.clinic.example/heel-pain/shock-waves">
<script>var tracked = "tracking";</script><style>.a { color: red }</style></head><body>
<div id="cookie-banner" class="cookie-consent"><p>We use cookies to make this site better.
<button>Accept all</button></p></div>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/az">Health A-Z</a></li>
<li><a href="/live">Live well</a></li></ul></nav></header>
<nav class="breadcrumb"><a href="/">Home</a> › <a href="/x">Treatments</a></nav>
<main><article><h1>Shock waves for heel pain</h1>
<p>Shock wave therapy sends sound pulses into the heel. It is done in a clinic &amp; takes
ten minutes.</p>
<h2>How it is done</h2>
<p>You lie on your front. The <b>probe</b> is held <a href="/y">against the heel</a>.<br>Then it
starts.</p>
<ul><li>gel is put on</li><li>the probe is pressed
<ol><li>first softly</li><li>then harder</li></ol></li><li><p>gel is wiped off</p></li></ul>
<h3>How often</h3>
<table><caption>Plan of treatment</caption><thead><tr><th>Week</th><th>Sessions</th>
<th>Strength</th></tr></thead><tbody><tr><td rowspan="2">1</td><td>2</td><td>low</td></tr>
<tr><td>3</td><td>middle</td></tr><tr><td>3</td><td colspan="2">none</td></tr></tbody></table>
<h2>Who should not</h2>
<dl><dt>Pregnant women</dt><dd>It was never tested on them.</dd>
<dt>People with clots</dt><dd>It may bleed.</dd></dl>
</article></main>
<aside class="sidebar"><h2>Related articles</h2><ul><li><a href="/1">Ice for the heel</a></li>
<li><a href="/2">Insoles</a></li></ul></aside>
<div class="newsletter"><p>Sign up for our newsletter to get health news each week.</p></div>
<footer><p>© 2026 Example Clinic. All rights reserved.</p><a href="/p">Privacy policy</a>
<a href="/t">Terms of use</a></footer></body></html>
"""


def page(body: str, head: str = "") -> bytes:
    """Return a small web page in UTF-8 whose content is `body`."""
    return (
        f"<!doctype html><html><head>{head}</head><body><main>{body}</main></body></html>".encode()
    )
