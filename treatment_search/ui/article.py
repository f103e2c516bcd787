"""The reading view: one article whole, opened at a passage of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from treatment_search.errors import QuestionRefused
from treatment_search.records import Article, Band, Hit, Span
from treatment_search.ui import article_markup, markup
from treatment_search.ui.article_markup import Mark
from treatment_search.ui.site import Place, Site

_ID, _AT, _END, _QUESTION = "id", "at", "end", "q"
_AS_TYPED = "typed"
_MOST_MATCHES = 5

# The page is drawn after its address is read, so the browser has nothing to scroll to when it
# looks for the address's #fragment. This runs when the passage is there; it holds no data but
# the offset, without which two passages of an article would look like one unchanged element.
_OPEN = """<script data-at="{at}">
requestAnimationFrame(() => requestAnimationFrame(() => {{
  const passage = document.getElementById("{anchor}");
  passage?.scrollIntoView({{block: "start"}});
  passage?.focus({{preventScroll: true}});
}}));
</script>"""

_GONE = [
    "The articles may have been updated since the link was made.",
    "Search again to see what is here now.",
]
_NO_PLACE = [
    "The article may have changed since the link was made. Here it is from its beginning.",
]


def draw_article(site: Site) -> None:
    """Draw the article that the address names, at the passage it names."""
    article_id = st.query_params.get(_ID, "")
    question = st.query_params.get(_QUESTION, "").strip()
    _draw_way_back(site, question)
    article = site.engine.article(article_id)
    if article is None:
        st.html(markup.notice("That article is not here any more", _GONE))
        return
    passage = _passage(site, article)
    hits = _matches(site, article_id, question)
    st.html(article_markup.article_head(article))
    if passage is None and _AT in st.query_params:
        st.html(markup.notice("That passage is not in the article any more", _NO_PLACE))
    top = article_markup.help_box(site.engine.help_of(article_id))
    top += article_markup.contents(article) + article_markup.match_line(len(hits))
    if top:
        st.html(top)
    starts = sorted(hit.passage.passage.start for hit in hits)
    points = list(article_markup.match_points(starts))
    if passage:
        points.insert(0, article_markup.passage_point(passage[0]))
    st.html(article_markup.article_html(article, _marks(passage, hits), points))
    if passage:
        script = _OPEN.format(at=passage[0], anchor=article_markup.PASSAGE_ANCHOR)
        st.html(script, unsafe_allow_javascript=True)


def _draw_way_back(site: Site, question: str) -> None:
    """Draw the link to the results, with all that the search keeps in its address."""
    kept = {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name not in (_ID, _AT, _END)
    }
    said = "← Back to the results" if question else "← Search"
    st.page_link(site.pages[Place.SEARCH], label=said, query_params=kept)


def _passage(site: Site, article: Article) -> Span | None:
    """Return the stretch that the address names, or None when no passage begins there.

    Without an end, or with one that cannot be, it is the passage's own.
    """
    at, end = st.query_params.get(_AT, ""), st.query_params.get(_END, "")
    if not at.isdecimal():
        return None
    passages = (stored.passage for stored in site.engine.passages_of(article.article_id))
    found = next((one for one in passages if one.start == int(at)), None)
    if found is None:
        return None
    given = int(end) if end.isdecimal() else 0
    return found.start, given if found.start < given <= len(article.text) else found.end


def _matches(site: Site, article_id: str, question: str) -> list[Hit]:
    """Return the passages of the article that surely or possibly match the question."""
    if not question:
        return []
    as_typed = st.query_params.get_all(_AS_TYPED)
    try:
        with st.spinner("Looking for your question in the article…"):
            hits = site.engine.matches_in(article_id, question, _MOST_MATCHES, as_typed=as_typed)
    except QuestionRefused:  # the article can be read all the same
        return []
    return [hit for hit in hits if hit.band is not Band.WEAK]


def _marks(passage: Span | None, hits: Sequence[Hit]) -> list[Mark]:
    """Return what stands out: the passage, the best sentence of each match, the other matches."""
    marks = [Mark(passage, "ts-here")] if passage else []
    for hit in hits:
        start, end = hit.passage.passage.start, hit.passage.passage.end
        if not passage or start != passage[0]:
            marks.append(Mark((start, end), "ts-other"))
        if hit.sentence:
            first, last = hit.sentence
            marks.append(Mark((start + first, start + last), "ts-sentence"))
    return marks
