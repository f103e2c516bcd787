from __future__ import annotations

import pytest

from treatment_search.reading.building import ArticleBuilder
from treatment_search.reading.elements import fill, parse_html
from treatment_search.reading.tables import flatten_tables


def text_of(table: str) -> str:
    tree = parse_html(f"<html><body>{table}</body></html>")
    flatten_tables(tree)
    builder = ArticleBuilder()
    fill(builder, tree.find("body"), None)
    return builder.article("a.html", "A").text


def rows(*lines: str, cell: str = "td") -> str:
    """Return table rows; a line is its cells with | between them."""
    cells = ("".join(f"<{cell}>{text}</{cell}>" for text in line.split("|")) for line in lines)
    return "".join(f"<tr>{row}</tr>" for row in cells)


HEAD = rows("Drug|Dose", cell="th")


def test_each_cell_stands_beside_the_name_of_its_column():
    assert text_of(f"<table>{HEAD}{rows('Ibuprofen|400 mg', 'Naproxen|')}</table>") == (
        "Drug: Ibuprofen; Dose: 400 mg\nDrug: Naproxen"
    )


def test_names_in_two_rows_are_put_together():
    head = (
        '<thead><tr><th rowspan="2">Drug</th><th colspan="2">Dose</th></tr>'
        "<tr><th>adults</th><th>children</th></tr></thead>"
    )
    assert text_of(f"<table>{head}{rows('Ibuprofen|400|200')}</table>") == (
        "Drug: Ibuprofen; Dose adults: 400; Dose children: 200"
    )


def test_a_cell_over_several_rows_is_said_in_each():
    body = '<tr><td rowspan="2">Week 1</td><td>rest</td></tr><tr><td>ice</td></tr>'
    assert text_of(f"<table>{rows('When|What', cell='th')}{body}</table>") == (
        "When: Week 1; What: rest\nWhen: Week 1; What: ice"
    )


def test_a_row_that_is_one_cell_wide_stands_alone():
    body = f'<tr><td colspan="2">For children</td></tr>{rows("Paracetamol|15 mg")}'
    assert text_of(f"<table>{HEAD}{body}</table>") == "For children\nDrug: Paracetamol; Dose: 15 mg"


def test_a_caption_stands_before_its_table():
    assert text_of(f"<table><caption>Pain killers</caption>{HEAD}{rows('A|1')}</table>") == (
        "Pain killers\n\nDrug: A; Dose: 1"
    )


@pytest.mark.parametrize(
    ("first", "rest", "text"),
    [
        ("<b>Drug</b>|<b>Dose</b>", "A|twice", "Drug: A; Dose: twice"),  # bold
        ("Drug|Dose", "A|5 mg", "Drug: A; Dose: 5 mg"),  # figures below names
        ("Drug|Dose|Note", "A|twice|none", "Drug: A; Dose: twice; Note: none"),  # three of them
        ("Where|At home", "Who|Everyone", "Where; At home\nWho; Everyone"),  # a list of two
        ("Age|40", "Weight|70", "Age; 40\nWeight; 70"),  # a figure is no name
        ("Drug||Note", "A|5|none", "Drug; Note\nA; 5; none"),  # one has no name
    ],
)
def test_a_first_row_that_is_not_marked_names_the_columns_when_it_looks_like_it(first, rest, text):
    assert text_of(f"<table>{rows(first, rest)}</table>") == text


def test_names_down_the_side_stand_before_their_row():
    body = "<tr><th>Age</th><td>40</td></tr><tr><th>Weight</th><td>70</td><td>kg</td></tr>"
    assert text_of(f"<table>{body}</table>") == "Age: 40\nWeight: 70; kg"


def test_a_table_that_only_lays_out_the_page_is_read_cell_by_cell():
    inner = f"<table>{HEAD}{rows('A|1')}</table>"
    outer = f"<table><tr><td><h2>Left</h2><p>One.</p></td><td>{inner}</td></tr></table>"
    assert text_of(outer) == "One.\n\nDrug: A; Dose: 1"
    assert text_of("<table><tr><td><p>One.</p><p>Two.</p></td></tr></table>") == "One.\n\nTwo."


def test_a_cell_keeps_the_words_of_its_lines_apart():
    assert text_of(f"<table>{HEAD}{rows('A<br>B|<p>one</p><p>two</p>')}</table>") == (
        "Drug: A B; Dose: one two"
    )


@pytest.mark.parametrize("span", ["0", "-1", "x", "999999999", "²", "1e3"])
def test_a_span_that_makes_no_sense_is_no_trouble(span):
    body = f'<tr><td rowspan="{span}">A</td><td colspan="{span}">1</td></tr>'
    assert "Drug: A; Dose: 1" in text_of(f"<table>{HEAD}{body}</table>")
