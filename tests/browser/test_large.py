"""A collection from its first ingest on: hundreds of treatments, a PDF, the same words twice."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from reportlab.pdfgen.canvas import Canvas

from tests.browser.conftest import Visit, ingested, served
from tests.conftest import ROOT, lend_model

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

TREATMENTS, CONDITIONS = 130, 13
MUD = "A warm mud pack is laid on the sore heel for twenty minutes. Then the mud is washed off.\n"
COPPER = "A copper bracelet is worn around the ankle by day and taken off at night."


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "corpus"
    folder.mkdir()
    for n in range(TREATMENTS):
        (folder / f"t{n:03}.md").write_text(
            f"---\ntitle: Way {n:03}\ntreatment: Method {n:03}\n"
            f"conditions: [Ache {n % CONDITIONS:02}]\n---\n\nThis is how way {n} is gone.\n"
        )
    for name in ("Mud packs", "Mud from the sea"):
        (folder / f"{name}.md").write_text(f"# {name}\n\n{MUD}")
    pdf = Canvas(str(folder / "bracelet.pdf"))
    for heading, text in (("Jewels", "Bracelets are old and worn by many."), ("Copper", COPPER)):
        pdf.setFont("Helvetica-Bold", 20)  # a passage is of one section, so page 2 begins one
        pdf.drawString(72, 720, heading)
        pdf.setFont("Helvetica", 12)
        pdf.drawString(72, 690, text)
        pdf.showPage()
    pdf.save()
    return folder


@pytest.fixture(scope="module")
def index(corpus: Path, real_index: Path) -> Path:
    """Where the index will be, with the compiled model of another one lent to it."""
    index = corpus.with_name("index")
    lend_model(index, real_index)
    return index


@pytest.fixture(scope="module")
def empty(corpus: Path, index: Path) -> Iterator[str]:
    with served(index, corpus) as address:
        yield address


@pytest.fixture(scope="module")
def large(empty: str, corpus: Path, index: Path) -> str:
    """The same page, when the first ingest is done."""
    if not (index / "CURRENT").exists():
        ingested(corpus, index)
    return empty


def test_a_page_that_waits_for_its_first_articles_goes_on_by_itself(
    empty: str, corpus: Path, index: Path, visit: Visit
) -> None:
    page = visit(empty)
    expect(page.get_by_role("heading", name="There is nothing to search yet")).to_be_visible()
    expect(page.get_by_text("python ingest.py")).to_be_visible()
    command = ["ingest.py", "--corpus", str(corpus), "--index", str(index)]
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as ingest:
        reading = page.get_by_role("heading", name="The articles are being read for the first time")
        expect(reading).to_be_visible()
        assert ingest.wait(120) == 0
    expect(page.get_by_role("heading", name="Or try one of these")).to_be_visible()
    assert reading.count() == 0


def test_hundreds_of_treatments_are_turned_over_some_at_a_time(large: str, visit: Visit) -> None:
    page = visit(f"{large}treatments")
    rows = page.get_by_role("table").get_by_role("rowheader")
    columns = page.get_by_role("table").get_by_role("columnheader")
    expect(rows).to_have_count(20)
    expect(columns).to_have_count(1 + 5)
    expect(page.get_by_text(f"treatments 1 to 20 of {TREATMENTS}")).to_be_visible()
    page.get_by_role("button", name="More treatments").click()
    expect(page).to_have_url(re.compile(r"treatments\?rows=20$"))
    expect(page.get_by_text(f"treatments 21 to 40 of {TREATMENTS}")).to_be_visible()
    page.get_by_role("button", name="More conditions").click()
    expect(page).to_have_url(re.compile("rows=20&columns=5"))
    expect(page.get_by_text(f"conditions 6 to 10 of {CONDITIONS}")).to_be_visible()
    expect(columns.nth(1)).to_have_text("Ache 05")  # all are equally large: by name
    page.go_back()
    expect(page.get_by_text(f"conditions 1 to 5 of {CONDITIONS}")).to_be_visible()
    page.get_by_role("button", name="Earlier treatments").click()
    expect(rows.first).to_have_text("Method 000")
    page.get_by_role("radio", name="W", exact=True).click()
    expect(page.get_by_text(f"articles 1 to 60 of {TREATMENTS}")).to_be_visible()
    page.get_by_role("button", name="More articles").click()
    expect(page.get_by_text(f"articles 61 to 120 of {TREATMENTS}")).to_be_visible()
    expect(page.locator(".ts-titles a").first).to_have_text("Way 060")


def test_words_that_stand_twice_are_shown_once_with_both_titles(large: str, visit: Visit) -> None:
    page = visit(f"{large}?q=warm+mud+pack+on+the+heel")
    first = page.locator("article").first
    titles = ["Mud from the sea", "Mud packs"]
    expect(first.locator("h3")).to_have_text(re.compile("|".join(titles)))
    shown = first.locator("h3").inner_text()
    (other,) = {*titles} - {shown}
    expect(first.locator(".ts-also")).to_have_text(f"The same words also stand in: {other}.")
    assert page.locator("article", has_text="mud is washed off").count() == 1


def test_a_passage_of_a_pdf_says_its_page_and_the_article_marks_it(
    large: str, visit: Visit
) -> None:
    page = visit(f"{large}?q=copper+bracelet+around+the+ankle")
    first = page.locator("article").first
    expect(first).to_contain_text("copper bracelet")
    expect(first.locator(".ts-source")).to_contain_text("page 2")
    first.get_by_role("link", name="bracelet").click()
    expect(page.locator(".ts-page")).to_have_text(["page 1", "page 2"])
    expect(page.locator("mark.ts-here").first).to_contain_text("copper bracelet")
    assert page.locator(".ts-facts").inner_text().endswith("2")
