"""The answer to a question: how it was read, what it can be narrowed down by, and the results."""

from __future__ import annotations

import streamlit as st

from treatment_search.records import Facet, FacetValue, Role, SearchResult, Verdict
from treatment_search.ui import address, kept, markup
from treatment_search.ui.results import LIKE, draw_hits
from treatment_search.ui.site import Site

ASKED = "q"  # the question in the page's address
AS_TYPED = "typed"  # words of it that are searched as they were typed
BY_ARTICLE = "by"  # "articles" for one passage of each article
COUNT = "n"  # how many results are shown, when it is not _STEP
_STEP = 10
_MOST = 200

__all__ = ["ASKED", "LIKE", "ask", "draw_answer"]

_SHOW = ("Best passages", "Best articles")
_FACETS = {
    Facet.TREATMENT: "Treatment",
    Facet.CONDITION: "Condition",
    Facet.ROLE: "Part of the article",
    Facet.SOURCE: "Source",
}
_ROLES = {
    Role.ABOUT: "What it is",
    Role.HOW: "How it is done",
    Role.CAUTION: "Risks, and who should not",
    Role.DOCTOR: "When to see a doctor",
    Role.URGENT: "When to get help now",
    Role.EVIDENCE: "How well it works",
    Role.OTHER: "Other parts",
}
_REPHRASE = [
    "That does not mean there is no answer; only that these articles do not have it.",
    "You could try other words: the part of the body, the name of a treatment, what it feels like.",
]
_NOTHING_LEFT = ["There are results, but none is left by what you chose under “Narrow down”."]


def ask(question: str) -> None:
    """Make this the question; how results are shown is kept.

    What the last answer was narrowed by is not, but what was chosen before any question is.
    """
    kept: dict[str, tuple[str, ...]] = {BY_ARTICLE: address.every(BY_ARTICLE)}
    if not address.first(ASKED):
        kept |= {facet.value: values for facet, values in chosen_filters().items()}
    address.replace({ASKED: (question,), **kept} if question else {})


def chosen_filters() -> dict[Facet, tuple[str, ...]]:
    """Return what the address narrows an answer down by."""
    return {facet: chosen for facet in Facet if (chosen := address.every(facet))}


def draw_answer(site: Site, question: str) -> None:
    """Draw what the articles say to a question."""
    by_article = address.first(BY_ARTICLE) == "articles"
    filters = chosen_filters()
    with st.spinner("Looking through the articles…"):
        result = site.engine.search(
            question,
            _count(),
            as_typed=address.every(AS_TYPED),
            by_article=by_article,
            filters=filters,
            remember=not address.is_private(),
        )
    kept.keep_missed(site, result)
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
    st.html(markup.count_line(len(result.hits), result.passages, result.milliseconds / 1000))
    _draw_switch(by_article)
    _draw_filters(result.facets, filters)
    if not result.hits:
        st.html(markup.notice("Nothing is left", _NOTHING_LEFT))
    draw_hits(site, result.hits, question)
    if len(result.hits) < min(result.passages, _MOST):
        more = str(len(result.hits) + _STEP)
        st.button(f"Show {_STEP} more", on_click=address.change, args=(COUNT, more))


def _count() -> int:
    """Return how many results to show; an address that somebody changed is no reason to fail."""
    said = address.first(COUNT)
    return min(max(int(said), _STEP), _MOST) if said.isascii() and said.isdecimal() else _STEP


def _draw_reading(result: SearchResult) -> None:
    """Draw how the question was read, each change with a cross that undoes it."""
    changes = [(r.typed, f"{r.read_as} for {r.typed}") for r in result.repairs]
    changes += [(a.typed, f"{a.other} for {a.typed}") for a in result.also]
    if not changes:
        return
    st.html('<p class="ts-reading">Also searched (press to leave out):</p>')
    with st.container(horizontal=True):
        for number, (typed, said) in enumerate(changes):
            st.button(
                f"{markup.label(said)} ✕",
                key=f"as typed {number}",
                help="Leave this out",
                on_click=address.change,
                args=(AS_TYPED, *address.every(AS_TYPED), typed),
            )


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
        address.change(BY_ARTICLE, *(() if by_article else ("articles",)))
        st.rerun()


def _draw_filters(facets: tuple[FacetValue, ...], filters: dict[Facet, tuple[str, ...]]) -> None:
    """Draw what narrows the answer down, each choice with the number of passages it leaves."""
    chosen = sum(map(len, filters.values()))
    title = f"Narrow down ({chosen} chosen)" if chosen else "Narrow down"
    with st.expander(title, expanded=bool(chosen), key=f"narrow {bool(chosen)}"):
        for facet, name in _FACETS.items():
            counts = {value.value: value.passages for value in facets if value.facet is facet}
            if len(counts) > 1 or facet in filters:
                _draw_facet(facet, name, counts, filters.get(facet, ()))
        if chosen:
            st.button("Show everything again", on_click=clear_filters)


def _draw_facet(facet: Facet, name: str, counts: dict[str, int], chosen: tuple[str, ...]) -> None:
    key = f"filter {facet}"
    st.session_state[key] = list(dict.fromkeys(chosen))

    def shown(value: str) -> str:
        is_role = facet is Facet.ROLE and value in _ROLES
        text = _ROLES[Role(value)] if is_role else markup.plain(value)
        return f"{text} ({counts[value]})"

    st.multiselect(
        name,
        list(counts),
        format_func=shown,
        key=key,
        placeholder="All",
        filter_mode="contains",
        on_change=lambda: _filter(facet, st.session_state[key]),
    )


def _filter(facet: Facet, chosen: list[str]) -> None:
    address.replace({**address.values(), facet: tuple(chosen), COUNT: ()})


def clear_filters() -> None:
    """Take everything out of the address that narrows an answer down."""
    address.replace({**address.values(), **dict.fromkeys(Facet, ()), COUNT: ()})


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
        for number, topic in enumerate(result.topics):
            st.button(
                markup.label(topic.title),
                key=f"topic {number}",
                on_click=ask,
                args=(topic.title,),
            )
