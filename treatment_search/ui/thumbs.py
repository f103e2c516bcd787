"""A thumb up or down on a result, where the owner keeps them."""

from __future__ import annotations

from secrets import token_hex

import streamlit as st

from treatment_search import asked
from treatment_search.judged import passage_digest
from treatment_search.question_groups import question_key
from treatment_search.records import Hit, Passage
from treatment_search.ui import kept
from treatment_search.ui.site import Site

_VOTES = "thumbs given in this visit"


def takes_thumbs(site: Site, question: str) -> bool:
    """Return whether thumbs are kept, which those on a private question never are."""
    return asked.is_on(site.settings) and not kept.is_private(question_key(question))


def draw_thumbs(site: Site, hit: Hit, question: str) -> None:
    """Draw a thumb up and a thumb down; the last one that a visit gives to a passage holds."""
    _draw(site, hit.rank, hit.passage.passage, " ".join(question.split()))


@st.fragment
def _draw(site: Site, rank: int, passage: Passage, question: str) -> None:
    place = f"{question_key(question)}\n{passage.article_id}\n{passage.start}"
    votes: dict[str, tuple[str, int | None]] = st.session_state.setdefault(_VOTES, {})
    vote, before = votes.get(place, (token_hex(8), None))
    key = f"thumb {rank}"  # of the place, for Streamlit keeps every key that a visit ever drew
    st.session_state[key] = before

    def keep() -> None:
        grade = st.session_state[key]
        votes[place] = vote, grade
        digest = passage_digest(passage)
        try:
            asked.keep_thumb(
                site.settings.index,
                vote,
                question,
                passage.article_id,
                passage.start,
                digest,
                grade,
            )
        except OSError as error:
            kept.warn(error)

    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.html('<p class="ts-thumbs">Did this help?</p>', width="content")
        st.feedback("thumbs", key=key, on_change=keep)
