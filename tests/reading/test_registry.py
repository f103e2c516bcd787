from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import MOST_BYTES, READERS, read_article, reader_for
from treatment_search.reading.building import ArticleBuilder, title_from_name
from treatment_search.reading.markdown import read_markdown
from treatment_search.reading.text import read_text

lines = st.sampled_from(
    ["# Ice", "Ice?", "- a", "1. b", "| a | b |", "|--|--|", "---", "a: [b", ">"]
)
ends = st.sampled_from(["\n", "\n\n", "\r\n", " ", "\x00", "\x1c", "\u2028", "  \n", "\n    "])
mixtures = st.lists(st.one_of(lines, ends, st.text(max_size=5)), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("ice.md", read_markdown),
        ("advice/ICE.MD", read_markdown),
        ("ice.markdown", read_markdown),
        ("ice.v2.txt", read_text),
    ],
)
def test_the_ending_chooses_the_reader_whatever_its_case(name, reader):
    assert reader_for(name) is reader


@pytest.mark.parametrize(
    ("name", "shown"),
    [("ice.xyz", ".xyz"), ("notes.md/ice", "(no ending)"), ("ice.", "(no ending)")],
)
def test_an_unknown_format_is_named_beside_the_known_ones(name, shown):
    with pytest.raises(ArticleUnreadable) as caught:
        reader_for(name)
    assert str(caught.value).startswith(f"unknown format {shown}")
    assert all(ending in str(caught.value) for ending in READERS)


@pytest.mark.parametrize("name", sorted(f"ice{ending}" for ending in READERS))
@pytest.mark.parametrize("data", [b"", b" \r\n\t\n"])
def test_an_empty_file_is_refused(name, data):
    with pytest.raises(ArticleUnreadable, match="the file is empty"):
        read_article(name, data)


def test_a_file_too_large_is_refused_unread():
    with pytest.raises(ArticleUnreadable, match="too large: 20,000,001 bytes"):
        read_article("ice.txt", b"a" * (MOST_BYTES + 1))


@pytest.mark.parametrize("name", ["ice.md", "ice.txt"])
@pytest.mark.parametrize("text", ["\ufeff", "\x01\x02"])
def test_a_file_with_nothing_that_can_be_seen_is_refused(name, text):
    with pytest.raises(ArticleUnreadable, match="no text"):
        read_article(name, text.encode())


def test_the_article_is_known_by_the_name_it_was_read_under():
    assert read_article("advice/ice.md", b"Cool it.").article_id == "advice/ice.md"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("advice/heel_spur-ice.txt", "heel spur ice"),
        ("Ice.md", "Ice"),
        ("a--b__c.v2.md", "a b c.v2"),
        ("__.md", "__.md"),
    ],
)
def test_a_file_name_is_a_title_in_words(name, title):
    assert title_from_name(name) == title


def test_built_sections_have_exact_offsets():
    builder = ArticleBuilder()
    builder.block("  Before.  ")
    builder.heading(1, " How\n to ")
    builder.heading(2, "Peas")
    builder.block("Frozen.")
    builder.block("   ")
    builder.block("Cold.")
    builder.heading(1, "")
    builder.block("After.")
    article = builder.article("ice.md", " Ice \n pack ")
    assert article.title == "Ice pack"
    assert [(s.headings, article.text[s.start : s.end]) for s in article.sections] == [
        ((), "Before."),
        (("How to",), ""),
        (("How to", "Peas"), "Frozen.\n\nCold."),
        ((), "After."),
    ]
    assert article.text == "Before.\n\nFrozen.\n\nCold.\n\nAfter."


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        mixtures.map(lambda text: text.encode("utf-8", "ignore")),
        mixtures.map(lambda text: text.encode("cp1252", "ignore")),
    )
)
@example(b"heel \x81 spur")  # a byte that Windows-1252 leaves open
@pytest.mark.parametrize("ending", sorted(READERS))
def test_whatever_a_file_holds_it_is_an_article_or_refused(ending, data):
    try:
        article = read_article(f"ice{ending}", data)
    except ArticleUnreadable:
        return
    bodies = [article.text[s.start : s.end] for s in article.sections]
    assert "\n\n".join(body for body in bodies if body) == article.text
    assert all(body == body.strip() for body in bodies)
    assert article.title.strip()
    assert not any(c < " " and c not in "\n\t" for c in article.text + article.title)
    assert all("\n" not in note for note in article.notes)
