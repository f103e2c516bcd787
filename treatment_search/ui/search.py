"""The search page: the question box, and under it examples, an answer, or similar passages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from treatment_search.engine import Engine
from treatment_search.suggestions import suggestions
from treatment_search.ui import address, kept, markup
from treatment_search.ui.answer import ASKED, LIKE, ask, chosen_filters, draw_answer
from treatment_search.ui.narrowed import draw_narrowed
from treatment_search.ui.results import draw_similar
from treatment_search.ui.site import Site

_HERE = Path(__file__).parent
_BOX = "question"  # the question in the box
_SHOWN = "shown"  # the question that the box was last made the same as
_PRIVATE = "keep private"
_MOST_EXAMPLES = 4

_LEAD = "Ask in your own words. You get the passages that fit best, as they stand in the articles."
_LABEL = "What is bothering you, or what would you like to know?"


def draw_search(site: Site) -> None:
    """Draw the question box, and the answer to the question that the address holds."""
    st.title("Treatment Search", anchor=False)
    st.html(f'<p class="ts-lead">{_LEAD}</p>')
    question = _question_box(site.engine)
    kept.draw_note(site)
    if like := address.first(LIKE):
        draw_similar(site, like)
    elif question:
        draw_answer(site, question)
    elif filters := chosen_filters():
        draw_narrowed(site, filters)
    else:
        _draw_examples(site.engine)


def _question_box(engine: Engine) -> str:
    """Draw the box and keep it and the address the same, whichever of the two was changed."""
    asked = address.first(ASKED)
    if st.session_state.get(_SHOWN) != asked:  # a link, a reload, or Back
        st.session_state[_BOX] = st.session_state[_SHOWN] = asked
    st.session_state[_PRIVATE] = address.is_private()
    with st.container(key="ask", gap="small"):
        question = st.text_input(
            _LABEL,
            key=_BOX,
            type="search",
            on_change=_ask_typed,
            placeholder="For example: my heel hurts when I get out of bed",
            autocomplete="off",
        )
        st.toggle(
            "Keep my question out of the page’s address and the browser’s history",
            key=_PRIVATE,
            on_change=lambda: address.keep_private(st.session_state[_PRIVATE]),
        )
        st.html(_fittings(engine, engine.manifest.created), unsafe_allow_javascript=True)
    return question or ""


def _ask_typed() -> None:
    question = st.session_state[_BOX] or ""
    st.session_state[_SHOWN] = question
    ask(question)


@st.cache_data(show_spinner=False, max_entries=4)
def _fittings(_engine: Engine, generation_created: str) -> str:
    """Return what the box suggests, and the script that gives it to the box.

    The browser chooses among the suggestions, so nothing is sent before the question is asked.
    """
    offered = markup.datalist("ts-suggestions", suggestions(_engine.catalogue()))
    return f"{offered}<script>{(_HERE / 'box.js').read_text('utf-8')}</script>"


def _draw_examples(engine: Engine) -> None:
    examples = _examples(engine, engine.manifest.created)
    if not examples:
        return
    st.html(markup.heading("Or try one of these"))
    with st.container(horizontal=True):
        for example in examples:
            st.button(markup.label(example), on_click=ask, args=(example,))


@st.cache_data(show_spinner=False, max_entries=4)
def _examples(_engine: Engine, generation_created: str) -> list[str]:
    """Return the shipped examples made of words this collection has, or else some of its titles."""
    shipped = (_HERE / "examples.txt").read_text("utf-8").splitlines()
    known = [question for question in shipped if _engine.knows_words_of(question)]
    return known[:_MOST_EXAMPLES] or _engine.titles(_MOST_EXAMPLES)
