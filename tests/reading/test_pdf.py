from __future__ import annotations

import io
import re

import pypdf
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.reading.making import heading, pdf, words
from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import parse_article
from treatment_search.reading.pdf import read_pdf
from treatment_search.records import Article


def sections_of(article: Article) -> list[tuple[tuple[str, ...], str]]:
    return [(s.headings, article.text[s.start : s.end]) for s in article.sections]


def lines(*texts: str) -> list:
    return [words(text) for text in texts]


def page_of(article: Article, text: str) -> int | None:
    assert article.text.count(text) == 1
    return article.page_at(article.text.index(text))


def test_paragraphs_and_headings_are_told_by_how_they_look():
    data = pdf(
        [
            heading("Ice for the heel", 20),
            None,
            *lines("Cold eases the pain of a sore heel for some hours, and it", "costs nothing."),
            None,
            heading("How it is done"),
            None,
            *lines("Wrap the ice into a towel before you put it on the heel, and", "wait."),
            None,
            *lines("Take it off after ten minutes."),
            None,
            heading("When not to", 12),
            None,
            *lines("Never on a wound."),
        ]
    )
    article = read_pdf("ice.pdf", data)
    assert article.title == "Ice for the heel"
    assert sections_of(article) == [
        ((), "Cold eases the pain of a sore heel for some hours, and it costs nothing."),
        (
            ("How it is done",),
            "Wrap the ice into a towel before you put it on the heel, and wait.\n\n"
            "Take it off after ten minutes.",
        ),
        (("How it is done", "When not to"), "Never on a wound."),
    ]
    assert article.pages == (0,)


def test_each_passage_of_text_knows_its_page():
    article = read_pdf(
        "a.pdf", pdf(lines("On the first."), lines("On the second."), lines("On the third."))
    )
    assert article.text == "On the first.\n\nOn the second.\n\nOn the third."
    assert article.pages == (0, 15, 31)
    assert page_of(article, "On the first.") == 1
    assert page_of(article, "On the second.") == 2
    assert page_of(article, "third.") == 3


def test_a_sentence_goes_on_over_the_end_of_a_page_and_the_page_begins_inside_it():
    article = read_pdf(
        "a.pdf", pdf(lines("The pack of ice is wrapped into a"), lines("towel and put on."))
    )
    assert article.text == "The pack of ice is wrapped into a towel and put on."
    assert article.pages == (0, 34)
    assert (page_of(article, "pack"), page_of(article, "towel")) == (1, 2)


def test_headers_footers_and_page_numbers_are_gone():
    pages = [lines(f"The text of page {name}.") for name in ("one", "two", "three")]
    for footer in (lambda n: f"Example Clinic, page {n} of 3", str, lambda n: f"- {n} -"):
        article = read_pdf("a.pdf", pdf(*pages, header="Leaflet 12: ice", footer=footer))
        assert article.text == (
            "The text of page one.\n\nThe text of page two.\n\nThe text of page three."
        )


def test_what_stands_in_the_margin_of_one_page_only_is_kept():
    data = pdf(lines("Text."), header="Read this before you begin")
    assert read_pdf("a.pdf", data).text == "Read this before you begin\n\nText."


@pytest.mark.parametrize(
    ("above", "below", "text"),
    [
        ("The physio-", "therapist waits.", "The physiotherapist waits."),
        ("The physio\xad", "therapist waits.", "The physiotherapist waits."),
        ("The Mayo-", "Clinic waits.", "The Mayo-Clinic waits."),
        ("Two minutes -", "not more.", "Two minutes - not more."),
        ("A follow-up, and a follow-", "up again.", "A follow-up, and a follow-up again."),
    ],
)
def test_a_word_broken_at_the_end_of_a_line_is_mended(above, below, text):
    assert read_pdf("a.pdf", pdf(lines(above, below))).text == text


def test_lines_of_a_table_of_contents_are_left_out():
    data = pdf(lines("Contents", "1 What it is . . . . . . . . 2", "2 How it is done.......... 3"))
    assert read_pdf("a.pdf", data).text == "Contents"


def test_a_word_in_bold_makes_no_heading_of_its_line():
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1)
    text = canvas.beginText(72, 700)
    for font, size, piece in (
        ("Helvetica-Bold", 10, "Cold"),
        ("Helvetica", 10, " eases the pain"),
    ):
        text.setFont(font, size)
        text.textOut(piece)
    text.setFont("Helvetica", 10)
    text.textLine("")
    text.textLine("of a sore heel.")
    canvas.drawText(text)
    canvas.save()
    article = read_pdf("a.pdf", stream.getvalue())
    assert sections_of(article) == [((), "Cold eases the pain of a sore heel.")]


def test_items_of_a_list_are_not_run_together():
    data = pdf(
        lines("You need:", "• a pack of ice", "• a towel, which may", "be old", "1. patience")
    )
    assert read_pdf("a.pdf", data).text == (
        "You need:\n\n• a pack of ice\n\n• a towel, which may be old\n\n1. patience"
    )


def test_pages_without_text_are_named_and_the_numbers_of_the_others_stay_right():
    article = read_pdf("a.pdf", pdf([], lines("On two."), [], [], lines("On five."), []))
    assert article.notes == ("no text on pages 1, 3-4, 6: pictures (scanned), not read",)
    assert (page_of(article, "On two."), page_of(article, "On five.")) == (2, 5)


def test_a_pdf_without_any_text_is_refused():
    with pytest.raises(ArticleUnreadable, match=re.escape("no text: its pages are pictures")):
        parse_article("a.pdf", pdf([], []))


def test_a_page_that_is_broken_is_named_and_the_others_are_read():
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(lines("On one."), lines("On two."))))
    del writer.pages[0]["/MediaBox"]
    stream = io.BytesIO()
    writer.write(stream)
    article = read_pdf("a.pdf", stream.getvalue())
    assert article.text == "On two."
    assert article.notes == ("page 1 broken, not read",)
    assert page_of(article, "On two.") == 2


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ("Cold packs", "Cold packs"),
        ("Microsoft Word - ice.docx", "dry ice"),
        ("untitled", "dry ice"),
        ("ice_final.indd", "dry ice"),
        (None, "dry ice"),
    ],
)
def test_without_one_large_heading_the_title_is_the_property_or_the_file_name(told, title):
    assert read_pdf("dry-ice.pdf", pdf(lines("Cold eases pain."), title=told)).title == title


def test_the_day_it_was_changed_is_when_it_was_updated():
    # reportlab writes the first second of the year 2000 into a file that is to be reproducible
    assert read_pdf("a.pdf", pdf(lines("Text."))).metadata.updated == "2000-01-01"


def test_a_password_is_asked_for_by_nobody_and_an_empty_one_opens():
    with pytest.raises(ArticleUnreadable, match="encrypted; save it without a password"):
        parse_article("a.pdf", pdf(lines("Text."), password="secret"))  # noqa: S106
    assert parse_article("a.pdf", pdf(lines("Text."), password="")).text == "Text."


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_every_way_of_encrypting_is_read_or_refused(algorithm):
    for password, opens in (("", True), ("secret", False)):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(lines("Text."))))
        writer.encrypt(password, "owner", algorithm=algorithm)
        stream = io.BytesIO()
        writer.write(stream)
        if opens:
            assert parse_article("a.pdf", stream.getvalue()).text == "Text."
        else:
            with pytest.raises(ArticleUnreadable, match="encrypted"):
                parse_article("a.pdf", stream.getvalue())


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"not a PDF", pdf(lines("Text."))[:300]])
def test_what_is_no_pdf_is_refused(data):
    with pytest.raises(ArticleUnreadable, match="broken"):
        parse_article("a.pdf", data)


def test_a_pdf_of_too_many_pages_is_refused():
    writer = pypdf.PdfWriter()
    for _ in range(2_001):
        writer.add_blank_page(100, 100)
    stream = io.BytesIO()
    writer.write(stream)
    with pytest.raises(ArticleUnreadable, match="too many pages: 2,001, at most 2,000; split it"):
        parse_article("a.pdf", stream.getvalue())
