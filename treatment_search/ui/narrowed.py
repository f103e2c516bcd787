"""What a search is narrowed down to before anything is asked: a cell of the map of treatments."""

from __future__ import annotations

import streamlit as st

from treatment_search.records import Facet, Filters
from treatment_search.treatments import entries_under
from treatment_search.ui import markup
from treatment_search.ui.answer import clear_filters
from treatment_search.ui.site import Site
from treatment_search.ui.treatments import mapped
from treatment_search.ui.treatments_markup import article_list

_NOTHING = ["No article is about this any more. Search in everything instead."]


def draw_narrowed(site: Site, filters: Filters) -> None:
    """Draw the articles that the next question will be searched in."""
    _, entries = mapped(site.engine, site.engine.manifest.created)
    found = entries_under(entries, filters)
    names = [name for facet in Facet for name in filters.get(facet, ())[:1]]
    st.html(markup.heading(f"Ask about {' and '.join(map(markup.plain, names))}"))
    if found:
        st.html(markup.text_line("Your question is searched in these articles, and in no others:"))
        st.html(article_list(found))
    else:
        st.html(markup.notice("Nothing is left", _NOTHING))
    st.button("Search in everything", on_click=clear_filters)
