"""Treatments side by side, in the words of their own articles."""

from __future__ import annotations

import streamlit as st

from treatment_search.comparing import compared
from treatment_search.engine import Engine
from treatment_search.subjects import name_key
from treatment_search.treatments import TreatmentMap
from treatment_search.ui import markup, treatments_markup
from treatment_search.ui.site import Place, Site
from treatment_search.ui.treatments import mapped
from treatment_search.ui.treatments_markup import Compared

_TREATMENT = "t"
_MOST = 3
_BOX, _SHOWN = "compared", "compared shown"
_LEAD = "Each box is what an article says, word for word. The link below it leads to the rest."


def draw_compare(site: Site) -> None:
    """Draw the treatments that the address names side by side, and what to choose them with."""
    found, _ = mapped(site.engine, site.engine.manifest.created)
    site.link(Place.TREATMENTS, "← All treatments")
    st.title("Compare treatments", anchor=False)
    st.html(f'<p class="ts-lead ts-wide">{_LEAD}</p>')
    if not found.treatments:
        st.html(markup.notice("No article here names a treatment", ["So none can be compared."]))
        return
    asked = list(dict.fromkeys(st.query_params.get_all(_TREATMENT)))
    places = {name_key(name.shown): place for place, name in enumerate(found.treatments)}
    known = list(dict.fromkeys(places[name_key(n)] for n in asked if name_key(n) in places))
    _draw_choice(found, known[:_MOST])
    if missing := [name for name in asked if name_key(name) not in places]:
        lines = [
            f"“{markup.shortened(name)}” is not among the treatments here."
            for name in missing[:_MOST]
        ]
        st.html(markup.notice("Not found", lines))
    if len(known) > _MOST:
        st.html(markup.notice("Three at a time", ["The first three are shown."]))
    if not known:
        st.html('<p class="ts-lead">Choose two or three treatments above.</p>')
        return
    columns = [_compared(site.engine, found, place) for place in known[:_MOST]]
    st.html(treatments_markup.compare_table(columns))


def _draw_choice(found: TreatmentMap, chosen: list[int]) -> None:
    """Draw the box with the treatments, and keep it and the address the same."""
    names = [found.treatments[place].shown for place in chosen]
    if st.session_state.get(_SHOWN) != names or _BOX not in st.session_state:
        st.session_state[_BOX] = st.session_state[_SHOWN] = names
    st.multiselect(
        "Treatments to compare, up to three",
        sorted((name.shown for name in found.treatments), key=str.casefold),
        format_func=markup.plain,
        key=_BOX,
        max_selections=_MOST,
        on_change=_choose,
        placeholder="Choose treatments",
        filter_mode="contains",
    )


def _choose() -> None:
    names = list(st.session_state[_BOX])
    st.session_state[_SHOWN] = names
    st.query_params.from_dict({_TREATMENT: names} if names else {})


def _compared(engine: Engine, found: TreatmentMap, place: int) -> Compared:
    entries = found.articles[place]
    passages = [one for entry in entries for one in engine.passages_of(entry.article_id)]
    telling = [one for entry in entries for one in engine.help_of(entry.article_id)]
    return Compared(found.treatments[place], entries, compared(passages, telling))
