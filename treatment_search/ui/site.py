"""What every page of the site is given: where things are, the engine, and the way to the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from treatment_search.address import IndexAddress
from treatment_search.engine import Engine
from treatment_search.errors import TreatmentSearchError
from treatment_search.settings import Settings


class Place(StrEnum):
    """A page of the site by its address; the search stands at the bare address."""

    SEARCH = ""
    TREATMENTS = "treatments"
    COMPARE = "compare"
    ARTICLE = "article"
    COLLECTION = "collection"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Site:
    """One run's view of the site; every page's function takes it."""

    settings: Settings
    engine: Engine
    pages: dict[Place, StreamlitPage] = field(default_factory=dict)

    def add(
        self,
        place: Place,
        draw: Callable[[Site], None],
        title: str,
        icon: str,
        *,
        hidden: bool = False,
    ) -> None:
        """Add a page; a hidden one is reached by links alone."""

        def run() -> None:
            draw(self)

        self.pages[place] = st.Page(
            run,
            title=title,
            icon=icon,
            url_path=place or None,
            default=not place,
            visibility="hidden" if hidden else "visible",
        )

    def link(self, place: Place, label: str, query: Mapping[str, str] | None = None) -> None:
        """Draw a link to a page of the site; `label` is Markdown (markup.label)."""
        st.page_link(self.pages[place], label=label, query_params=dict(query or {}))

    def go(self, place: Place, query: Mapping[str, str] | None = None) -> None:
        """Go to a page of the site at once."""
        st.switch_page(self.pages[place], query_params=dict(query or {}))


@st.cache_resource(show_spinner=False)
def engine_of(index: IndexAddress) -> Engine:
    """Return the one engine of this server; the model loads behind the first page."""
    engine = Engine(index)
    threading.Thread(target=_warm, args=(engine,), daemon=True).start()
    return engine


def _warm(engine: Engine) -> None:
    with suppress(TreatmentSearchError):  # the first question meets it again and shows it
        engine.warm()
