"""Articles, file names and questions that try to be more than text, on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, ingested, served
from tests.browser.test_page import BOX, ask
from tests.conftest import lend_model
from treatment_search import asked
from treatment_search.question_groups import Miss
from treatment_search.ui.markup import LONGEST

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

HOSTILE = (
    '<script>alert(1)</script> $x$ **b** [a](javascript:x) <img src=x onerror="alert(1)"> :smile:'
)
IN_MARKDOWN = HOSTILE.replace("*", r"\*")
# Overrides and isolates: what is inside them, and what follows where they are left open, would
# be drawn from right to left.
REORDERING = "\u2067\u2067\u202e"
HEBREW = "דיקור יבש"
NAME = "<b>$x$ **bold** [a](javascript:x).txt"
REORDERED_NAME = f"a{REORDERING}fdp.md"
LONG = "needles " * 125_000
QUESTION = f"needles {HOSTILE}"

MARKDOWN = f"""---
title: 'T {HOSTILE}'
treatment: 'Rest {HOSTILE}'
conditions: ['Heel {HOSTILE}']
source: '{HOSTILE}'
url: 'javascript:alert(1)'
---

## How it is done {IN_MARKDOWN}

Needles in the foot, rest for a week {IN_MARKDOWN}

## Who should not

| Who | Why <b a=x> |
|---|---|
| Runners | {IN_MARKDOWN} |
| Walkers | none |

## When to see a doctor

See a doctor when it is red. {IN_MARKDOWN}
"""
REORDERED = f"""---
title: 'Needles {REORDERING}reversed'
treatment: 'Needles{REORDERING}'
conditions: ['Heel{REORDERING}']
source: 'Clinic{REORDERING}'
---

## Needles {REORDERING}

Needles in the calf {REORDERING} are put in slowly.
"""

# Each word of plain letters on the page whose last letter stands before its first.
BACKWARDS = r"""() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const place = (node, at) => {
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect();
  };
  for (let node; (node = walker.nextNode());)
    for (const word of node.data.slice(0, 5000).matchAll(/[A-Za-z]{2,}/g)) {
      const first = place(node, word.index), last = place(node, word.index + word[0].length - 1);
      if (first.top === last.top && first.left > last.left) found.push(word[0]);
    }
  return found;
}"""


@pytest.fixture(scope="module")
def index(real_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index over such articles; beside them lies a question that nobody could answer."""
    corpus = tmp_path_factory.mktemp("hostile") / "corpus"
    corpus.mkdir()
    for name, text in {
        "m.md": MARKDOWN,
        NAME: f"{HOSTILE}\n\nNeedles hurt. {HOSTILE} So it is.\n",
        REORDERED_NAME: REORDERED,
        "long.md": f"---\ntreatment: '{LONG[:9000]}'\n---\n\n# {LONG}\n\nNeedles are long.\n",
        "hebrew.md": f"---\ntitle: {HEBREW}\nsource: {HEBREW}\n---\n\nNeedles in the heel.\n",
    }.items():
        (corpus / name).write_text(text, "utf-8")
    index = corpus.with_name("index")
    lend_model(index, real_index)
    ingested(corpus, index)
    asked.switch(index, on=True)
    for question in (QUESTION, f"who won {REORDERING}"):
        asked.keep_question(index, question, Miss.NOTHING)
    return index


@pytest.fixture(scope="module")
def hostile(index: Path) -> Iterator[str]:
    with served(index, index.with_name("corpus")) as address:
        yield address


def assert_text_alone(page: Page) -> None:
    """Fail where a text made an element, a link, or turned what stands around it.

    That no script ran, nothing was fetched and no dialog opened is what `visit` sees to.
    """
    expect(page.locator(".ts-foot")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    main = page.locator("section.stMain")
    made = ":is(img, em, strong, b b, script, iframe, .katex, a[href^=javascript])"
    assert main.locator(made).evaluate_all("found => found.map(one => one.outerHTML)") == []
    assert page.evaluate(BACKWARDS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_results_show_it_as_typed(hostile: str, visit: Visit) -> None:
    page = visit(hostile, width=360, height=740)
    expect(page.locator(".stButton button").first).to_be_visible()  # titles as examples
    assert_text_alone(page)
    ask(page, QUESTION)
    expect(page.locator("article")).to_have_count(7)  # all of them
    expect(page.get_by_label(BOX)).to_have_value(QUESTION)
    shown = page.locator("article").all_inner_texts()
    markdown = next(hit for hit in shown if "rest for a week" in hit)
    assert markdown.splitlines()[0] == f"T {HOSTILE}"
    assert f"rest for a week {HOSTILE}" in markdown
    text = next(hit for hit in shown if "So it is." in hit)
    assert f"Needles hurt. {HOSTILE} So it is." in text
    assert NAME in text
    assert any("Needles in the calf are put in slowly." in " ".join(s.split()) for s in shown)
    long = next(hit for hit in shown if "Needles are long." in hit)
    assert long.splitlines()[0] == f"{LONG[:LONGEST]}…"
    protocols = page.locator("article a").evaluate_all("links => links.map(a => a.protocol)")
    assert set(protocols) == {"http:"}  # headings, which lead into the article
    page.get_by_text(re.compile("^Narrow down")).click()
    page.get_by_role("combobox", name="Treatment").click()
    expect(page.get_by_role("option").first).to_be_visible()
    assert_text_alone(page)


def test_the_reading_view_shows_it_as_written(hostile: str, visit: Visit) -> None:
    page = visit(hostile)
    for article in (NAME, REORDERED_NAME, "long.md", "hebrew.md", "m.md"):
        page.goto(f"{hostile}article?{urlencode({'id': article, 'at': 0, 'q': QUESTION})}")
        expect(page.locator("#ts-passage")).to_be_focused()
        assert_text_alone(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"T {HOSTILE}")
    expect(page.locator(".ts-body h2").first).to_have_text(f"How it is done {HOSTILE}")
    expect(page.locator(".ts-body p").first).to_contain_text(f"rest for a week {HOSTILE}")
    table = page.locator(".ts-body table")
    expect(table.get_by_role("columnheader")).to_have_count(2)
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("cell").nth(1)).to_have_text(HOSTILE)


def test_the_other_pages_show_it_as_written(hostile: str, visit: Visit) -> None:
    page = visit(f"{hostile}treatments")
    expect(page.locator(".ts-map")).to_contain_text(f"Rest {HOSTILE}")
    expect(page.locator(".ts-titles").last).to_contain_text(HEBREW)
    assert_text_alone(page)
    page.goto(f"{hostile}compare?{urlencode({'t': [f'Rest {HOSTILE}', HOSTILE, LONG[:9000]]}, 1)}")
    expect(page.locator(".ts-compare")).to_contain_text(f"rest for a week {HOSTILE}")
    expect(page.locator(".ts-notice")).to_contain_text(f"“{HOSTILE}” is not among")
    assert_text_alone(page)
    page.goto(f"{hostile}collection")
    expect(page.locator(".stCheckbox").filter(has_text=NAME)).to_have_count(1)
    expect(page.locator(".stCheckbox").filter(has_text="afdp.md")).to_have_count(1)
    expect(page.locator(".st-key-files")).to_contain_text(f"T {HOSTILE}")
    assert_text_alone(page)
    page.goto(f"{hostile}unanswered")
    expect(page.get_by_role("link", name=QUESTION)).to_be_visible()
    assert_text_alone(page)
    page.goto(f"{hostile}?{urlencode({'like': 'm.md@0'})}")
    expect(page.get_by_role("heading", name="Like the passage from")).to_contain_text(HOSTILE)
    assert_text_alone(page)


def test_a_megabyte_of_question_is_refused_in_a_sentence(hostile: str, visit: Visit) -> None:
    page = visit(hostile)
    ask(page, LONG)
    alert = page.get_by_role("alert").filter(has_text="cannot be searched")
    expect(alert).to_contain_text("at most 5,000 can be searched")
    assert_text_alone(page)
