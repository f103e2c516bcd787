"""The search by keyboard alone, on a phone, without motion, and as a screen reader hears it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_page import BOX

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

# What has the focus and whether a ring is drawn around it, or around the label that it stands in.
FOCUSED = """() => {
  const one = document.activeElement, label = one.closest("label");
  const ringed = [one, label].some((e) => e && parseFloat(getComputedStyle(e).outlineWidth) >= 2
    && getComputedStyle(e).outlineStyle !== "none" && e.getBoundingClientRect().width > 20);
  const name = one.getAttribute("aria-label") || one.innerText;
  return [name.trim().split("\\n").at(-1).trim(), ringed];
}"""
MOVING = """() => [...document.querySelectorAll(".stApp *")].filter((one) => {
  const style = getComputedStyle(one), seconds = (said) => Math.max(...said.split(",").map(parseFloat));
  return Math.max(seconds(style.transitionDuration), seconds(style.animationDuration)) > 0.001;
}).map((one) => one.outerHTML.slice(0, 100))"""  # noqa: E501  as the browser reads it


def tab_to(page: Page, name: str, most: int = 6) -> None:
    """Press Tab until this has the focus; whatever has it on the way shows so."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused, ringed = page.evaluate(FOCUSED)
        assert ringed, focused
        passed.append(focused)
        if focused == name:
            return
    pytest.fail(f"{name} was not reached, but {passed}")


def test_a_question_is_asked_and_read_without_a_mouse(site: str, visit: Visit) -> None:
    page = visit(site)
    box = page.get_by_label(BOX)
    expect(box).to_be_focused()
    for landmark in ("banner", "navigation", "main", "search"):
        expect(page.get_by_role(landmark)).to_have_count(1)  # type: ignore[arg-type]
    expect(page.get_by_role("search").get_by_label(BOX)).to_be_visible()
    page.keyboard.type("how is dry needling done")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Best passages")).to_be_visible()  # drawn when fetched
    expect(page.get_by_role("link", name="Read in the article").first).to_be_visible()
    expect(box).to_be_focused()
    tab_to(page, "Keep my question out of the page’s address and the browser’s history")
    tab_to(page, "Best passages")
    tab_to(page, "Narrow down")
    page.keyboard.press("Enter")
    tab_to(page, "Condition")
    page.keyboard.press("Escape")
    box.focus()
    tab_to(page, "Narrow down")
    page.keyboard.press("Enter")
    tab_to(page, "Dry needling for heel spur")
    tab_to(page, "Read in the article")
    page.keyboard.press("Enter")
    expect(page.locator("#ts-passage")).to_be_focused()


def test_the_box_suggests_what_the_articles_have_and_not_over_an_answer(
    site: str, visit: Visit
) -> None:
    page = visit(site)
    box = page.get_by_label(BOX)
    expect(box).to_have_attribute("list", "ts-suggestions")
    offered = box.evaluate("box => [...box.list.options].map(option => option.value)")
    assert {"Dry needling", "Heel spur", "Who should not: Dry needling for heel spur"} <= {*offered}
    box.fill("taping")
    box.press("Enter")
    expect(page.locator("article").first).to_be_visible()
    assert box.get_attribute("list") is None
    box.press("s")
    expect(box).to_have_attribute("list", "ts-suggestions")


def test_a_phone_keeps_its_keyboard_shut_and_who_wants_no_motion_gets_none(
    site: str, visit: Visit
) -> None:
    page = visit(site, 360, 740, is_mobile=True, has_touch=True, reduced_motion="reduce")
    expect(page.get_by_role("search")).to_be_visible()  # the script has been here
    expect(page.locator(".ts-foot")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")
    assert page.evaluate(MOVING) == []
