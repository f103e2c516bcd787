"""axe-core on every page and every state of the search, in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessibility import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

PAGES = {
    "": ".stButton button",
    "?q=gowt+atack+will+a+jab+help": "article",
    "?q=does+it+help&condition=Gout&treatment=Taping&condition=Heel+pain": ".ts-count",
    "?q=cheapest+flights+from+oslo+to+malaga": ".ts-notice",
    "?q=my+foot+is+hot+red+and+swollen+and+i+have+a+fever+and+shivers": ".ts-urgent",
    "?q=Meine+Ferse+tut+morgens+beim+Aufstehen+immer+weh": ".ts-notice",
    "?treatment=Dry+needling": ".ts-titles",
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
