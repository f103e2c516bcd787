"""axe-core on every page and every state of the search, in both themes; and each enlarged."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Visit

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


# A desk of 1280 and a phone of 360 pixels, with everything twice as large.
ENLARGED = [(640, 450), (360, 740), (180, 370)]
WIDTHS = """[document.documentElement, document.querySelector(".stMain")].map(
  (one) => one.scrollWidth - one.clientWidth)"""


@pytest.mark.parametrize("place", PAGES)
def test_nothing_keeps_people_out(site: str, visit: Visit, place: str) -> None:
    page = visit(f"{site}{place}")
    expect(page.locator(PAGES[place]).first).to_be_visible()
    expect(page.locator(".ts-foot")).to_be_visible()
    page.wait_for_timeout(500)  # the page fades its last state out, which axe reads as pale text
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".stApp")).to_have_css("color-scheme", "dark")
    page.wait_for_timeout(300)
    assert_accessible(page)
    for width, height in ENLARGED:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(WIDTHS) == [0, 0], width
