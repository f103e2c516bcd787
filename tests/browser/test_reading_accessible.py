"""axe-core on the reading view, the map and the comparison, in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessibility import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

PAGES = {
    "article?id=dry-needling.md&q=how+is+dry+needling+done&at=0": ".ts-body mark",
    "treatments": ".ts-map",
    "compare?t=Dry+needling&t=Taping": ".ts-compare",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("place", PAGES)
def test_nothing_keeps_people_out(site: str, browser: Browser, place: str, theme: str) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    page.goto(f"{site}{place}")
    expect(page.locator(PAGES[place]).first).to_be_visible()
    expect(page.locator(".ts-foot")).to_be_visible()
    page.wait_for_timeout(500)  # the page fades its last state out, which axe reads as pale text
    assert_accessible(page)
    context.close()
