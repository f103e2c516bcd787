"""python -m tests.browser.pictures: draw the pictures in docs/ from the real page over corpus/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, served
from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
DESK, PHONE = (1000, 860), (390, 800)


@dataclass(frozen=True, slots=True)
class Picture:
    """A state of the page: its name, its address, and what must be there before it is drawn."""

    name: str
    address: str
    waits_for: str
    size: tuple[int, int] = DESK
    scheme: str = "light"


STATES = (
    Picture("search", "?q=how+many+times+a+week+do+they+put+the+needels+in+my+calf", "article"),
    Picture("home", "", ".stButton button"),
    Picture(
        "urgent",
        "?q=my+foot+is+hot+red+and+swollen+and+i+have+a+fever+and+shivers",
        ".ts-urgent",
        PHONE,
    ),
    Picture(
        "search-phone-dark",
        "?q=first+steps+in+the+morning+hurt+wot+can+i+do",
        "article",
        PHONE,
        "dark",
    ),
    Picture("nothing", "?q=cheapest+flights+from+oslo+to+malaga", ".ts-notice"),
    Picture("narrowed", "?q=does+it+help&treatment=Dry+needling", "article"),
    Picture("like", "?like=gout.md%400", "article, .ts-notice"),
    Picture(
        "article",
        "article?id=dry-needling.md&q=how+is+dry+needling+done&at=0",
        ".ts-body mark",
    ),
    Picture("treatments", "treatments", ".ts-map"),
    Picture("treatments-phone-dark", "treatments", ".ts-map", PHONE, "dark"),
    Picture("compare", "compare?t=Dry+needling&t=Taping", ".ts-compare"),
    Picture("compare-dark", "compare?t=Dry+needling&t=Taping", ".ts-compare", DESK, "dark"),
    Picture("collection", "collection", ".ts-foot"),
)


def draw(browser: Browser, site: str, picture: Picture, folder: Path) -> None:
    """Write one picture as a PNG."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(f"{site}{picture.address}")
    page.locator(picture.waits_for).first.wait_for(timeout=60_000)
    page.locator(".ts-foot").wait_for(timeout=60_000)
    page.wait_for_timeout(1_000)  # the page fades its last state out
    page.screenshot(path=folder / f"{picture.name}.png")
    context.close()


def main() -> None:
    """Draw all of them."""
    PICTURES.mkdir(exist_ok=True)
    with served(ROOT / "index", ROOT / "corpus") as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        warming = browser.new_page()  # so that the time shown is not the model's loading
        warming.goto(f"{site}?q=warm+up")
        warming.locator(".ts-notice, article").first.wait_for(timeout=60_000)
        for picture in STATES:
            draw(browser, site, picture, PICTURES)
        browser.close()


if __name__ == "__main__":
    main()
