"""The list of files on the keeper's page: found by name or title, taken out, and put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from treatment_search import keeping
from treatment_search.collection import Collection, CollectionEntry, FileState
from treatment_search.errors import CorpusProblem
from treatment_search.records import IngestReport
from treatment_search.reporting import error_line
from treatment_search.ui import collection_markup, markup
from treatment_search.ui.collection_markup import STATES, counted
from treatment_search.ui.collection_state import Part, Question, answered, ask, draw_said, say
from treatment_search.ui.site import Site

_FIND, _STATE, _FROM = "find", "state", "from"
_BOX, _SHOWN = "find file", "find file shown"
_UNDO = "deleted last"
_ROWS = 25
_MOST_IN_TRASH = 50


def draw_files(site: Site, collection: Collection, report: IngestReport | None) -> None:
    """Draw the files that fit what is asked for, some at a time; `report` says why some do not."""
    st.html(markup.heading(f"Files ({len(collection.entries):,})"))
    if draw_said(Part.FILES) and st.session_state.get(_UNDO):
        st.button("Undo", on_click=_undo, args=(site,))
    if not collection.entries:
        return
    words = _find_box()
    state = _choose_state(collection)
    found = [entry for entry in collection.entries if _fits(entry, words, state)]
    if not found:
        st.html(markup.notice("No file is called that", ["Try fewer or other words."]))
        return
    given = st.query_params.get(_FROM, "")
    first = int(given) if given.isdecimal() and len(given) < 10 and int(given) < len(found) else 0
    shown = found[first : first + _ROWS]
    reasons = {note.path: note.reason for note in report.skipped} if report else {}
    _draw_delete(site, shown)
    with st.container(key="files", gap=None):
        for entry in shown:
            _draw_entry(entry, reasons)
    _draw_pager(first, len(found))


def _find_box() -> str:
    typed = st.query_params.get(_FIND, "")
    if st.session_state.get(_SHOWN) != typed:  # a link, a reload, or Back
        st.session_state[_BOX] = st.session_state[_SHOWN] = typed
    st.text_input("Find a file or a title", key=_BOX, type="search", on_change=_find)
    return typed.casefold()


def _find() -> None:
    typed = (st.session_state[_BOX] or "").strip()
    st.session_state[_SHOWN] = typed
    _turn_to(**{_FIND: typed, _FROM: ""})


def _turn_to(**query: str) -> None:
    kept = {name: st.query_params[name] for name in (_FIND, _STATE) if name in st.query_params}
    st.query_params.from_dict({name: of for name, of in {**kept, **query}.items() if of})


def _choose_state(collection: Collection) -> FileState | None:
    counts = collection.counts
    names = {"": f"All {len(collection.entries):,}"}
    names |= {s.value: f"{STATES[s]} {counts[s]:,}" for s in FileState if counts[s]}
    given = st.query_params.get(_STATE, "")
    given = given if given in names else ""
    chosen = st.pills(
        "Which files",
        list(names),
        default=given,
        required=True,
        format_func=names.__getitem__,
        label_visibility="collapsed",
        key=f"states {given} {sorted(names.items())}",
    )
    if chosen != given:
        _turn_to(**{_STATE: chosen})
        st.rerun()
    return FileState(given) if given else None


def _fits(entry: CollectionEntry, words: str, state: FileState | None) -> bool:
    title = entry.searched.title if entry.searched else ""
    named = f"{entry.article_id}\n{title}".casefold()
    return state in (None, entry.state) and all(word in named for word in words.split())


def _draw_entry(entry: CollectionEntry, reasons: Mapping[str, str]) -> None:
    if entry.file:
        st.checkbox(markup.label(entry.article_id), key=_chosen(entry))
    st.html(collection_markup.entry_line(entry, reasons, with_name=not entry.file))


def _chosen(entry: CollectionEntry) -> str:
    return f"chosen {entry.article_id}"


def _draw_delete(site: Site, shown: Sequence[CollectionEntry]) -> None:
    files = sorted({e.file for e in shown if e.file and st.session_state.get(_chosen(e))})
    if files:
        named = f"Delete {counted(len(files), 'file')}"
        st.button(named, key="delete", on_click=_delete, args=(site, files))
    else:
        st.html('<p class="ts-entry">Tick files to delete them. They go to the trash.</p>')


def _delete(site: Site, files: Sequence[str]) -> None:
    removed, refused = [], []
    for file in files:
        try:
            removed.append(keeping.remove(site.settings.corpus, file))
        except (CorpusProblem, OSError) as error:
            refused.append(f"{file}: {error_line(error)}")
    st.session_state[_UNDO] = [one.number for one in removed]
    names = [f"{one.article_id} is in the trash" for one in removed]
    say(Part.FILES, f"{counted(len(removed), 'file')} deleted", [*refused, *names])


def _undo(site: Site) -> None:
    _restore(site, st.session_state.pop(_UNDO, []), Part.FILES)


def _restore(site: Site, numbers: Sequence[int], part: Part) -> None:
    restored, refused = [], []
    for number in numbers:
        try:
            restored.append(keeping.restore(site.settings.corpus, number))
        except (CorpusProblem, OSError) as error:
            refused.append(error_line(error))
    names = [f"{name} is back in the folder" for name in restored]
    say(part, f"{counted(len(restored), 'file')} put back", [*refused, *names])


def _draw_pager(first: int, count: int) -> None:
    if count <= _ROWS:
        return
    # Buttons: a link from a page to itself leaves the address as it was.
    with st.container(horizontal=True, vertical_alignment="center"):
        last = min(first + _ROWS, count)
        st.html(f'<p class="ts-pager" role="status">Files {first + 1} to {last} of {count:,}</p>')
        if first:
            before = {_FROM: str(first - _ROWS) if first > _ROWS else ""}
            st.button("← Earlier files", on_click=_turn_to, kwargs=before)
        if last < count:
            st.button("More files →", on_click=_turn_to, kwargs={_FROM: str(last)})


def draw_trash(site: Site) -> None:
    """Draw what was deleted, with the ways to put it back and to remove it for good."""
    ones = keeping.trashed(site.settings.corpus)
    draw_said(Part.TRASH)
    if not ones:
        return
    # No count in the label and a state of its own: it stays open when a file is put back.
    with st.expander("Trash", key="trash", on_change="rerun"):
        deleted = f"{counted(len(ones), 'file')}, what was deleted last first"
        st.html(f'<p class="ts-entry">{deleted}</p>')
        for one in ones[:_MOST_IN_TRASH]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(f'<p class="ts-file">{markup.named(one.article_id)}</p>')
                st.button(
                    f"Put back {markup.label(one.article_id)}",
                    key=f"restore {one.number}",
                    on_click=_restore,
                    args=(site, [one.number], Part.TRASH),
                )
        if len(ones) > _MOST_IN_TRASH:
            st.html(f"<p>and {len(ones) - _MOST_IN_TRASH:,} more</p>")
        st.button("Empty the trash", on_click=ask, args=(Question.EMPTY_TRASH,))


@st.dialog("Empty the trash?", on_dismiss=answered)
def ask_empty_trash(site: Site) -> None:
    """Ask before files are removed for good."""
    count = counted(len(keeping.trashed(site.settings.corpus)), "file")
    st.markdown(f"{count} will be removed for good. There is no way back.")
    with st.container(horizontal=True):
        if st.button("Keep the trash"):
            answered()
            st.rerun()
        if st.button("Remove for good", key="empty"):
            removed = keeping.empty_trash(site.settings.corpus)
            say(Part.TRASH, f"{counted(removed, 'file')} removed for good")
            answered()
            st.rerun()
