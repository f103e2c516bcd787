"""The states of the search that are on the disk, and the way back to the one before."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from treatment_search import publishing
from treatment_search.errors import IndexProblem
from treatment_search.generations import previous_name
from treatment_search.ingest_job import IngestJob
from treatment_search.progress import Silence
from treatment_search.reporting import error_line
from treatment_search.serving import publish_to
from treatment_search.status import generations_on_disk, published_last
from treatment_search.ui import collection_markup, markup
from treatment_search.ui.collection_state import Part, Question, answered, ask, draw_said, say
from treatment_search.ui.site import Site


def draw_history(site: Site, job: IngestJob) -> None:
    """Draw what answers now, what was before, and the last updates."""
    index = site.settings.index
    states = generations_on_disk(index)
    if not states:
        return
    st.html(markup.heading("States of the search"))
    draw_said(Part.HISTORY)
    st.html(collection_markup.generation_list(states))
    if _before(index):
        st.button(
            "Go back to the state before",
            key="roll back",
            disabled=job.state.is_running,
            on_click=ask,
            args=(Question.ROLL_BACK,),
        )
    st.html(collection_markup.published_table(published_last(index)))


def _before(index: Path) -> str | None:
    """Return the generation that a rollback would make live."""
    try:
        name = previous_name(index)
    except IndexProblem:
        return None
    return name if name and (index / name).is_dir() else None


@st.dialog("Go back to the state before?", on_dismiss=answered)
def ask_roll_back(site: Site) -> None:
    """Ask before an earlier state answers."""
    before = _before(site.settings.index)
    state = next(
        (s for s in generations_on_disk(site.settings.index) if s.generation == before), None
    )
    if state and state.created:
        moment = collection_markup.when(state.created)
        articles = collection_markup.counted(state.articles or 0, "article")
        st.markdown(f"Questions are then answered as on {moment}, from {articles}.")
    st.markdown("The files stay as they are. The next update makes the search follow them again.")
    with st.container(horizontal=True):
        if st.button("Stay here"):
            answered()
            st.rerun()
        if st.button("Go back", key="confirm roll back"):
            _roll_back(site)
            answered()
            st.rerun()


def _roll_back(site: Site) -> None:
    try:
        generation = publishing.roll_back(site.settings.index)
        if site.settings.cluster:
            publish_to(site.settings.cluster, site.settings.index, Silence())
    except (IndexProblem, OSError) as error:
        say(Part.HISTORY, "That did not work", [error_line(error)])
    else:
        created = collection_markup.when(generation.manifest.created)
        say(Part.HISTORY, "An earlier state answers now", [f"It was made on {created}."])
