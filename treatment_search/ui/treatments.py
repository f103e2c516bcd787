"""The map of treatments: what the collection has for which condition, and every article A to Z."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import streamlit as st

from treatment_search.engine import Engine
from treatment_search.records import CatalogueEntry
from treatment_search.treatments import (
    Name,
    TreatmentMap,
    entries_by_letter,
    found_names,
    found_titles,
    treatment_map,
)
from treatment_search.ui import markup, treatments_markup
from treatment_search.ui.site import Place, Site
from treatment_search.ui.treatments_markup import MapRow, address

_FIND, _BY, _ROWS, _COLUMNS, _LETTER, _TITLES = "find", "by", "rows", "columns", "letter", "titles"
_BY_CONDITION = "condition"
_VIEWS = {False: "By treatment", True: "By condition"}
_ROWS_SHOWN = 20
_COLUMNS_SHOWN = 5
_TITLES_SHOWN = 60
_FEW = 40
_BOX, _SHOWN = "find treatment", "find shown"

_LEAD = (
    "What the articles have on each treatment. A number is how many passages there are: press it "
    "to search in them. Press a treatment to read about it, or set two or three side by side."
)
_NO_TREATMENTS = [
    "The articles here do not name a treatment in their first lines, so there is no map to draw.",
    "You can look through them by title below, or search in all of them.",
]
_HOW_TO = "A line such as “treatment: Dry needling” at the top of an article puts it on the map."


@st.cache_resource(show_spinner=False, max_entries=2)
def mapped(
    _engine: Engine, generation_created: str
) -> tuple[TreatmentMap, tuple[CatalogueEntry, ...]]:
    """Return the map and every article of the generation that was created then."""
    entries = _engine.catalogue()
    return treatment_map(entries), tuple(entries)


def draw_treatments(site: Site) -> None:
    """Draw the map, what could not be placed on it, and the articles by title."""
    found, entries = mapped(site.engine, site.engine.manifest.created)
    st.title("Treatments", anchor=False)
    words = ""
    if found.treatments:
        st.html(f'<p class="ts-lead ts-wide">{_LEAD}</p>')
        words = _find_box("Find a treatment, a condition or a title")
        _draw_map(site, found, words)
        _draw_unplaced(found)
    else:
        st.html(markup.notice("No article here names a treatment", [*_NO_TREATMENTS, _HOW_TO]))
        words = _find_box("Find a title")
    _draw_titles(entries, words)


def _find_box(label: str) -> str:
    typed = st.query_params.get(_FIND, "")
    if st.session_state.get(_SHOWN) != typed:  # a link, a reload, or Back
        st.session_state[_BOX] = st.session_state[_SHOWN] = typed
    st.text_input(label, key=_BOX, on_change=_find, placeholder="For example: needling")
    return typed


def _find() -> None:
    typed = st.session_state[_BOX].strip()
    st.session_state[_SHOWN] = typed
    by = st.query_params.get(_BY)
    st.query_params.from_dict({**({_FIND: typed} if typed else {}), **({_BY: by} if by else {})})


def _draw_map(site: Site, found: TreatmentMap, words: str) -> None:
    by_condition = st.query_params.get(_BY) == _BY_CONDITION
    treatments, conditions = _shown_names(found, words)
    if not treatments:
        st.html(markup.notice("No treatment here is called that", ["Look at the titles below."]))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if found.conditions:
            _draw_switch(by_condition)
        site.link(Place.COMPARE, "Compare treatments side by side →")
    rows, columns = (conditions, treatments) if by_condition else (treatments, conditions)
    row_at, column_at = _place(_ROWS, len(rows)), _place(_COLUMNS, len(columns))
    names = (
        (found.conditions, found.treatments)
        if by_condition
        else (
            found.treatments,
            found.conditions,
        )
    )
    shown = columns[column_at : column_at + _COLUMNS_SHOWN]
    table = treatments_markup.map_table(
        "Passages on each treatment and condition",
        "Condition" if by_condition else "Treatment",
        [names[1][column] for column in shown],
        [
            _row(found, row, shown, by_condition=by_condition)
            for row in rows[row_at : row_at + _ROWS_SHOWN]
        ],
    )
    st.html(table)
    kinds = ("conditions", "treatments") if by_condition else ("treatments", "conditions")
    _draw_pager(_ROWS, row_at, _ROWS_SHOWN, len(rows), kinds[0])
    _draw_pager(_COLUMNS, column_at, _COLUMNS_SHOWN, len(columns), kinds[1])


def _shown_names(found: TreatmentMap, words: str) -> tuple[list[int], list[int]]:
    """Return the treatments and conditions to show: those found, with what they meet."""
    treatments = range(len(found.treatments))
    conditions = range(len(found.conditions))
    if not words:
        return list(treatments), list(conditions)
    by_name = set(found_names(found.treatments, words))
    by_condition = set(found_names(found.conditions, words))
    kept = {(t, c) for t, c in found.cells if t in by_name or c in by_condition}
    if by_condition and not by_name:
        return sorted({t for t, _ in kept}), sorted(by_condition)
    return sorted(by_name | {t for t, _ in kept}), sorted({c for _, c in kept})


def _row(found: TreatmentMap, row: int, columns: Sequence[int], *, by_condition: bool) -> MapRow:
    names = found.conditions if by_condition else found.treatments
    cells = []
    for column in columns:
        place = (column, row) if by_condition else (row, column)
        cell = found.cells.get(place)
        link = _search(found.treatments[place[0]], found.conditions[place[1]])
        cells.append((cell, link) if cell else None)
    name = names[row]
    link = _search(None, name) if by_condition else address("compare", [("t", name.shown)])
    return MapRow(name, link, tuple(cells))


def _search(treatment: Name | None, condition: Name) -> str:
    """Return the address of a search in what was written in any of these ways."""
    written = treatment.written if treatment else ()
    query = [*product(["treatment"], written), *product(["condition"], condition.written)]
    return address("", query)


def _draw_switch(by_condition: bool) -> None:
    chosen = st.segmented_control(
        "Rows of the map",
        list(_VIEWS.values()),
        default=_VIEWS[by_condition],
        required=True,
        label_visibility="collapsed",
        key=f"map {by_condition}",
    )
    if (chosen == _VIEWS[True]) != by_condition:
        words = st.query_params.get(_FIND)
        query = {_FIND: words} if words else {}
        st.query_params.from_dict(query if by_condition else {**query, _BY: _BY_CONDITION})
        st.rerun()


def _place(name: str, count: int) -> int:
    """Return the first to show, from the address; 0 for what fits nothing."""
    given = st.query_params.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 and int(given) < count else 0


def _draw_pager(name: str, first: int, shown: int, count: int, kind: str) -> None:
    if count <= shown:
        return
    # Buttons: a link from a page to itself leaves the address as it was.
    with st.container(horizontal=True, vertical_alignment="center"):
        last = min(first + shown, count)
        st.html(f'<p class="ts-pager" role="status">{kind} {first + 1} to {last} of {count}</p>')
        if first:
            before = max(0, first - shown)
            st.button(f"← Earlier {kind}", on_click=_turn_to, args=(name, before))
        if last < count:
            st.button(f"More {kind} →", on_click=_turn_to, args=(name, last))


def _turn_to(name: str, first: int) -> None:
    st.query_params[name] = str(first)


def _draw_unplaced(found: TreatmentMap) -> None:
    if found.by_title:
        said = f"{len(found.by_title)} placed by their title alone"
        listed = found.by_title[:_FEW]
        st.html(treatments_markup.folded(said, treatments_markup.article_list(listed)))
    if found.without_treatment:
        count = len(found.without_treatment)
        articles = "1 article names" if count == 1 else f"{count} articles name"
        st.html(
            f'<p class="ts-unplaced">{articles} no treatment and cannot be placed on the map. '
            "Every article is in the list below.</p>"
        )


def _draw_titles(entries: Sequence[CatalogueEntry], words: str) -> None:
    st.html(markup.heading("Every article, A to Z"))
    listed = found_titles(entries, words)
    letters = entries_by_letter(listed)
    if not letters:
        st.html(markup.notice("No title has these words", ["Try fewer or other words."]))
        return
    letter = st.query_params.get(_LETTER, "")
    chosen = [entry for ones in letters.values() for entry in ones]
    if len(chosen) > _FEW:
        letter = letter if letter in letters else next(iter(letters))
        chosen = letters[letter]
        _draw_letters(list(letters), letter)
    first = _place(_TITLES, len(chosen))
    st.html(treatments_markup.article_list(chosen[first : first + _TITLES_SHOWN]))
    _draw_pager(_TITLES, first, _TITLES_SHOWN, len(chosen), "articles")


def _draw_letters(letters: Sequence[str], letter: str) -> None:
    chosen = st.pills(
        "Titles that begin with",
        letters,
        default=letter,
        required=True,
        format_func=markup.label,
        key=f"letters {letter} {len(letters)}",
    )
    if chosen != letter:
        st.query_params.pop(_TITLES, None)
        st.query_params[_LETTER] = chosen
        st.rerun()
