"""The ingest on the keeper's page: what changed, a dry run, progress, the report, the question."""

from __future__ import annotations

import time

import streamlit as st

from treatment_search.collection import Collection
from treatment_search.ingest_job import IngestJob, JobState, Phase
from treatment_search.ui import collection_markup, markup

_UPDATE = "Update the search"
_PREVIEW = "What would happen"
_STOPPED = ["The search is as it was. The next update goes on from there."]


def draw_ingest(job: IngestJob, collection: Collection) -> None:
    """Draw what changed and the two ways to go on, and below them the job."""
    state = job.state
    _draw_changes(collection)
    is_off = state.is_running or not collection.entries
    with st.container(horizontal=True):
        st.button(_PREVIEW, disabled=is_off, on_click=_start, args=(job,), kwargs={"dry_run": True})
        st.button(_UPDATE, disabled=is_off, on_click=_start, args=(job,), type="primary")
    # A job may be begun from another window, which an idle page looks for less often.
    every = "1s" if state.is_running else "5s"
    st.fragment(_draw_job, run_every=every)(job, state.number, state.phase)


def _start(job: IngestJob, *, dry_run: bool = False, allow_removal: bool = False) -> None:
    job.start(dry_run=dry_run, allow_removal=allow_removal)  # another window may have been quicker


def _draw_changes(collection: Collection) -> None:
    st.html(markup.heading("Since the last update"))
    if collection.has_changed:
        told = collection_markup.changes_line(collection.counts)
        line = f"{told}. The search does not know of it yet."
    elif collection.entries:
        line = "Nothing has changed. The search has the files as they are."
    else:
        line = "There are no files yet. Add some below."
    st.html(f'<p class="ts-changes" role="status">{markup.escaped(line)}</p>')


def _draw_job(job: IngestJob, number: int, phase: Phase) -> None:
    state = job.state
    if (state.number, state.phase) != (number, phase):
        st.rerun()
    if state.phase is Phase.RUNNING:
        _draw_progress(job, state)
    elif state.report:
        st.html(collection_markup.report_card(state.report))
    elif state.phase is Phase.ASKS:
        _draw_question(job, state)
    elif state.error:
        title = "That could not be looked up" if state.dry_run else "The update did not work"
        st.html(markup.notice(title, [state.error], role="alert"))
    elif state.phase is Phase.STOPPED:
        st.html(markup.notice("The update was stopped", _STOPPED))


def _draw_progress(job: IngestJob, state: JobState) -> None:
    doing = "Looking what would happen" if state.dry_run else "Updating the search"
    st.html(f'<p class="ts-doing">{doing}</p>')
    line = collection_markup.stage_line(state, time.monotonic())
    st.progress(min(1.0, state.done / state.total) if state.total else 0.0, markup.label(line))
    stopping = job.is_stopping
    named = "Stopping…" if stopping else "Stop"
    st.button(named, key="stop", disabled=stopping, on_click=job.stop)


def _draw_question(job: IngestJob, state: JobState) -> None:
    count = len(state.gone)
    title = (
        "1 article is gone. Remove it from the search?"
        if count == 1
        else f"{count:,} articles are gone. Remove them from the search?"
    )
    lines = [
        "That is more than a fifth of all. If a disk or a folder is missing, bring it back first "
        "and try again: the search still has them."
    ]
    st.html(markup.notice(title, lines, role="alert"))
    st.html(collection_markup.plain_list(state.gone))
    with st.container(horizontal=True):
        st.button("Keep them in the search", on_click=job.forget, type="primary")
        st.button(
            "Show what would happen without them" if state.dry_run else "Remove them",
            key="allow removal",
            on_click=_start,
            args=(job,),
            kwargs={"dry_run": state.dry_run, "allow_removal": True},
        )
