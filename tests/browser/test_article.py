from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from treatment_search.engine import Engine
from treatment_search.records import Passage

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

ARTICLE = "dry-needling.md"
SIZES = [pytest.param(1280, 900, id="desktop"), pytest.param(360, 740, id="phone")]


@pytest.fixture(scope="module")
def who_should_not(real_engine: Engine) -> Passage:
    passages = (stored.passage for stored in real_engine.passages_of(ARTICLE))
    return next(one for one in passages if one.headings == ("Who should not",))


def address(site: str, **query: object) -> str:
    return f"{site}article?{urlencode(query)}"


def is_in_view(page: Page, selector: str) -> bool:
    box = page.locator(selector).first.bounding_box()
    size = page.viewport_size
    assert box
    assert size
    return 0 < box["y"] < size["height"] * 0.6


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_an_article_opens_at_the_passage_with_it_marked(
    site: str, visit: Visit, who_should_not: Passage, width: int, height: int
) -> None:
    question = "who must not have needles put in the calf"
    start, end = who_should_not.start, who_should_not.end
    link = address(site, id=ARTICLE, at=start, end=end, q=question)
    page = visit(link, width=width, height=height)
    expect(page.locator("#ts-passage")).to_be_focused()
    assert is_in_view(page, "mark.ts-here")
    shown = "".join(page.locator("mark.ts-here").all_inner_texts())
    assert "".join(shown.split()) == "".join(who_should_not.text.split())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.get_by_role("heading", name="Who should not")).to_be_visible()


def test_next_and_previous_lead_through_the_matches(
    site: str, visit: Visit, real_engine: Engine
) -> None:
    question = "how is dry needling done"
    page = visit(address(site, id=ARTICLE, q=question))
    expect(page.get_by_text(re.compile("parts of this article fit your question"))).to_be_visible()
    count = page.locator(".ts-match").count()
    assert 2 <= count <= 5
    page.get_by_role("link", name="Go to the first").click()
    expect(page.locator("#ts-match-1")).to_be_in_viewport()
    page.locator("#ts-match-1").get_by_role("link", name="Next match").click()
    expect(page.locator("#ts-match-2")).to_be_in_viewport()
    page.locator("#ts-match-2").get_by_role("link", name="Previous match").click()
    expect(page.locator("#ts-match-1")).to_be_in_viewport()
    assert page.locator("#ts-match-1").get_by_role("link", name="Previous match").count() == 0
    expect(page).to_have_url(re.compile(f"id={ARTICLE}"))


def test_the_contents_lead_to_a_section_and_help_is_at_the_top(site: str, visit: Visit) -> None:
    page = visit(address(site, id=ARTICLE))
    expect(page.get_by_role("heading", level=1)).to_have_text("Dry needling for heel spur")
    assert page.locator("mark").count() == 0
    doctor = page.locator("details", has_text="When to see a doctor").first
    expect(doctor.locator("p").first).not_to_be_visible()
    doctor.locator("summary").click()
    expect(doctor.locator("p").first).to_be_visible()
    contents = page.get_by_role("navigation", name="In this article")
    contents.get_by_role("link", name="What the evidence says").click()
    section = page.locator("h2", has_text="What the evidence says")
    expect(section).to_be_in_viewport()
    expect(page.get_by_text("reviewed 2026-11-23")).to_be_attached()


def test_the_way_back_keeps_the_question_and_what_else_the_search_had(
    site: str, visit: Visit
) -> None:
    page = visit(address(site, id=ARTICLE, at=0, q="what is gout", by="articles"))
    page.get_by_role("link", name="Back to the results").click()
    expect(page).to_have_url(re.compile(r"\?q=what(\+|%20)is(\+|%20)gout&by=articles$"))
    expect(page.locator("article h3").first).to_contain_text("gout")


def test_what_is_gone_is_said_kindly(site: str, visit: Visit) -> None:
    page = visit(address(site, id="../secret", at=3))
    gone = page.get_by_role("heading", name="That article is not here any more")
    expect(gone).to_be_visible()
    page.goto(address(site, id=ARTICLE, at=999999))
    moved = page.get_by_role("heading", name="That passage is not in the article any more")
    expect(moved).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dry needling for heel spur")
    page.goto(address(site, id=ARTICLE, q="?!"))  # a question that cannot be searched
    expect(page.get_by_role("heading", level=1)).to_have_text("Dry needling for heel spur")


def test_on_paper_the_article_stands_alone(site: str, visit: Visit) -> None:
    page = visit(address(site, id=ARTICLE, q="how is dry needling done"))
    expect(page.locator(".ts-match").first).to_be_attached()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".ts-facts")).to_be_visible()
    for left_out in (".ts-contents", ".ts-match", ".ts-foot", ".stPageLink", ".ts-help", "nav"):
        expect(page.locator(left_out).first).not_to_be_visible()
    for dark in ("h1", ".ts-facts dd", ".ts-body p"):
        expect(page.locator(dark).first).to_have_css("color", "rgb(0, 0, 0)")
    for white in ("body", ".stApp"):
        expect(page.locator(white)).to_have_css("background-color", "rgb(255, 255, 255)")
