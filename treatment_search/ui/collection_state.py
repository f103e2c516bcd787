"""What the parts of the keeper's page share: the one job, the collection, what was said last."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import streamlit as st

from treatment_search.address import ClusterAddress
from treatment_search.collection import Collection, fingerprint, look_at
from treatment_search.ingest_job import IngestJob
from treatment_search.ui import markup
from treatment_search.ui.site import Site

_ASKED = "collection question"
_SAID = "collection said"


class Part(StrEnum):
    """A part of the page that answers to what was done in it."""

    UPLOAD = "upload"
    FILES = "files"
    TRASH = "trash"
    HISTORY = "history"


class Question(StrEnum):
    """What the page asks before it goes on; a page shows one dialog at a time."""

    REPLACE = "replace"
    EMPTY_TRASH = "empty trash"
    ROLL_BACK = "roll back"


def job_of(site: Site) -> IngestJob:
    """Return the one ingest job of this server."""
    settings = site.settings
    return _job(settings.corpus, settings.index, settings.cluster)


@st.cache_resource(show_spinner=False)
def _job(corpus: Path, index: Path, cluster: ClusterAddress | None) -> IngestJob:
    return IngestJob(corpus, index, cluster=cluster)


def collection_of(site: Site) -> Collection:
    """Return the collection as it is now; the files are read again only when one has changed."""
    corpus, index = site.settings.corpus, site.settings.index
    return _looked_at(corpus, index, fingerprint(corpus, index))


@st.cache_resource(show_spinner="Looking through the files…", max_entries=2)
def _looked_at(corpus: Path, index: Path, seen: str) -> Collection:
    return look_at(corpus, index)


def say(part: Part, title: str, lines: Sequence[str] = ()) -> None:
    """Keep what was done for `draw_said`, until something else is done."""
    st.session_state[_SAID] = (part, title, tuple(lines))


def draw_said(part: Part) -> bool:
    """Draw what was done in this part, and return whether that was what was done last."""
    where, title, lines = st.session_state.get(_SAID, (None, "", ()))
    if where is not part:
        return False
    st.html(markup.notice(title, lines))
    return True


def ask(question: Question) -> None:
    """Let the page open a dialog."""
    st.session_state[_ASKED] = question


def asked() -> Question | None:
    """Return what is being asked."""
    return st.session_state.get(_ASKED)


def answered() -> None:
    """Let the page close its dialog."""
    st.session_state.pop(_ASKED, None)
