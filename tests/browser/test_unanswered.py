"""Questions nobody could answer: kept where the owner says so, seen by the keeper, and deleted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Visit, served
from tests.browser.test_page import BOX, ask
from tests.concepts import ConceptEncoder
from treatment_search import asked
from treatment_search.engine import Engine
from treatment_search.evaluation import evaluate
from treatment_search.judged import FOLDER, Judgement, judgements
from treatment_search.question_groups import Miss

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

FLIGHTS = "cheapest flights from oslo to malaga in june"
FARES = "what are the cheapest flights from oslo to malaga"
MORTGAGE = "how do i refinance my mortgage"
NOTHING = "No article here covers this"
SWITCH = "Keep unanswered questions"


@pytest.fixture(scope="module")
def own_index(real_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the index in a folder of its own, so that what lies beside it is of this file."""
    return Path(shutil.copytree(real_index, tmp_path_factory.mktemp("asked") / "index"))


@pytest.fixture(scope="module")
def asked_site(own_index: Path, starter_articles: Path) -> Iterator[str]:
    with served(own_index, starter_articles) as address:
        yield address


@pytest.fixture
def index(own_index: Path) -> Iterator[Path]:
    """The index, with nothing kept and everything off."""
    shutil.rmtree(asked.folder_of(own_index), ignore_errors=True)
    yield own_index
    shutil.rmtree(asked.folder_of(own_index), ignore_errors=True)


def kept(index: Path) -> list[str]:
    return [question.text for question in asked.kept_questions(index)]


def ask_in_vain(page: Page, question: str) -> None:
    ask(page, question)
    expect(page.get_by_label(BOX)).to_have_value(question)
    expect(page.get_by_role("heading", name=NOTHING)).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)


def test_off_it_writes_nothing_and_asks_nobody(asked_site: str, index: Path, visit: Visit) -> None:
    before = sorted(index.parent.rglob("*"))
    page = visit(asked_site)
    ask_in_vain(page, FLIGHTS)
    assert page.locator(".ts-kept-note").count() == 0
    ask(page, "what is gout")
    expect(page.locator("article").first).to_be_visible()
    expect(page.locator(".ts-foot")).to_be_visible()
    assert page.get_by_text("Did this help?").count() == 0
    page.get_by_role("link", name="Unanswered").click()
    expect(page.get_by_text("Off. No question is kept")).to_be_visible()
    assert sorted(index.parent.rglob("*")) == before


def test_a_question_in_vain_stands_in_its_group_once_a_visit_and_a_private_one_nowhere(
    asked_site: str, index: Path, visit: Visit
) -> None:
    page = visit(f"{asked_site}unanswered")
    page.get_by_text(SWITCH).click()
    expect(page.get_by_text("On. A question with no result")).to_be_visible()
    expect(page.get_by_role("heading", name="No question was left")).to_be_visible()
    for question in (FLIGHTS, MORTGAGE, FLIGHTS):
        page = visit(asked_site) if question == FLIGHTS else page
        if page.url != asked_site:
            page.goto(asked_site)
        expect(page.locator(".ts-kept-note")).to_contain_text("kept on the machine")
        ask_in_vain(page, question)
    page.get_by_text("Keep my question out of the page’s address").click()
    expect(page).to_have_url(re.compile("private=1"))
    ask_in_vain(page, "who won the football last night")
    page.get_by_text("Keep my question out of the page’s address").click()
    expect(page).not_to_have_url(re.compile("private"))
    expect(page.get_by_role("heading", name=NOTHING)).to_be_visible()
    ask_in_vain(page, FARES)
    ask_in_vain(page, FLIGHTS)
    assert kept(index) == [FLIGHTS, MORTGAGE, FLIGHTS, FARES]

    page.get_by_role("link", name="Unanswered").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("Asked 4 times, about 2 things")
    expect(page.get_by_role("link", name=FLIGHTS)).to_be_visible()
    expect(page.get_by_text("3 times · ")).to_contain_text("nothing found")
    page.get_by_text("1 other wording of it").click()
    expect(page.get_by_role("link", name=FARES)).to_be_visible()
    page.get_by_role("link", name=MORTGAGE).click()
    expect(page.get_by_label(BOX)).to_have_value(MORTGAGE)
    expect(page.get_by_role("heading", name=NOTHING)).to_be_visible()
    assert len(kept(index)) == 4  # the keeper looks, and that is no question

    page.get_by_role("link", name="Unanswered").click()
    page.get_by_role("button", name="Delete", exact=True).last.click()
    expect(page.get_by_role("link", name=MORTGAGE)).to_have_count(0)
    assert kept(index) == [FLIGHTS, FLIGHTS, FARES]
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_role("heading", name="No question was left")).to_be_visible()
    assert kept(index) == []


def test_thumbs_are_kept_as_the_visit_left_them_and_become_what_evaluate_reads(
    asked_site: str, index: Path, visit: Visit, real_engine: Engine, tmp_path: Path
) -> None:
    asked.switch(index, on=True)
    page = visit(f"{asked_site}?q=what+is+gout")
    thumbs = page.get_by_role("radiogroup", name="Feedback rating").first
    for name in ("Thumbs down", "Thumbs up"):
        thumb_button = thumbs.get_by_role("radio", name=name)
        thumb_button.click()
        expect(thumb_button).to_be_checked()
        page.wait_for_timeout(500)
    (thumb,) = asked.thumbs(index)
    assert (thumb.question, thumb.article_id, thumb.grade) == ("what is gout", "gout.md", 1)

    page.get_by_role("link", name="Unanswered").click()
    expect(page.get_by_role("heading", name="Thumbs: 1 up, 0 down")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download 1 judged question").click()
    download.value.save_as(tmp_path / "judged.zip")
    shutil.unpack_archive(tmp_path / "judged.zip", tmp_path)
    assert judgements([thumb], real_engine.passages_of) == [Judgement("what is gout", "gout.md", 1)]
    measured = evaluate(tmp_path / FOLDER, ConceptEncoder(), cache=tmp_path / "cache")
    assert (measured.questions, measured.success_at_1) == (1, 1.0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_people_out(
    asked_site: str, index: Path, browser: Browser, theme: str
) -> None:
    asked.switch(index, on=True)
    for question in (FLIGHTS, FARES, MORTGAGE, "x" * 300, "<b>*who* $won$</b> [the](cup)"):
        asked.keep_question(index, question, Miss.NOTHING)
    asked.keep_thumb(index, "v", "q", "gout.md", 0, "another text", 1)
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": 360, "height": 740},
    )
    page = context.new_page()
    for place, waited in (("unanswered", "Delete everything"), ("?q=what+is+gout", "Show 10 more")):
        page.goto(f"{asked_site}{place}")
        expect(page.get_by_role("button", name=waited)).to_be_visible()
        expect(page.locator(".ts-foot")).to_be_visible()
        page.wait_for_timeout(500)  # the page fades its last state out, which axe reads as pale
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
