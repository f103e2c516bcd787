from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from treatment_search.ui import markup


@pytest.mark.parametrize("name", ["dry-needling.md", "a_b.c-d.txt", "Two words 3.5 mg"])
def test_a_usual_name_is_a_label_as_it_stands(name: str) -> None:
    assert markup.label(name) == name


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("**a**", r"\*\*a\*\*"),
        ("_a_ __b__", r"\_a\_ \_\_b\_\_"),
        ("1. one", r"1\. one"),
        ("- one", r"\- one"),
        ("www.example.org", r"www\.example.org"),
        ("http://a.b", r"http\:\/\/a.b"),
        (":smile: $x$", r"\:smile\: \$x\$"),
        ("a\n# b", r"a \# b"),
        ("[a](b)", r"\[a\]\(b\)"),
    ],
)
def test_what_has_a_meaning_in_markdown_loses_it(text: str, label: str) -> None:
    assert markup.label(text) == label
    shown = "".join(t.content for t in MarkdownIt().parse(label)[1].children or () if t.content)
    assert shown == " ".join(text.split())


def test_what_would_turn_a_line_around_is_left_out_and_hebrew_is_set_apart() -> None:
    assert markup.escaped("a\u202eb\u2067c<") == "abc&lt;"
    assert markup.named("a\u202eb") == "<bdi>ab</bdi>"
    assert markup.label("a\u202eb\u2069 *") == r"ab \*"
    assert markup.plain("דיקור") == "\u2068דיקור\u2069"


def test_a_name_as_long_as_a_file_is_cut_short() -> None:
    for shown in (markup.plain, markup.label, markup.shortened):
        assert shown("x" * 1_000_000) == f"{'x' * markup.LONGEST}…"
    assert markup.named("&" * 400) == f"<bdi>{'&amp;' * markup.LONGEST}…</bdi>"
