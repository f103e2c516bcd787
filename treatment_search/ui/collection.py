"""The keeper's page: the files and what the search has of them, ingest, and earlier states."""

from __future__ import annotations

import streamlit as st

from treatment_search.access import Access
from treatment_search.ui import markup
from treatment_search.ui.collection_files import ask_empty_trash, draw_files, draw_trash
from treatment_search.ui.collection_history import ask_roll_back, draw_history
from treatment_search.ui.collection_state import Question, asked, collection_of, job_of
from treatment_search.ui.collection_upload import ask_replace, draw_upload
from treatment_search.ui.ingest_panel import draw_ingest
from treatment_search.ui.keeper_access import draw_refusal, draw_sign_out, may_keep
from treatment_search.ui.site import Site

_LEAD = (
    "The articles behind the search. Add files or take some out, see what would happen, then "
    "update the search. People can go on searching all the while."
)
_DIALOGS = {
    Question.REPLACE: ask_replace,
    Question.EMPTY_TRASH: ask_empty_trash,
    Question.ROLL_BACK: ask_roll_back,
}


def draw_collection(site: Site) -> None:
    """Draw the page for who may change the articles, and for others why they may not."""
    st.title("Collection", anchor=False)
    access = may_keep(site)
    if access is not Access.ALLOWED:
        draw_refusal(access)
        return
    st.html(f'<p class="ts-lead ts-collection">{_LEAD}</p>')
    draw_sign_out()
    job = job_of(site)
    collection = collection_of(site)
    if collection.problem:
        lines = [collection.problem, "An update of the search below mends it."]
        st.html(markup.notice("The search cannot be compared with the files", lines))
    draw_ingest(job, collection)
    draw_upload(site)
    draw_files(site, collection, job.state.report)
    draw_trash(site)
    draw_history(site, job)
    if question := asked():
        _DIALOGS[question](site)
