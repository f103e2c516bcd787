"""The page of unanswered questions without a browser: who is let in, and what goes wrong kindly."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from treatment_search import asked
from treatment_search.access import Access
from treatment_search.engine import Engine
from treatment_search.question_groups import Miss
from treatment_search.settings import Settings
from treatment_search.ui import unanswered
from treatment_search.ui.site import Site


def html(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]


def shown(site: Site) -> AppTest:
    def draw(site):  # type: ignore[no-untyped-def]  # its source is run by itself
        from treatment_search.ui.unanswered import draw_unanswered

        draw_unanswered(site)

    page = AppTest.from_function(draw, args=(site,)).run(timeout=30)
    assert not page.exception
    return page


def test_a_request_from_who_knows_where_is_shown_no_question_and_no_switch(index: Path) -> None:
    # This test's request has no header at all, so nothing says that it comes from this machine.
    asked.keep_question(index, "a secret", Miss.NOTHING)
    page = shown(Site(Settings(index=index), Engine(index)))
    (refusal,) = html(page)
    assert "This page is off on this server" in refusal
    assert len(page.toggle) == len(page.button) == len(page.get("page_link")) == 0


def test_what_the_environment_says_cannot_be_switched(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unanswered, "may_keep", lambda _: Access.ALLOWED)
    for fixed in (True, False):
        page = shown(Site(Settings(index=index, keep_questions=fixed), Engine(index)))
        assert (page.toggle[0].value, page.toggle[0].disabled) == (fixed, True)
    page = shown(Site(Settings(index=index), Engine(index)))
    assert (page.toggle[0].value, page.toggle[0].disabled) == (False, False)
    page.toggle[0].set_value(True).run(timeout=30)
    assert asked.is_on(Settings(index=index))


def test_a_disk_that_says_no_is_named_to_the_keeper(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unanswered, "may_keep", lambda _: Access.ALLOWED)
    asked.folder_of(index).write_text("a file where the folder should be")
    page = shown(Site(Settings(index=index), Engine(index)))
    page.toggle[0].set_value(True).run(timeout=30)
    assert not page.exception
    assert any("That did not work" in part for part in html(page))
    assert page.toggle[0].value is False


def test_a_disk_that_says_no_costs_the_visitor_nothing(
    engine: Engine, index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def draw(site, result):  # type: ignore[no-untyped-def]  # its source is run by itself
        from treatment_search.ui.kept import keep_missed

        keep_missed(site, result)

    asked.folder_of(index).write_text("a file where the folder should be")
    site = Site(Settings(index=index, keep_questions=True), engine)
    result = engine.search("mortgage refinancing")
    page = AppTest.from_function(draw, args=(site, result)).run(timeout=30)
    assert not page.exception
    assert "could not be kept" in caplog.text
    assert "mortgage" not in caplog.text
