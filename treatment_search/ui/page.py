"""The frame of every page: navigation, what holds for all of them, and errors in plain words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import streamlit as st

from treatment_search.access import Access
from treatment_search.errors import IndexNotBuilt, QuestionRefused, TreatmentSearchError
from treatment_search.generations import generation_names
from treatment_search.publishing import ingest_running
from treatment_search.settings import Settings
from treatment_search.ui import markup
from treatment_search.ui.article import draw_article
from treatment_search.ui.collection import draw_collection
from treatment_search.ui.compare import draw_compare
from treatment_search.ui.keeper_access import may_keep
from treatment_search.ui.search import draw_search
from treatment_search.ui.site import Place, Site, engine_of
from treatment_search.ui.treatments import draw_treatments
from treatment_search.ui.unanswered import draw_unanswered

_STYLE = Path(__file__).parent / "style"

_FOOT = (
    "This page shows what the articles say. It is information, not medical advice, and it does "
    "not know you. If you are worried, ask a doctor; in an emergency, call the emergency number."
)
_NOT_WORKING = "The search does not work right now"
_FIRST_TIME = ["This takes a minute or two. The page goes on by itself then."]
_WAITING = "waiting for articles"
_STANDING_IN = "Answers may come from an earlier state of the articles."
_UPDATING = ["Answers come from the articles as they were before. New ones follow by themselves."]


def draw_page(settings_from: Callable[[], Settings]) -> None:
    """Draw the page that the address names, for one run; `settings_from` says where things are."""
    st.set_page_config(page_title="Treatment Search", page_icon="🔎", layout="centered")
    st.html(f"<style>{_style()}</style>")
    try:
        settings = settings_from()
        site = Site(settings, engine_of(settings.address))
    except TreatmentSearchError as error:
        st.html(markup.notice(_NOT_WORKING, [str(error)], role="alert"))
        return
    site.add(Place.SEARCH, draw_search, "Search", ":material/search:")
    site.add(Place.TREATMENTS, draw_treatments, "Treatments", ":material/grid_on:")
    site.add(Place.COMPARE, draw_compare, "Compare treatments", ":material/compare:", hidden=True)
    site.add(Place.ARTICLE, draw_article, "Article", ":material/article:", hidden=True)
    access = may_keep(site)
    site.add(
        Place.COLLECTION,
        draw_collection,
        "Collection",
        ":material/folder_open:",
        hidden=access is Access.OFF,
    )
    if access is Access.ALLOWED:
        site.add(Place.UNANSWERED, draw_unanswered, "Unanswered", ":material/contact_support:")
    page = st.navigation(list(site.pages.values()), position="top")
    try:
        page.run()
        _draw_state(site)
    except QuestionRefused as refusal:
        st.html(markup.notice("That question cannot be searched", [str(refusal)], role="alert"))
    except IndexNotBuilt:
        _draw_no_index(site)
    except TreatmentSearchError as error:
        st.html(markup.notice(_NOT_WORKING, [str(error)], role="alert"))
    st.html(f'<p class="ts-foot">{_FOOT}</p>')


@cache
def _style() -> str:
    """Return every sheet, as one: each element costs every visitor of a busy server its time."""
    return "\n".join(sheet.read_text("utf-8") for sheet in sorted(_STYLE.glob("*.css")))


def _draw_state(site: Site) -> None:
    """Draw what is wrong with the index, or going on in it, whatever page is shown."""
    warning = None
    with suppress(IndexNotBuilt):  # a page that needs an index has said so
        warning = site.engine.warning
    if warning:
        lines = [_STANDING_IN, warning]
        st.html(markup.notice("Part of the index is damaged", lines))
    if ingest_running(site.settings.index):
        st.html(markup.notice("The articles are being updated", _UPDATING))


def _draw_no_index(site: Site) -> None:
    settings = site.settings
    _wait_for_articles(settings.index)
    if ingest_running(settings.index):
        st.html(markup.notice("The articles are being read for the first time", _FIRST_TIME))
        return
    st.html(
        markup.notice(
            "There is nothing to search yet",
            [
                f"Put articles (.md, .txt, .html, .pdf, .docx) into the folder "
                f"{settings.corpus}, then run this where the program is:"
            ],
        )
    )
    st.code("python ingest.py", language=None)
    if may_keep(site) is Access.ALLOWED:
        site.link(Place.COLLECTION, "Or add them on the Collection page →")


@st.fragment(run_every="2s")
def _wait_for_articles(index: Path) -> None:
    """Draw the page anew when an ingest began, ended, or left something to search."""
    state = (ingest_running(index), generation_names(index))
    before = st.session_state.setdefault(_WAITING, state)
    if state != before:
        st.session_state[_WAITING] = state
        st.rerun()
