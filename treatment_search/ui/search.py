"""The search page: reads the question box, asks the engine, draws the answer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from treatment_search.engine import Engine
from treatment_search.records import SearchResult, StoredPassage, Verdict
from treatment_search.ui import markup
from treatment_search.ui.site import Site

_HERE = Path(__file__).parent
_ADDRESS = "q"  # the question in the page's address
_AS_TYPED = "typed"  # words of it that are searched as they were typed
_BY_ARTICLE = "by"  # "articles" for one passage of each article
_LIKE = "like"  # the passage that others are compared with: its article, @, where it begins
_BOX = "question"  # the question in the box
_SHOWN = "shown"  # the address that the box was last made the same as
_MOST_EXAMPLES = 4

_LEAD = "Ask in your own words. You get the passages that fit best, as they stand in the articles."


def draw_search(site: Site) -> None:
    """Draw the question box, and the answer to the question in the page's address."""
    st.title("Treatment Search", anchor=False)
    st.html(f'<p class="ts-lead">{_LEAD}</p>')
    question = _question_box()
    if _LIKE in st.query_params:
        _draw_similar(site.engine, st.query_params[_LIKE])
    elif question:
        _draw_answer(site.engine, question)
    else:
        _draw_examples(site.engine)


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
    kept = {_BY_ARTICLE: by} if (by := st.query_params.get(_BY_ARTICLE)) else {}
    st.query_params.from_dict({_ADDRESS: question, **kept} if question else {})


def _draw_answer(engine: Engine, question: str) -> None:
    as_typed = st.query_params.get_all(_AS_TYPED)
    by_article = st.query_params.get(_BY_ARTICLE) == "articles"
    with st.spinner("Looking through the articles…"):
        result = engine.search(question, as_typed=as_typed, by_article=by_article)
    for urgent in result.urgent:
        st.html(markup.urgent_card(urgent))
    _draw_reading(result)
    if result.language:
        st.html(markup.notice(*_language_notice(result)))
    if result.verdict is Verdict.NOTHING:
        if not result.language:
            st.html(markup.notice("No article here covers this", _REPHRASE))
        _draw_topics(result)
        return
    articles = len({hit.passage.passage.article_id for hit in result.hits})
    st.html(markup.count_line(len(result.hits), articles, result.milliseconds / 1000))
    _draw_switch(by_article)
    for hit in result.hits:
        st.html(markup.hit_card(hit))
        place = _place(hit.passage)
        st.button(
            "More like this",
            key=f"like {place}",
            type="tertiary",
            on_click=_set_address,
            args=(_LIKE, place),
        )


def _draw_reading(result: SearchResult) -> None:
    """Draw how the question was read, each change with a cross that undoes it."""
    changes = [(r.typed, f"{r.read_as} for {r.typed}") for r in result.repairs]
    changes += [(a.typed, f"{a.other} for {a.typed}") for a in result.also]
    if not changes:
        return
    st.html('<p class="ts-reading">Also searched (press to leave out):</p>')
    with st.container(horizontal=True):
        for typed, said in changes:
            st.button(
                f"{markup.label(said)} ✕",
                key=f"as typed {said}",
                help="Leave this out",
                on_click=_keep_as_typed,
                args=(typed,),
            )


def _keep_as_typed(word: str) -> None:
    kept = st.query_params.get_all(_AS_TYPED)
    st.query_params[_AS_TYPED] = [*kept, word]


def _draw_switch(by_article: bool) -> None:
    """Draw the choice between best passages and best articles; the address keeps it."""
    chosen = st.segmented_control(
        "Show",
        _SHOW,
        default=_SHOW[by_article],
        required=True,
        label_visibility="collapsed",
        key=f"show {by_article}",
    )
    if (chosen == _SHOW[True]) != by_article:
        _set_address(_BY_ARTICLE, None if by_article else "articles")
        st.rerun()


_SHOW = ("Best passages", "Best articles")


def _set_address(name: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _place(stored: StoredPassage) -> str:
    return f"{stored.passage.article_id}@{stored.passage.start}"


def _draw_similar(engine: Engine, place: str) -> None:
    """Draw the passages of other articles that are nearest to one."""
    article_id, _, start = place.rpartition("@")
    found = engine.similar(article_id, int(start)) if start.isdecimal() else []
    st.button("Back to the results", on_click=_set_address, args=(_LIKE, None))
    article = engine.article(article_id)
    if article is None or not found:
        st.html(markup.notice("Nothing like it here", _NOTHING_LIKE))
        return
    st.html(markup.heading(f"Like the passage from “{article.title}”"))
    for stored in found:
        st.html(markup.passage_card(stored))


_NOTHING_LIKE = ["That passage is not in the articles any more, or no other article is like it."]


def _language_notice(result: SearchResult) -> tuple[str, list[str]]:
    name = result.language.name if result.language else ""
    title = f"This looks like {name}"
    if result.hits:
        return title, ["Some articles here are in it. They are searched by their words alone."]
    return title, ["This search cannot read it. Please ask in the language of the articles."]


def _draw_topics(result: SearchResult) -> None:
    if not result.topics:
        return
    st.html(markup.heading("The articles nearest to it"))
    with st.container(horizontal=True):
        for topic in result.topics:
            st.button(
                markup.label(topic.title),
                key=f"topic {topic.article_id}",
                on_click=_ask,
                args=(topic.title,),
            )


_REPHRASE = [
    "That does not mean there is no answer; only that these articles do not have it.",
    "You could try other words: the part of the body, the name of a treatment, what it feels like.",
]


def _draw_examples(engine: Engine) -> None:
    examples = _examples(engine, engine.manifest.created)
    if not examples:
        return
    st.html(markup.heading("Or try one of these"))
    with st.container(horizontal=True):
        for example in examples:
            st.button(markup.label(example), on_click=_ask, args=(example,))


@st.cache_data(show_spinner=False, max_entries=4)
def _examples(_engine: Engine, generation_created: str) -> list[str]:
    """Return the shipped examples made of words this collection has, or else some of its titles."""
    shipped = (_HERE / "examples.txt").read_text("utf-8").splitlines()
    known = [question for question in shipped if _engine.knows_words_of(question)]
    return known[:_MOST_EXAMPLES] or _engine.titles(_MOST_EXAMPLES)
