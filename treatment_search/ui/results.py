"""One result, with the ways on from it; and the passages that are like one."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from treatment_search.records import Hit, StoredPassage
from treatment_search.ui import address, markup
from treatment_search.ui.site import Place, Site
from treatment_search.ui.thumbs import draw_thumbs, takes_thumbs

LIKE = "like"  # the passage that others are compared with: its article, @, where it begins
_MOST_ALSO = 5
_NOTHING_LIKE = ["That passage is not in the articles any more, or no other article is like it."]


def draw_hits(site: Site, hits: Sequence[Hit], question: str) -> None:
    """Draw results in order, each with what is like it and the way into its article."""
    private, thumbs = address.is_private(), takes_thumbs(site, question)
    for hit in hits:
        _draw_hit(site, hit, question, private=private, thumbs=thumbs)


def _draw_hit(site: Site, hit: Hit, question: str, *, private: bool, thumbs: bool) -> None:
    query = _query(hit.passage, "" if private else question)
    st.html(markup.hit_card(hit, None if private else _href(query), _also(site, hit)))
    with st.container(horizontal=True, vertical_alignment="center", key=f"on from {hit.rank}"):
        _link(site, query)
        st.button(
            "More like this",
            key=f"like {hit.rank}",  # Streamlit keeps every key that a visit ever drew
            type="tertiary",
            on_click=address.change,
            args=(LIKE, _place(hit.passage)),
        )
        if thumbs:
            draw_thumbs(site, hit, question)


def draw_similar(site: Site, place: str) -> None:
    """Draw the passages of other articles that are nearest to one."""
    article_id, _, start = place.rpartition("@")
    is_place = start.isascii() and start.isdecimal() and len(start) < 10
    found = site.engine.similar(article_id, int(start)) if is_place else []
    st.button("Back to the results", on_click=address.change, args=(LIKE,))
    article = site.engine.article(article_id)
    if article is None or not found:
        st.html(markup.notice("Nothing like it here", _NOTHING_LIKE))
        return
    st.html(markup.heading("Like the passage from", article.title))
    private = address.is_private()
    for stored in found:
        query = _query(stored)
        st.html(markup.passage_card(stored, None if private else _href(query)))
        with st.container(key=f"on from {_place(stored)}"):
            _link(site, query)


def _place(stored: StoredPassage) -> str:
    return f"{stored.passage.article_id}@{stored.passage.start}"


def _query(stored: StoredPassage, question: str = "") -> dict[str, str]:
    """Return the address of a passage in the reading view, with what was asked."""
    passage = stored.passage
    query = {"id": passage.article_id, "at": str(passage.start), "end": str(passage.end)}
    return {**query, "q": question} if question else query


def _href(query: dict[str, str]) -> str:
    """Return where a heading leads. It loads the page anew, which would forget a private visit."""
    return f"{Place.ARTICLE}?{urlencode(query)}"


def _link(site: Site, query: dict[str, str]) -> None:
    site.link(Place.ARTICLE, "Read in the article", query)


def _also(site: Site, hit: Hit) -> list[str]:
    """Return the titles of other articles that say the same."""
    found = (site.engine.article(article_id) for article_id in hit.also_in[:_MOST_ALSO])
    return [article.title for article in found if article]
