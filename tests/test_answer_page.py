"""The answer without a browser: what of it Streamlit keeps from one question to the next."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from treatment_search.engine import Engine
from treatment_search.settings import Settings


def shown(engine: Engine, index: Path) -> AppTest:
    def draw(engine, settings):  # type: ignore[no-untyped-def]  # its source is run by itself
        import streamlit as st

        from treatment_search.ui.answer import draw_answer
        from treatment_search.ui.site import Place, Site

        site = Site(settings, engine)
        site.add(Place.SEARCH, lambda site: draw_answer(site, st.query_params["q"]), "Search", "")
        site.add(Place.ARTICLE, lambda site: None, "Article", "", hidden=True)
        st.navigation(list(site.pages.values())).run()

    return AppTest.from_function(draw, args=(engine, Settings(index=index, keep_questions=True)))


def keys(page: AppTest) -> set[str]:
    kinds = ("button", "multiselect", "feedback", "button_group")
    return {element.key for kind in kinds for element in page.get(kind) if element.key}


def test_a_visit_that_asks_on_and_on_does_not_grow(engine: Engine, index: Path) -> None:
    page = shown(engine, index)
    first: set[str] = set()
    for question in ("exercise", "needle", "injection for a month", "who should see a doctor"):
        page.query_params["q"] = question
        page.run(timeout=30)
        assert not page.exception
        first = first or keys(page)
        assert {"like 1", "thumb 1"} <= first
        assert keys(page) <= first
