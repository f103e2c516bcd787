"""python -m tests.browser.pictures: draw the pictures in docs/ from the real page over corpus/."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, served
from tests.conftest import ROOT
from treatment_search import asked
from treatment_search.engine import Engine
from treatment_search.judged import passage_digest
from treatment_search.question_groups import Miss

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
# These need a machine whose owner keeps questions.
KEPT = (Picture("unanswered", "unanswered", ".ts-asked-when"),)
QUESTIONS = (
    "is a mud pack any good for my heel",
    "does a warm mud pack help heel pain",
    "can i take turmeric for sore feet",
    "cheapest flights from oslo to malaga",
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


def draw_all(browser: Browser, index: Path, pictures: Iterable[Picture]) -> None:
    """Draw these from a server of their own."""
    with served(index, ROOT / "corpus") as site:
        warming = browser.new_page()  # so that the time shown is not the model's loading
        warming.goto(f"{site}?q=warm+up")
        warming.locator(".ts-notice, article").first.wait_for(timeout=60_000)
        for picture in pictures:
            draw(browser, site, picture, PICTURES)
        warming.close()


def keep_questions(index: Path) -> None:
    """Keep some questions and two thumbs beside an index, as a week of visits would."""
    asked.switch(index, on=True)
    for question in (*QUESTIONS, *QUESTIONS[:2]):
        asked.keep_question(index, question, Miss.NOTHING)
    engine = Engine(index)
    for vote, (question, grade) in enumerate((("what is gout", 1), ("does taping help", 0))):
        hit = engine.search(question, 1).hits[0].passage.passage
        place = (hit.article_id, hit.start, passage_digest(hit))
        asked.keep_thumb(index, str(vote), question, *place, grade)


def main() -> None:
    """Draw all of them."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        draw_all(browser, ROOT / "index", STATES)
        own = Path(shutil.copytree(ROOT / "index", Path(folder) / "index"))
        keep_questions(own)
        draw_all(browser, own, KEPT)
        browser.close()


if __name__ == "__main__":
    main()
