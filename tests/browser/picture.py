"""python -m tests.browser.picture: draw docs/page.png from the real page over corpus/."""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, served
from tests.conftest import ROOT

QUESTION = "how+many+times+a+week+do+they+put+the+needels+in+my+calf"

if __name__ == "__main__":
    with served(ROOT / "index", ROOT / "corpus") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 900, "height": 860}, color_scheme="light")
        page.goto(f"{address}?q=warm+up")  # so that the time shown is not the model's loading
        page.locator(".ts-notice, article").first.wait_for(timeout=60_000)
        page.goto(f"{address}?q={QUESTION}")
        page.locator("article").nth(1).wait_for(timeout=60_000)
        page.wait_for_timeout(1_000)  # the page fades its last state out
        page.screenshot(path=ROOT / "docs" / "page.png")
        browser.close()
