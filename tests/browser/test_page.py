from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from treatment_search.publishing import locked

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

BOX = "What is bothering you, or what would you like to know?"


def ask(page: Page, question: str) -> None:
    box = page.get_by_label(BOX)
    box.fill(question)
    box.press("Enter")


def count_line(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Showing")


def first_hit(page: Page) -> str:
    return page.locator("article").first.inner_text()


def test_a_question_finds_its_passage_with_section_band_and_source(site: str, visit: Visit) -> None:
    page = visit(site)
    ask(page, "who must not have needles put in the calf")
    expect(page.get_by_role("status").filter(has_text="Showing 10 of")).to_be_visible()
    hit = first_hit(page)
    assert "Dry needling" in hit
    assert "Who should not" in hit
    assert re.search("Strong match|Possible match", hit)
    assert "Treatment Search starter collection · reviewed 2026-" in hit
    marked = page.locator("article").first.locator("b").all_inner_texts()
    assert any(word.lower().startswith("needl") for word in marked)


def test_the_address_holds_the_question_and_back_returns_to_the_one_before(
    site: str, visit: Visit
) -> None:
    page = visit(site)
    ask(page, "does taping help")
    expect(page).to_have_url(re.compile(r"\?q=does\+taping\+help$"))
    expect(page.locator("article h3").first).to_contain_text("aping")
    ask(page, "what is gout")
    expect(page.locator("article h3").first).to_contain_text("gout")
    page.go_back()
    expect(page.get_by_label(BOX)).to_have_value("does taping help")
    expect(page.locator("article h3").first).to_contain_text("aping")


def test_a_link_with_a_question_shows_its_answer(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=what+is+gout")
    expect(page.get_by_label(BOX)).to_have_value("what is gout")
    expect(page.locator("article h3").first).to_contain_text("gout")


def test_an_example_can_be_clicked(site: str, visit: Visit) -> None:
    page = visit(site)
    question = "Who should not have a steroid injection?"
    example = page.get_by_role("button", name=question)
    example.click()
    expect(page.get_by_label(BOX)).to_have_value(question)
    expect(page.locator("article").first).to_be_visible()


def test_a_misspelt_question_is_answered_and_says_how_it_was_read(site: str, visit: Visit) -> None:
    page = visit(site)
    ask(page, "gowt atack, will a jab help")
    for change in ("gout for gowt", "attack for atack", "injection for jab"):
        expect(page.get_by_role("button", name=change)).to_be_visible()
    expect(page.locator("article").first).to_be_visible()


def test_a_change_to_the_question_can_be_undone(site: str, visit: Visit) -> None:
    page = visit(site)
    ask(page, "will a jab help")
    page.get_by_role("button", name="injection for jab").click()
    expect(page).to_have_url(re.compile("typed=jab"))
    expect(page.get_by_role("button", name="injection for jab")).to_have_count(0)
    ask(page, "is a jab safe")  # the next question is read afresh
    expect(page.get_by_role("button", name="injection for jab")).to_be_visible()


def test_each_result_says_why_and_reaches_when_to_get_help(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=how+is+dry+needling+done")
    card = page.locator("article").first
    expect(card.locator(".ts-why")).to_contain_text(re.compile("Found by .*needling"))
    doctor = card.locator("details", has_text="When to see a doctor")
    expect(doctor.locator("p")).not_to_be_visible()
    doctor.locator("summary").click()
    expect(doctor.locator("p")).to_be_visible()


def test_an_urgent_sign_pins_the_articles_own_words(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=my+foot+is+hot+red+and+swollen+and+i+have+a+fever+and+shivers")
    pinned = page.get_by_role("region", name="If this is you, get help now")
    expect(pinned).to_contain_text("fever")
    top = pinned.bounding_box()
    first = page.locator("article").first.bounding_box()
    assert top and first and top["y"] < first["y"]


def test_an_ordinary_question_pins_nothing(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=how+often+should+i+stretch+my+calf")
    expect(page.locator("article").first).to_be_visible()
    assert page.locator(".ts-urgent").count() == 0


def test_best_articles_shows_each_article_once(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=does+it+help+with+heel+pain")
    page.get_by_role("radio", name="Best articles").click()
    expect(page).to_have_url(re.compile("by=articles"))
    expect(count_line(page)).to_be_visible()
    page.wait_for_function(
        "(() => { const t = [...document.querySelectorAll('article h3')].map(h => h.innerText);"
        " return t.length > 1 && new Set(t).size === t.length })()"
    )


def test_more_like_this_shows_other_articles_and_leads_back(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=what+is+gout")
    title = page.locator("article h3").first.inner_text()
    page.get_by_role("button", name="More like this").first.click()
    expect(page.get_by_role("heading", name="Like the passage from")).to_contain_text(title)
    assert title not in page.locator("article h3").all_inner_texts()
    page.get_by_role("button", name="Back to the results").click()
    expect(page.locator("article h3").first).to_have_text(title)


def test_ten_more_are_shown_and_the_address_says_so(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=does+it+help+with+heel+pain")
    expect(count_line(page)).to_contain_text("Showing 10 of")
    in_all = int(re.findall(r"of (\d+) passages", count_line(page).inner_text())[0])
    assert 10 < in_all < 20  # all of a small collection's
    page.get_by_role("button", name="Show 10 more").click()
    expect(page).to_have_url(re.compile("n=20"))
    expect(count_line(page)).to_contain_text(f"Showing {in_all} of {in_all}")
    expect(page.locator("article")).to_have_count(in_all)


def test_a_filter_in_the_address_leaves_what_its_count_says(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=does+it+help+with+heel+pain&role=how")
    chosen = page.get_by_text(re.compile(r"How it is done \(\d+\)")).first
    expect(chosen).to_be_visible()
    count = re.sub(r"\D", "", chosen.inner_text())
    expect(count_line(page)).to_contain_text(f"of {count} passages")
    page.get_by_role("button", name="Show everything again").click()
    expect(page).not_to_have_url(re.compile("role="))


def test_a_private_question_is_answered_and_stands_in_no_address(site: str, visit: Visit) -> None:
    page = visit(site)
    page.get_by_text("Keep my question out of the page’s address").click()
    expect(page).to_have_url(re.compile("private=1"))
    ask(page, "what is gout")
    expect(page.locator("article h3").first).to_contain_text("gout")
    assert "gout" not in page.url
    assert "gout" not in page.title()


def test_a_question_asked_before_the_switch_leaves_the_address_and_the_history(
    site: str, visit: Visit
) -> None:
    page = visit(f"{site}?q=what+is+gout")
    expect(page.locator("article h3").first).to_contain_text("gout")
    ask(page, "does taping help")
    expect(page.locator("article h3").first).to_contain_text("aping")
    steps = page.evaluate("history.length")
    page.get_by_text("Keep my question out of the page’s address").click()
    expect(page).to_have_url(f"{site}?private=1")
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.get_by_label(BOX)).to_have_value("does taping help")
    expect(page.locator("article h3").first).to_contain_text("aping")
    assert page.evaluate("history.length") == steps
    ask(page, "who should not have tape")
    expect(page.locator("article").first).to_contain_text("Who should not")
    assert page.url == f"{site}?private=1"
    page.go_back()
    expect(page.get_by_label(BOX)).to_have_value("what is gout")  # as it was asked, in the open


def test_a_question_in_another_language_is_told_so(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=Meine+Ferse+tut+morgens+beim+Aufstehen+immer+weh")
    expect(page.get_by_role("heading", name="This looks like German")).to_be_visible()
    assert page.locator("article").count() == 0


def test_what_no_article_covers_is_said_and_no_passage_shown(site: str, visit: Visit) -> None:
    page = visit(site)
    ask(page, "cheapest flights from oslo to malaga in june")
    expect(page.get_by_role("heading", name="No article here covers this")).to_be_visible()
    assert page.locator("article").count() == 0
    expect(page.get_by_role("heading", name="The articles nearest to it")).to_be_visible()


def test_a_question_without_a_word_is_answered_kindly(site: str, visit: Visit) -> None:
    page = visit(site)
    ask(page, "?!")
    alert = page.get_by_role("alert").filter(has_text="cannot be searched")
    expect(alert).to_contain_text("the question holds no word")


def test_a_phone_needs_no_sideways_scrolling(site: str, visit: Visit) -> None:
    page = visit(f"{site}?q=" + "x" * 400 + "+needles", width=360, height=740)
    expect(page.locator(".ts-foot")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_while_an_ingest_runs_the_page_answers_and_says_so(
    site: str, real_index: Path, visit: Visit
) -> None:
    with locked(real_index):
        page = visit(f"{site}?q=what+is+gout")
        expect(page.locator("article h3").first).to_contain_text("gout")
        expect(page.get_by_role("heading", name="The articles are being updated")).to_be_visible()
    page.reload()
    expect(page.locator("article h3").first).to_contain_text("gout")
    assert page.get_by_role("heading", name="The articles are being updated").count() == 0
