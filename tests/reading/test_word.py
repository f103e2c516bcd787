from __future__ import annotations

import io
import re
import zipfile

import pytest

from tests.reading.making import archive, word
from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import parse_article
from treatment_search.reading.word import read_word
from treatment_search.records import Article


def sections_of(article: Article) -> list[tuple[tuple[str, ...], str]]:
    return [(s.headings, article.text[s.start : s.end]) for s in article.sections]


def changed(data: bytes, name: str, change) -> bytes:
    """Return a Word file with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return archive(
            (part, change(parts.read(part)) if part == name else parts.read(part))
            for part in parts.namelist()
        )


def test_styles_become_title_headings_and_lists():
    data = word(
        [
            ("Title", "Ice for the heel"),
            ("Normal", "Cold eases pain."),
            ("Heading 1", "How"),
            ("Normal", "Put it on."),
            ("List Bullet", "a pack"),
            ("List Bullet", "a towel"),
            ("Heading 2", "How long"),
            ("Normal", "Ten minutes."),
            ("Heading 1", "When not"),
            ("Normal", "On wounds."),
        ]
    )
    article = read_word("ice.docx", data)
    assert article.title == "Ice for the heel"
    assert sections_of(article) == [
        ((), "Cold eases pain."),
        (("How",), "Put it on.\n\n• a pack\n• a towel"),
        (("How", "How long"), "Ten minutes."),
        (("When not",), "On wounds."),
    ]


def test_tables_keep_the_names_of_their_columns():
    table = [["Week", "Sessions", "Strength"], ["1", "2", "low"], ["2", "", "high"]]
    article = read_word("a.docx", word([("Normal", "The plan:")], tables=[table]))
    assert article.text == (
        "The plan:\n\nWeek: 1; Sessions: 2; Strength: low\nWeek: 2; Strength: high"
    )


@pytest.mark.parametrize(
    ("blocks", "told", "title"),
    [
        ([("Heading 1", "Ice"), ("Normal", "Cold.")], "", "Ice"),
        ([("Heading 1", "Ice"), ("Normal", "Cold.")], "Ice", "Ice"),
        ([("Heading 1", "How"), ("Normal", "Slowly."), ("Heading 1", "When")], "Ice", "Ice"),
        ([("Heading 1", "How"), ("Normal", "Slowly."), ("Heading 1", "When")], "", "dry ice"),
        ([("Normal", "Cold.")], "", "dry ice"),
    ],
)
def test_the_title_is_the_style_the_one_heading_the_property_or_the_name(blocks, told, title):
    assert read_word("dry-ice.docx", word(blocks, title=told)).title == title


def test_the_day_it_was_saved_is_when_it_was_updated():
    data = changed(
        word([("Normal", "Cold.")]),
        "docProps/core.xml",
        lambda xml: re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-03-04T05:06:07Z", xml),
    )
    assert read_word("a.docx", data).metadata.updated == "2026-03-04"


def test_text_that_looks_like_html_stays_text():
    data = word([("Heading 1", "<b>x</b>"), ("Normal", "<script>alert(1)</script> & 5 < 6")])
    article = read_word("a.docx", data)
    assert article.text == "<script>alert(1)</script> & 5 < 6"
    assert article.title == "<b>x</b>"


def test_entities_in_its_xml_are_not_read(tmp_path):
    (tmp_path / "secret").write_text("the secret")
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()

    def name_a_file(xml: bytes) -> bytes:
        declaration, rest = xml.split(b"?>", 1)
        return declaration + b"?>" + entity + rest.replace(b"Cold", b"Cold &x; still")

    data = changed(word([("Normal", "Cold.")]), "word/document.xml", name_a_file)
    assert parse_article("a.docx", data).text == "Cold still."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (word(), "no text"),
        (b"PK\x03\x04 but not really", "broken: not a Word file, or cut off"),
        (word([("Normal", "Cold.")])[:-300], "broken: not a Word file, or cut off"),
        (archive([("a.txt", b"Cold.")]), "broken: a zip file but not a Word file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .docx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted; save it without a password",
        ),
    ],
)
def test_what_is_no_word_file_with_text_is_refused_with_the_reason(data, reason):
    with pytest.raises(ArticleUnreadable, match=re.escape(reason)):
        parse_article("a.docx", data)


def test_a_part_that_unpacks_to_too_much_is_refused_before_it_is_parsed():
    data = changed(word([("Normal", "Cold.")]), "word/styles.xml", lambda _: bytes(100_000_001))
    assert len(data) < 200_000
    with pytest.raises(ArticleUnreadable, match="too large: unpacks to more than 100,000,000"):
        read_word("a.docx", data)
