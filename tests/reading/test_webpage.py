from __future__ import annotations

import pytest

from tests.reading.making import PAGE, page
from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import parse_article
from treatment_search.reading.webpage import belongs_to_page, read_web_page
from treatment_search.records import Article

SENTENCE = "Shock wave therapy sends pulses of sound into the heel of the foot."


def sections_of(article: Article) -> list[tuple[tuple[str, ...], str]]:
    return [(s.headings, article.text[s.start : s.end]) for s in article.sections]


def test_a_saved_page_gives_its_content_and_none_of_its_furniture():
    assert sections_of(read_web_page("heel.html", PAGE.encode())) == [
        (
            (),
            "Shock wave therapy sends sound pulses into the heel. "
            "It is done in a clinic & takes ten minutes.",
        ),
        (
            ("How it is done",),
            "You lie on your front. The probe is held against the heel.\nThen it starts.\n\n"
            "• gel is put on\n• the probe is pressed\n1. first softly\n2. then harder\n"
            "• gel is wiped off",
        ),
        (
            ("How it is done", "How often"),
            "Plan of treatment\n\n"
            "Week: 1; Sessions: 2; Strength: low\n"
            "Week: 1; Sessions: 3; Strength: middle\n"
            "Week: 3; Sessions: none; Strength: none",
        ),
        (
            ("Who should not",),
            "Pregnant women: It was never tested on them.\nPeople with clots: It may bleed.",
        ),
    ]


def test_title_address_day_and_source_are_what_the_page_says():
    article = read_web_page("heel.html", PAGE.encode())
    assert article.title == "Shock waves for heel pain"
    assert article.metadata.url == "https://www.clinic.example/heel-pain/shock-waves"
    assert article.metadata.source == "Example Clinic"
    assert article.metadata.updated == "2026-03-04"
    assert article.metadata.reviewed is None
    assert article.notes == ()
    assert article.pages == ()


def test_the_address_it_was_saved_from_stands_in_for_a_missing_canonical_one():
    without = PAGE.replace('rel="canonical"', 'rel="other"')
    article = read_web_page("heel.html", without.encode())
    assert article.metadata.url == "https://www.clinic.example/heel"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "heel"])
def test_an_address_that_is_not_of_the_web_is_left_out(address):
    head = f'<link rel="canonical" href="{address}">'
    assert read_web_page("a.html", page(f"<p>{SENTENCE}</p>", head)).metadata.url is None


def test_a_page_without_a_title_takes_its_one_first_heading_or_the_file_name():
    assert read_web_page("a.html", page(f"<h1>Ice</h1><p>{SENTENCE}</p>")).title == "Ice"
    assert read_web_page("dry-ice.html", page(f"<p>{SENTENCE}</p>")).title == "dry ice"


def test_a_day_that_only_stands_in_the_text_is_not_when_it_was_updated():
    body = f"<p>{SENTENCE} The trial began on 12 March 2019.</p>"
    assert read_web_page("a.html", page(body)).metadata.updated is None


ACCENTS = "Naïve patients said “it’s fine” for 20 € in the café."


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ('<meta charset="utf-8">', "utf-8"),
        ('<meta charset="windows-1252">', "cp1252"),
        ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-15">', "iso8859-15"),
        ('<meta charset="mac-roman">', "mac-roman"),
        ("", "cp1252"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("", "utf-16-le"),
        ("", "utf-16-be"),
        ('<meta charset="utf-16">', "utf-8"),
        ('<meta charset="windows-1252">', "utf-8"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_declares_or_is_in(declared, encoding):
    accents = (
        ACCENTS if encoding != "iso8859-15" else "Naïve patients said it for 20 € in the café."
    )
    body = f"<h1>Café</h1><p>{SENTENCE}</p><p>{accents}</p>"
    source = f"<!doctype html><html><head>{declared}</head><body><main>{body}</main></body></html>"
    article = read_web_page("a.html", source.encode(encoding))
    assert article.title == "Café"
    assert article.text == f"{SENTENCE}\n\n{accents}"


@pytest.mark.parametrize("label", ["unicode_escape", "rot13", "utf-7", "x" * 300, "windows-9999"])
def test_an_encoding_that_no_page_is_in_is_not_believed(label):
    source = page(f"<p>{SENTENCE}</p><p>caf\xe9</p>", f'<meta charset="{label}">').decode()
    assert read_web_page("a.html", source.encode("cp1252")).text.endswith("café")


def test_a_page_in_utf_8_with_a_broken_character_is_read_as_browsers_do():
    source = page(f"<p>{SENTENCE}</p><p>caf\xe9 XX</p>", '<meta charset="utf-8">')
    article = read_web_page("a.html", source.replace(b"XX", b"\xff!"))
    assert article.text == f"{SENTENCE}\n\ncafé \ufffd!"
    at = source.index(b"XX")
    assert article.notes == (f"broken utf-8, first at byte {at}: look for \ufffd",)


def test_an_xml_declaration_names_the_encoding_too():
    body = f"<body><main><p>{SENTENCE}</p><p>caf\xe9 \x97 bar</p></main></body>"
    source = f'<?xml version="1.0" encoding="windows-1252"?><html>{body}</html>'
    assert read_web_page("a.xhtml", source.encode("latin-1")).text.endswith("café — bar")


def test_entities_that_name_files_or_addresses_are_never_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    source = (
        f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "grown">]>'
        f"<html><body><main><p>{SENTENCE}</p><p>Before &x; &y; after.</p></main></body></html>"
    )
    text = read_web_page("a.html", source.encode()).text
    assert "secret" not in text
    assert "grown" not in text
    assert "after." in text


def test_markup_that_the_page_shows_as_text_stays_text():
    body = f"<p>{SENTENCE}</p><p>&lt;script&gt;alert(1)&lt;/script&gt; **bold** [a](b)</p>"
    assert read_web_page("a.html", page(body)).text.endswith(
        "<script>alert(1)</script> **bold** [a](b)"
    )


def test_characters_written_as_numbers_are_what_browsers_show():
    text = read_web_page(
        "a.html", page(f"<p>{SENTENCE}</p><p>it&#146;s &#1;&#xd800;&#60;b&#62;</p>")
    ).text
    assert text == f"{SENTENCE}\n\nit’s \ufffd<b>"


@pytest.mark.parametrize(
    "source",
    [
        b"<html><body><nav><a href='/'>Home</a> | <a href='/b'>A-Z</a></nav></body></html>",
        b"<html><body><div id='app'></div><script>draw()</script></body></html>",
        b"<html></html>",
        b"<!-- nothing -->",
    ],
)
def test_a_page_without_content_is_refused_with_the_reason(source):
    with pytest.raises(ArticleUnreadable, match="no text"):
        parse_article("a.html", source)


def test_headings_nest_as_their_levels_say_and_skip_the_title():
    body = (
        f"<h1>Ice</h1><p>{SENTENCE}</p><h2>How</h2><p>Slowly and with care.</p><h4>Peas</h4>"
        "<p>They are frozen.</p><h3>Snow</h3><p>It is cold.</p><h2>When</h2><p>In the evening.</p>"
    )
    assert sections_of(read_web_page("a.html", page(body))) == [
        ((), SENTENCE),
        (("How",), "Slowly and with care."),
        (("How", "Peas"), "They are frozen."),
        (("How", "Snow"), "It is cold."),
        (("When",), "In the evening."),
    ]


def test_lines_that_the_page_keeps_as_they_are_stay_lines():
    body = f"<p>{SENTENCE}</p><pre>Day 1:  rest\nDay <b>2\n</b>:  walk\nDay 3: run</pre>"
    assert read_web_page("a.html", page(body)).text == (
        f"{SENTENCE}\n\nDay 1: rest\nDay 2\n: walk\nDay 3: run"
    )


@pytest.mark.parametrize(
    ("folder", "files", "belongs"),
    [
        ("heel_files", {"heel.html"}, True),
        ("heel_files", {"heel.htm", "x"}, True),
        ("a/heel_files", {"a/heel.html"}, True),
        ("heel_files", {"other.html"}, False),
        ("heel", {"heel.html"}, False),
    ],
)
def test_the_folder_saved_beside_a_page_belongs_to_it(folder, files, belongs):
    assert belongs_to_page(folder, files) is belongs
