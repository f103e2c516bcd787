"""One result, with the ways on from it; and the passages that are like one."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from treatment_search.records import Hit, StoredPassage
from treatment_search.ui import address, markup
from treatment_search.ui.site import Place, Site
from treatment_search.ui.thumbs import draw_thumbs

LIKE = "like"  # the passage that others are compared with: its article, @, where it begins
_MOST_ALSO = 5
_NOTHING_LIKE = ["That passage is not in the articles any more, or no other article is like it."]


def draw_hit(site: Site, hit: Hit, question: str) -> None:
    """Draw one result, with what is like it and the way into its article."""
    place = _place(hit.passage)
    st.html(markup.hit_card(hit, _href(site, hit.passage, question), _also(site, hit)))
    with st.container(horizontal=True, vertical_alignment="center", key=f"on from {hit.rank}"):
        _link(site, hit.passage, question)
        st.button(
            "More like this",
            key=f"like {place}",
            type="tertiary",
            on_click=address.change,
            args=(LIKE, place),
        )
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
    for stored in found:
        st.html(markup.passage_card(stored, _href(site, stored, "")))
        with st.container(key=f"on from {_place(stored)}"):
            _link(site, stored, "")


def _place(stored: StoredPassage) -> str:
    return f"{stored.passage.article_id}@{stored.passage.start}"


def _query(stored: StoredPassage, question: str) -> dict[str, str]:
    """Return the address of a passage in the reading view; a private question stays out of it."""
    passage = stored.passage
    query = {"id": passage.article_id, "at": str(passage.start), "end": str(passage.end)}
    return query if address.is_private() or not question else {**query, "q": question}


def _href(site: Site, stored: StoredPassage, question: str) -> str | None:
    """Return where a heading leads. It loads the page anew, which would forget a private visit."""
    if Place.ARTICLE not in site.pages or address.is_private():
        return None
    return f"{Place.ARTICLE}?{urlencode(_query(stored, question))}"


def _link(site: Site, stored: StoredPassage, question: str) -> None:
    if Place.ARTICLE in site.pages:
        site.link(Place.ARTICLE, "Read in the article", _query(stored, question))


def _also(site: Site, hit: Hit) -> list[str]:
    """Return the titles of other articles that say the same."""
    found = (site.engine.article(article_id) for article_id in hit.also_in[:_MOST_ALSO])
    return [article.title for article in found if article]
