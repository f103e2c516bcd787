from __future__ import annotations

import pytest

from treatment_search.reading import read_article
from treatment_search.reading.front_matter import parse_front_matter
from treatment_search.records import Metadata


def test_empty_front_matter_says_nothing():
    assert parse_front_matter("") == (None, Metadata(), ())
    assert parse_front_matter("# a comment alone") == (None, Metadata(), ())


def test_names_without_a_value_are_left_out_in_silence():
    assert parse_front_matter("title:\nurl:\nreviewed: ''\nconditions:") == (None, Metadata(), ())


def test_broken_yaml_is_named_with_its_line_and_the_article_is_still_read():
    article = read_article(
        "ice.md", b"---\ntitle: Ice\nsource: Clinic: the best\n---\n\n# Cold\n\nCool it.\n"
    )
    (note,) = article.notes
    assert note.startswith("front matter left out: line 3: ")
    assert note.endswith("a value with a colon in it needs quotes")
    assert article.metadata == Metadata()
    assert (article.title, article.text) == ("Cold", "Cool it.")


def test_a_quoted_colon_is_part_of_the_value():
    title, metadata, notes = parse_front_matter("title: 'Ice: why'\nsource: \"Clinic: the best\"")
    assert (title, metadata.source, notes) == ("Ice: why", "Clinic: the best", ())


def test_aliases_are_refused():
    title, metadata, (note,) = parse_front_matter("title: &name Ice\nsource: *name")
    assert (title, metadata) == (None, Metadata())
    assert note.startswith("front matter left out: line 3: an alias (*name)")


def test_aliases_that_multiply_are_refused_at_the_first():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{before}, *{before}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    _, _, (note,) = parse_front_matter(bomb)
    assert note.startswith("front matter left out: line 3: an alias")


def test_a_tag_runs_nothing():
    title, _, notes = parse_front_matter("title: !!python/object/apply:os.abort []")
    assert title is None
    assert notes == ("front matter: title [] left out; one line of text is wanted",)


@pytest.mark.parametrize("typed", ["2026", "1.50", "12:30", "010", "No", "true", "2026-11-23"])
def test_titles_that_are_numbers_or_words_of_yaml_stay_as_typed(typed):
    assert parse_front_matter(f"title: {typed}") == (typed, Metadata(), ())


def test_control_characters_and_halves_of_characters_written_as_escapes_are_left_out():
    title, metadata, notes = parse_front_matter(
        'title: "Ice\\0\\e[1m for\\ud800 heels"\nconditions: ["\\ud800", "a\\u0007b"]'
    )
    assert title == "Ice [1m for heels"
    assert metadata == Metadata(conditions=("a b",))
    assert notes == ()


def test_a_folded_value_is_one_line():
    assert parse_front_matter("title: >\n  Ice for\n  the heel\n")[0] == "Ice for the heel"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-11-23", "2026-11-23"),
        ("'2026-11-23'", "2026-11-23"),
        ("2026-1-5", "2026-01-05"),
        ("2026-11-23T10:00:00Z", "2026-11-23"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_days_are_read(typed, day):
    assert parse_front_matter(f"reviewed: {typed}") == (None, Metadata(reviewed=day), ())


@pytest.mark.parametrize("typed", ["2026-13-45", "2025-02-29", "23.11.2026", "last week", "2026"])
def test_a_wrong_day_is_noted_and_the_rest_is_kept(typed):
    title, metadata, notes = parse_front_matter(f"title: Ice\nreviewed: {typed}")
    assert (title, metadata) == ("Ice", Metadata())
    assert notes == (
        f"front matter: reviewed '{typed}' left out; "
        "a day as year-month-day is wanted, such as 2026-11-23",
    )


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "ftp://example.org",
        "example.org/ice",
        "https://",
        "http://[broken",
        "https://example.org/a b",
    ],
)
def test_an_address_that_is_not_of_the_web_is_noted(typed):
    _, metadata, notes = parse_front_matter(f"url: '{typed}'")
    assert metadata.url is None
    assert notes == (
        f"front matter: url '{typed}' left out; "
        "a web address that starts with https:// or http:// is wanted",
    )


def test_unknown_names_are_noted_in_order():
    title, _, notes = parse_front_matter("writer: Ann\ntitle: Ice\nauthor: Bob")
    assert title == "Ice"
    assert notes == ("front matter: unknown 'author, writer' left out",)


def test_a_list_where_a_line_is_wanted_is_noted():
    _, metadata, notes = parse_front_matter("treatment: [Ice, Heat]")
    assert metadata.treatment is None
    assert notes == (
        "front matter: treatment ['Ice', 'Heat'] left out; one line of text is wanted",
    )


@pytest.mark.parametrize(
    "typed", ["[Heel spur, Bursitis]", "\n- Heel  spur\n- Bursitis", "['Heel spur', '', Bursitis]"]
)
def test_conditions_are_a_list(typed):
    assert parse_front_matter(f"conditions: {typed}") == (
        None,
        Metadata(conditions=("Heel spur", "Bursitis")),
        (),
    )


def test_one_condition_needs_no_brackets():
    assert parse_front_matter("conditions: Heel spur")[1].conditions == ("Heel spur",)


def test_a_condition_that_is_no_text_is_noted_and_the_others_are_kept():
    _, metadata, notes = parse_front_matter("conditions:\n- Heel spur\n- {name: Bursitis}\n")
    assert metadata.conditions == ("Heel spur",)
    assert notes == ("front matter: a condition left out; write them as [First, Second]",)


@pytest.mark.parametrize("source", ["just words", "- a\n- b"])
def test_front_matter_without_names_is_noted(source):
    assert parse_front_matter(source) == (
        None,
        Metadata(),
        ("front matter left out: it holds no 'name: value' lines",),
    )


def test_endless_front_matter_is_left_out():
    assert parse_front_matter("title: " + "x" * 20_000) == (
        None,
        Metadata(),
        ("front matter left out: over 20,000 characters",),
    )


@pytest.mark.parametrize("source", ["[" * 5_000, "title: x\ufffey", "? [a]\n: b", "title: 'open"])
def test_whatever_yaml_cannot_read_is_one_line_in_the_notes(source):
    title, metadata, (note,) = parse_front_matter(source)
    assert (title, metadata) == (None, Metadata())
    assert note.startswith("front matter left out: ")
    assert "\n" not in note
