"""Files that a keeper adds: dropped onto the page, put into corpus/, and never over another."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from treatment_search import keeping
from treatment_search.errors import CorpusProblem, NameTaken
from treatment_search.reading import MOST_ARCHIVE_BYTES
from treatment_search.reporting import error_line
from treatment_search.ui import collection_markup, markup
from treatment_search.ui.collection_state import Part, Question, answered, ask, draw_said, say
from treatment_search.ui.site import Site

_TIMES = "uploads done"
_TAKEN = "uploads with a taken name"
_LABEL = "Drop files here: Markdown, text, saved web pages, PDF, Word, or a .zip of them"


def draw_upload(site: Site) -> None:
    """Draw where files are dropped, and what became of the last ones."""
    st.html(markup.heading("Add files"))
    draw_said(Part.UPLOAD)
    times = st.session_state.setdefault(_TIMES, 0)
    chosen = st.file_uploader(
        _LABEL,
        accept_multiple_files=True,
        key=f"upload {times}",  # another key is an empty box
        max_upload_size=-(-MOST_ARCHIVE_BYTES // 1_000_000),
    )
    st.button(
        f"Add {collection_markup.counted(len(chosen), 'file')}" if chosen else "Add files",
        key="add",
        type="primary",
        disabled=not chosen,
        on_click=_add_all,
        args=(site, chosen),
    )


def _add_all(site: Site, files: Sequence[UploadedFile]) -> None:
    st.session_state[_TIMES] += 1
    taken = _add(site, files, replace=False)
    if taken:
        st.session_state[_TAKEN] = taken
        ask(Question.REPLACE)


def _add(site: Site, files: Sequence[UploadedFile], *, replace: bool) -> list[UploadedFile]:
    """Add files, say what became of them, and return those whose name is taken."""
    added, refused, taken = [], [], []
    for file in files:
        try:
            added.append(
                keeping.add(site.settings.corpus, file.name, file.getvalue(), replace=replace)
            )
        except NameTaken:
            taken.append(file)
        except (CorpusProblem, OSError) as error:
            refused.append(f"{file.name}: {error_line(error)}")
    names = [f"{name} is in the folder now" for name in added]
    count = collection_markup.counted(len(added), "file")
    title = f"{count} {'replaced' if replace else 'added'}"
    if refused:
        title += f", {len(refused):,} not"
    if added or refused:
        say(Part.UPLOAD, title, [*refused, *names])
    return taken


@st.dialog("Replace these files?", on_dismiss=answered)
def ask_replace(site: Site) -> None:
    """Ask before files take the place of others."""
    files: list[UploadedFile] = st.session_state.get(_TAKEN, [])
    st.html(collection_markup.plain_list([file.name for file in files]))
    st.markdown("There are files with these names. The old ones go to the trash.")
    with st.container(horizontal=True):
        if st.button("Keep the old ones"):
            answered()
            st.rerun()
        if st.button("Replace them", key="replace"):
            _add(site, files, replace=True)
            answered()
            st.rerun()
