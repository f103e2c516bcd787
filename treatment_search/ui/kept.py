"""What a visit leaves behind where the owner keeps questions: those without a good answer."""

from __future__ import annotations

import logging

import streamlit as st

from treatment_search import asked
from treatment_search.question_groups import missed, question_key
from treatment_search.records import Facet, SearchResult
from treatment_search.ui import address
from treatment_search.ui.site import Site

_SEEN = "questions of this visit that are not to be kept again"
_PRIVATE = "questions of this visit that are private"
_NOTE = (
    "Questions without a good answer, and thumbs, are kept on the machine that runs this search, "
    "with nothing about you. The switch above keeps your question out of it."
)

_log = logging.getLogger(__name__)


def draw_note(site: Site) -> None:
    """Draw that questions are kept, where they are."""
    if asked.is_on(site.settings):
        st.html(f'<p class="ts-kept-note">{_NOTE}</p>')


def keep_missed(site: Site, result: SearchResult) -> None:
    """Keep a question without a good answer, once a visit, unless it was ever asked in private."""
    key = question_key(result.question)
    if address.is_private():
        _noted(_PRIVATE).add(key)  # it stays so when it goes back into the address
    miss = missed(result, is_narrowed=any(map(address.every, Facet)))
    if miss is None or is_private(key) or not asked.is_on(site.settings) or key in _noted(_SEEN):
        return
    _noted(_SEEN).add(key)
    try:
        asked.keep_question(site.settings.index, result.question, miss)
    except OSError as error:
        warn(error)


def is_private(key: str) -> bool:
    """Return whether a question (question_key) was asked in private at some time of this visit."""
    return address.is_private() or key in _noted(_PRIVATE)


def leave_out(texts: list[str]) -> None:
    """Do not keep these when they are asked: their keeper only looks what they find now."""
    _noted(_SEEN).update(map(question_key, texts))


def warn(error: OSError) -> None:
    """Tell whoever runs the server that something could not be kept; the visitor's page goes on."""
    _log.warning("a question or a thumb could not be kept: %s", error)


def _noted(name: str) -> set[str]:
    noted: set[str] = st.session_state.setdefault(name, set())
    return noted
