from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.real_model]


def test_the_map_says_what_there_is_and_leads_to_a_search_in_it(site: str, visit: Visit) -> None:
    page = visit(f"{site}treatments", width=1280, height=900)
    table = page.get_by_role("table", name="Passages on each treatment and condition")
    heads = ["Treatment", "Heel spur", "Plantar fasciitis"]
    expect(table.get_by_role("columnheader")).to_have_text(heads)
    expect(table.get_by_role("rowheader")).to_have_count(4)  # gout.md names no treatment
    expect(page.get_by_text("1 article names no treatment")).to_be_visible()
    row = table.get_by_role("row", name=re.compile("^Dry needling"))
    cell = row.get_by_role("cell").first
    expect(cell).to_contain_text(re.compile(r"\d+ passages"))
    expect(cell).to_contain_text("evidence")
    cell.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/\?treatment=Dry\+needling&condition=Heel\+spur$"))


def test_a_phone_shows_a_list_by_treatment_or_by_condition(site: str, visit: Visit) -> None:
    page = visit(f"{site}treatments", width=360, height=740)
    table = page.get_by_role("table", name="Passages on each treatment and condition")
    first = table.get_by_role("row").nth(1)
    box = first.bounding_box()
    assert box
    assert box["width"] <= 360
    expect(first.locator(".ts-column").first).to_be_visible()
    page.get_by_role("radio", name="By condition").click()
    expect(page).to_have_url(re.compile("by=condition"))
    heads = table.get_by_role("rowheader")
    expect(heads).to_have_text(["Heel spur", "Plantar fasciitis"])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.go_back()
    expect(table.get_by_role("rowheader")).to_have_count(4)


def test_a_word_finds_treatments_and_titles(site: str, visit: Visit) -> None:
    page = visit(f"{site}treatments")
    box = page.get_by_label("Find a treatment, a condition or a title")
    box.fill("needl")
    box.press("Enter")
    expect(page).to_have_url(re.compile("find=needl"))
    expect(page.get_by_role("rowheader")).to_have_text(["Dry needling"])
    expect(page.locator(".ts-titles a")).to_have_text(["Dry needling for heel spur"])
    box.fill("gout")
    box.press("Enter")
    expect(page.get_by_role("heading", name="No treatment here is called that")).to_be_visible()
    title = page.locator(".ts-titles a")
    expect(title).to_have_count(1)
    title.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gout in the foot")


@pytest.mark.parametrize("width", [1280, 360])
def test_treatments_stand_side_by_side_in_their_own_words(
    site: str, visit: Visit, starter_articles: Path, width: int
) -> None:
    page = visit(f"{site}compare?t=Dry+needling&t=taping", width=width, height=800)
    table = page.get_by_role("table", name="Dry needling and Taping, side by side")
    expect(table).to_be_visible()
    expect(table.locator(".ts-aspect th")).to_have_count(6)
    cells = table.get_by_role("cell")
    expect(cells).to_have_count(12)
    left, right = cells.nth(0).bounding_box(), cells.nth(1).bounding_box()
    assert left
    assert right
    assert (left["y"] == right["y"]) is (width > 640)
    said = cells.nth(0).locator(".ts-text").first.inner_text().split("\n")[0]
    assert said in " ".join((starter_articles / "dry-needling.md").read_text("utf-8").split())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    cells.nth(2).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dry needling for heel spur")
    expect(page.locator("mark.ts-here").first).to_be_in_viewport()


def test_treatments_are_chosen_in_a_box_and_the_address_keeps_them(site: str, visit: Visit) -> None:
    page = visit(f"{site}treatments")
    page.get_by_role("link", name="Compare treatments side by side").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare treatments")
    page.get_by_label("Treatments to compare, up to three").click()
    page.get_by_role("option", name="Stretching").click()
    expect(page).to_have_url(re.compile(r"compare\?t=Stretching"))
    page.keyboard.press("Escape")  # the open list hides the rest from a screen reader
    expect(page.get_by_role("table").get_by_role("columnheader").first).to_have_text("Stretching")
    page.reload()
    expect(page.get_by_role("table").get_by_role("columnheader").first).to_have_text("Stretching")


def test_what_a_cell_of_the_map_leads_to_narrows_the_next_question(site: str, visit: Visit) -> None:
    page = visit(f"{site}?treatment=Dry+needling")
    expect(page.get_by_role("heading", name="Ask about Dry needling")).to_be_visible()
    box = page.get_by_label("What is bothering you, or what would you like to know?")
    box.fill("who should not have it")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"treatment=Dry\+needling"))
    expect(page.locator("article").first).to_be_visible()
    titles = page.locator("article h3").all_inner_texts()
    assert titles
    assert all("needling" in title.lower() for title in titles)
