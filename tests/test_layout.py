from __future__ import annotations

from tests.conftest import NEEDLING
from treatment_search.layout import Heading, ItemList, Paragraph, Table, blocks_of
from treatment_search.reading.markdown import read_markdown
from treatment_search.records import Article, Section


def read(text: str) -> Article:
    return read_markdown("a.md", text.encode())


def test_headings_and_paragraphs_come_in_order_with_their_places() -> None:
    article = read(NEEDLING)
    blocks = blocks_of(article)
    assert [block.name for block in blocks if isinstance(block, Heading)] == [
        "How it is done",
        "Who should not",
    ]
    paragraphs = [article.text[slice(*b.span)] for b in blocks if isinstance(b, Paragraph)]
    assert paragraphs == article.text.split("\n\n")


def test_a_deeper_heading_is_said_once_and_a_repeated_one_again() -> None:
    sections = (Section(("A", "B"), 0, 1), Section(("A", "C"), 3, 4), Section(("A", "C"), 6, 7))
    article = Article("a.md", "T", "x\n\ny\n\nz", sections)
    assert [b for b in blocks_of(article) if isinstance(b, Heading)] == [
        Heading("A", 0, 0),
        Heading("B", 1, 0),
        Heading("C", 1, 1),
        Heading("C", 1, 2),
    ]


def test_a_list_has_an_item_a_line() -> None:
    article = read("# T\n\n- one\n- two: 3\n\n1. first\n2. second\n")
    bullets, numbers = blocks_of(article)
    assert isinstance(bullets, ItemList)
    assert isinstance(numbers, ItemList)
    assert [article.text[slice(*item)] for item in bullets.items] == ["• one", "• two: 3"]
    assert [article.text[slice(*item)] for item in numbers.items] == ["1. first", "2. second"]


def test_a_table_gets_its_columns_back() -> None:
    article = read("# T\n\n| Dose | How often |\n|---|---|\n| 400 mg | daily |\n| 1 g | twice |\n")
    (table,) = blocks_of(article)
    assert isinstance(table, Table)
    assert table.names == ("Dose", "How often")
    rows = [[article.text[slice(*cell)] for cell in row] for row in table.rows]
    assert rows == [["400 mg", "daily"], ["1 g", "twice"]]


def test_lines_that_name_other_columns_stay_lines() -> None:
    for text in ("Dose: 1; Time: 2\nDose: 3", "A: 1; A: 2\nA: 3; A: 4", "A: 1; B: 2", "a; b\nc; d"):
        article = Article("a", "T", text, (Section((), 0, len(text)),))
        assert blocks_of(article) == [Paragraph((0, len(text)))]


def test_every_character_that_is_no_space_is_somewhere() -> None:
    text = "one\n\n\n\ntwo\nthree\n\n"
    article = Article("a", "T", text, (Section((), 0, len(text)),))
    assert blocks_of(article) == [Paragraph((0, 3)), Paragraph((7, 16))]
    assert blocks_of(Article("a", "T", "", (Section(("Empty",), 0, 0),))) == [
        Heading("Empty", 0, 0)
    ]
