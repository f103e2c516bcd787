"""The search page: reads the question box, asks the engine, draws the answer."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import streamlit as st

from treatment_search.engine import Engine
from treatment_search.errors import (
    IndexNotBuilt,
    QuestionRefused,
    TreatmentSearchError,
)
from treatment_search.generations import ingest_running
from treatment_search.records import SearchResult, Verdict
from treatment_search.settings import Settings
from treatment_search.ui import markup

_HERE = Path(__file__).parent
_ADDRESS = "q"  # the question in the page's address
_BOX = "question"  # the question in the box
_SHOWN = "shown"  # the address that the box was last made the same as
_MOST_EXAMPLES = 4

_LEAD = "Ask in your own words. You get the passages that fit best, as they stand in the articles."
_FOOT = (
    "This page shows what the articles say. It is information, not medical advice, and it does "
    "not know you. If you are worried, ask a doctor; in an emergency, call the emergency number."
)


def draw_page(settings: Settings) -> None:
    """Draw the whole page for one run."""
    st.set_page_config(page_title="Treatment Search", page_icon="🔎", layout="centered")
    st.html(_HERE / "style.css")
    st.title("Treatment Search", anchor=False)
    st.html(f'<p class="ts-lead">{_LEAD}</p>')
    engine = _engine(settings.index)
    question = _question_box()
    try:
        if question:
            with st.spinner("Looking through the articles…"):
                result = engine.search(question)
            _draw_result(result)
        else:
            _draw_examples(engine)
        if ingest_running(settings.index):
            st.html(markup.notice("The articles are being updated", _UPDATING))
    except QuestionRefused as refusal:
        st.html(markup.notice("That question cannot be searched", [str(refusal)], role="alert"))
    except IndexNotBuilt:
        _draw_no_index(settings)
    except TreatmentSearchError as error:
        st.html(markup.notice("The search does not work right now", [str(error)], role="alert"))
    st.html(f'<p class="ts-foot">{_FOOT}</p>')


def _question_box() -> str:
    """Draw the box and keep it and the address the same, whichever of the two was changed.

    `bind="query-params"` replaces the address, so Back would leave the page; setting
    `st.query_params` adds a step to the browser's history.
    """
    address = st.query_params.get(_ADDRESS, "")
    if st.session_state.get(_SHOWN) != address:  # a link, a reload, or Back
        st.session_state[_BOX] = st.session_state[_SHOWN] = address
    return st.text_input(
        "What is bothering you, or what would you like to know?",
        key=_BOX,
        on_change=lambda: _ask(st.session_state[_BOX]),
        placeholder="For example: my heel hurts when I get out of bed",
    )


def _ask(question: str) -> None:
    st.session_state[_BOX] = st.session_state[_SHOWN] = question
    if question:
        st.query_params[_ADDRESS] = question
    else:
        st.query_params.clear()


_UPDATING = ["Answers come from the articles as they were before. New ones follow by themselves."]


@st.cache_resource(show_spinner=False)
def _engine(index: Path) -> Engine:
    """Return the one engine of this server; the model loads behind the first page."""
    engine = Engine(index)
    threading.Thread(target=_warm, args=(engine,), daemon=True).start()
    return engine


def _warm(engine: Engine) -> None:
    with suppress(TreatmentSearchError):  # the first question meets it again and shows it
        engine.warm()


def _draw_result(result: SearchResult) -> None:
    if result.verdict is Verdict.NOTHING:
        st.html(markup.notice("No article here covers this", _REPHRASE))
        return
    articles = len({hit.passage.passage.article_id for hit in result.hits})
    if result.repairs or result.also:
        st.html(markup.reading_line(result))
    st.html(markup.count_line(len(result.hits), articles, result.milliseconds / 1000))
    for hit in result.hits:
        st.html(markup.hit_card(hit))


_REPHRASE = [
    "That does not mean there is no answer; only that these articles do not have it.",
    "You could try other words: the part of the body, the name of a treatment, what it feels like.",
]


def _draw_examples(engine: Engine) -> None:
    examples = _examples(engine, engine.manifest.created)
    if not examples:
        return
    st.html('<h2 class="ts-count">Or try one of these</h2>')
    with st.container(horizontal=True):
        for example in examples:
            st.button(markup.label(example), on_click=_ask, args=(example,))


@st.cache_data(show_spinner=False, max_entries=4)
def _examples(_engine: Engine, generation_created: str) -> list[str]:
    """Return the shipped examples made of words this collection has, or else some of its titles."""
    shipped = (_HERE / "examples.txt").read_text("utf-8").splitlines()
    known = [question for question in shipped if _engine.knows_words_of(question)]
    return known[:_MOST_EXAMPLES] or _engine.titles(_MOST_EXAMPLES)


def _draw_no_index(settings: Settings) -> None:
    if ingest_running(settings.index):
        st.html(
            markup.notice(
                "The articles are being read for the first time",
                ["This takes a minute or two. Reload the page then."],
            )
        )
        return
    st.html(
        markup.notice(
            "There is nothing to search yet",
            [
                f"Put articles (.md, .txt, .html, .pdf, .docx) into the folder "
                f"{settings.corpus}, then run this where the program is, and reload the page:"
            ],
        )
    )
    st.code("python ingest.py", language=None)
