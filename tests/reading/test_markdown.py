from __future__ import annotations

import pytest

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import read_article
from treatment_search.reading.markdown import read_markdown
from treatment_search.records import Article


def read(source: str, article_id: str = "advice/heel_spur-ice.md") -> Article:
    return read_markdown(article_id, source.encode("utf-8"))


def sections_of(source: str) -> list[tuple[tuple[str, ...], str]]:
    article = read(source)
    return [(s.headings, article.text[s.start : s.end]) for s in article.sections]


def text_of(source: str) -> str:
    return read(source).text


def test_front_matter_gives_title_and_metadata_and_is_not_text():
    article = read(
        "---\n"
        "title: Ice for the heel\n"
        "treatment: Ice\n"
        "conditions: [Heel spur, Bursitis]\n"
        "source: Example Clinic\n"
        "url: https://example.org/ice\n"
        "reviewed: 2026-11-23\n"
        "licence: CC BY 4.0\n"
        "---\n\nCool it for ten minutes.\n"
    )
    assert article.title == "Ice for the heel"
    assert article.metadata.treatment == "Ice"
    assert article.metadata.conditions == ("Heel spur", "Bursitis")
    assert article.metadata.source == "Example Clinic"
    assert article.metadata.url == "https://example.org/ice"
    assert article.metadata.reviewed == "2026-11-23"
    assert article.metadata.licence == "CC BY 4.0"
    assert article.text == "Cool it for ten minutes."
    assert article.notes == ()


@pytest.mark.parametrize("start", ["\ufeff", "\n\n"])
def test_front_matter_is_found_behind_a_byte_order_mark_or_blank_lines(start):
    article = read(f"{start}---\ntitle: Ice\n---\nCool it.\n")
    assert (article.title, article.text) == ("Ice", "Cool it.")


def test_front_matter_with_windows_line_ends_is_read():
    article = read("---\r\ntitle: Ice\r\n---\r\n\r\nCool it.\r\n")
    assert (article.title, article.text) == ("Ice", "Cool it.")


def test_the_first_h1_is_the_title_and_opens_no_section():
    article = read("# Ice for the heel\n\nCool it.\n")
    assert article.title == "Ice for the heel"
    assert [(s.headings, s.start, s.end) for s in article.sections] == [((), 0, 8)]


def test_an_underlined_h1_is_the_title_without_its_marks():
    assert read("Ice *for* the `heel`\n====\n\nCool it.\n").title == "Ice for the heel"


def test_an_empty_h1_leaves_the_title_to_the_next():
    assert read("#\n\n# Ice\n\nCool it.\n").title == "Ice"


def test_the_title_of_the_front_matter_wins_and_another_h1_is_a_heading():
    source = "---\ntitle: Ice\n---\n# Cold packs\n\nCool it.\n"
    assert read(source).title == "Ice"
    assert sections_of(source) == [(("Cold packs",), "Cool it.")]


def test_a_heading_that_repeats_the_title_opens_no_section():
    assert sections_of("---\ntitle: Ice\n---\n# Ice\n\nCool it.\n") == [((), "Cool it.")]


def test_without_any_title_the_file_name_is_it():
    assert read("Cool it.\n").title == "heel spur ice"


def test_headings_nest_and_pop():
    source = (
        "# Ice\n\nIntro.\n\n"
        "## How\n\nSlowly.\n\n"
        "### At home\n\nWith peas.\n\n"
        "#### Peas\n\nFrozen.\n\n"
        "### Outside\n\nWith snow.\n\n"
        "## When not\n\nOn wounds.\n\n"
        "# More\n\nRead on.\n"
    )
    assert sections_of(source) == [
        ((), "Intro."),
        (("How",), "Slowly."),
        (("How", "At home"), "With peas."),
        (("How", "At home", "Peas"), "Frozen."),
        (("How", "Outside"), "With snow."),
        (("When not",), "On wounds."),
        (("More",), "Read on."),
    ]


def test_a_skipped_heading_level_still_nests():
    source = "# Ice\n\n## How\n\n#### Peas\n\nFrozen.\n\n### Snow\n\nCold.\n"
    assert sections_of(source) == [
        (("How",), ""),
        (("How", "Peas"), "Frozen."),
        (("How", "Snow"), "Cold."),
    ]


def test_offsets_of_sections_skip_the_blank_line_between_them():
    article = read("## A\n\nOne.\n\nTwo.\n\n## B\n\n## C\n\nThree.\n")
    assert article.text == "One.\n\nTwo.\n\nThree."
    assert [(s.start, s.end) for s in article.sections] == [(0, 10), (10, 10), (12, 18)]


def test_lists_are_one_line_an_item_with_nested_ones_between():
    source = "- warm up\n- stretch\n  1. calf\n  2. sole\n- rest\n"
    assert text_of(source) == "• warm up\n• stretch\n1. calf\n2. sole\n• rest"


def test_ordered_lists_keep_the_number_they_start_with():
    assert text_of("7. lift\n7. lower\n") == "7. lift\n8. lower"


def test_a_second_paragraph_of_an_item_has_no_mark():
    assert text_of("- lift\n\n  Slowly.\n\n- lower\n") == "• lift\nSlowly.\n• lower"


def test_table_cells_stand_beside_the_names_of_their_columns():
    source = "| Week | Do | Pain |\n|---|---|---|\n| 1 | *rest* | 8 |\n| 2 | | 5 |\n| 3 |\n"
    assert text_of(source) == "Week: 1; Do: rest; Pain: 8\nWeek: 2; Pain: 5\nWeek: 3"


def test_a_table_inside_a_list_keeps_its_column_names():
    source = "- plan\n\n  | Week | Do |\n  |---|---|\n  | 1 | rest |\n\n- go\n"
    assert text_of(source) == "• plan\nWeek: 1; Do: rest\n• go"


def test_a_column_without_a_name_gives_the_cell_alone():
    assert text_of("| | Dose |\n|---|---|\n| Day 1 | 5 mg |\n") == "Day 1; Dose: 5 mg"


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("See [the clinic](https://example.org 'Open').", "See the clinic."),
        ("See [the clinic][1].\n\n[1]: https://example.org", "See the clinic."),
        ("See <https://example.org>.", "See https://example.org."),
        ("![a foot](foot.png) hurts", "a foot hurts"),
        ("*one* **two** ***three*** __four__ `five`", "one two three four five"),
        ("salt &amp; water &lt; 5", "salt & water < 5"),
        (r"2 \* 3", "2 * 3"),
        ("soft\nbreak", "soft break"),
        ("hard  \nbreak", "hard\nbreak"),
        ("hard\\\nbreak", "hard\nbreak"),
        ("> a quote\n> goes on", "a quote goes on"),
        ("above\n\n***\n\nbelow", "above\n\nbelow"),
    ],
)
def test_marks_become_what_the_rendered_page_shows(typed, seen):
    assert text_of(typed) == seen


@pytest.mark.parametrize(
    "typed",
    [
        "[free](javascript:alert(1))",
        "<script>alert(1)</script>",
        "<b onclick=x>bold</b> and <!-- a comment -->",
        "costs $x$ or $$y$$",
        "~~struck~~",
        "5 < 6 > 4 & more",
    ],
)
def test_what_is_not_markdown_stays_as_typed(typed):
    assert text_of(typed) == typed


@pytest.mark.parametrize(
    "typed", ["```text\ndose  5\n  *twice*\n```\n", "    dose  5\n      *twice*\n"]
)
def test_code_blocks_keep_their_spaces_and_stars(typed):
    assert text_of(typed) == "dose  5\n  *twice*"


def test_front_matter_that_never_closes_loses_no_text():
    assert text_of("---\nCool it.\n\nThen rest.\n") == "Cool it.\n\nThen rest."


@pytest.mark.parametrize(
    "source", ["# Ice\n\n## How\n\n## When\n", "---\ntitle: Ice\n---\n", "[1]: https://x.org\n"]
)
def test_an_article_without_text_is_refused(source):
    with pytest.raises(ArticleUnreadable, match="no text below its title and headings"):
        read_article("ice.md", source.encode())
