"""The questions nobody could answer, for the keeper; and the switch that keeps them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import numpy as np
import streamlit as st

from treatment_search import asked
from treatment_search.access import Access
from treatment_search.engine import Engine
from treatment_search.judged import FOLDER, Thumb, beir_files, judgements, zipped
from treatment_search.question_groups import AskedQuestion, QuestionGroup, grouped, tallied
from treatment_search.ui import kept, markup
from treatment_search.ui.answer import ASKED
from treatment_search.ui.keeper_access import draw_refusal, may_keep
from treatment_search.ui.site import Place, Site
from treatment_search.vectors import Vectors

_STEP = 20
_SHOWN = "groups of unanswered questions shown"
_SWITCH = "keep questions"
_PROBLEM = "what went wrong with what is kept"

_TITLE = "Questions nobody could answer"
_LEAD = "What people asked here and did not find. It tells you which articles are missing."
_ON = (
    "On. A question with no result, or with weak matches only, is kept in {folder}, with the time "
    "and nothing about who asked. The search page says so, and asks whether a result helped."
)
_OFF = "Off. No question is kept, and nobody is asked whether a result helped."
_FIXED = (
    "It was set where this server was started (TREATMENT_SEARCH_KEEP_QUESTIONS), so it cannot be "
    "changed here."
)
_NONE = ["When somebody asks a question that finds nothing good, it will stand here."]
_NO_JUDGEMENT = (
    "There is nothing to download yet: it takes a thumb up on a passage that still stands in the "
    "articles."
)
_EXPORT = (
    "The download holds the questions that a result helped with, those results, and your articles. "
    "Unpack it, and this measures the search with it:"
)
_GONE = (
    "Every question and every thumb that was kept is deleted from this machine. This cannot be "
    "undone."
)


def draw_unanswered(site: Site) -> None:
    """Draw what was kept, in groups, and what may be done with it."""
    st.title(_TITLE, anchor=False)
    access = may_keep(site)
    if access is not Access.ALLOWED:
        draw_refusal(access)
        return
    st.html(f'<p class="ts-lead ts-asked-page">{_LEAD}</p>')
    if problem := st.session_state.pop(_PROBLEM, None):
        st.html(markup.notice("That did not work", [problem], role="alert"))
    _draw_switch(site)
    questions = tallied(asked.kept_questions(site.settings.index))
    thumbs = asked.thumbs(site.settings.index)
    if questions:
        _draw_groups(site, questions)
    elif asked.is_on(site.settings):
        st.html(markup.notice("No question was left without an answer yet", _NONE))
    if thumbs:
        _draw_thumbs(site.engine, thumbs)
    if (questions or thumbs) and st.button("Delete everything", icon=":material/delete:"):
        _confirm(site)


def _draw_switch(site: Site) -> None:
    on = asked.is_on(site.settings)
    st.session_state[_SWITCH] = on

    def switch() -> None:
        _try(partial(asked.switch, site.settings.index, on=st.session_state[_SWITCH]))

    is_fixed = site.settings.keep_questions is not None
    st.toggle("Keep unanswered questions", key=_SWITCH, on_change=switch, disabled=is_fixed)
    lines = [_ON.format(folder=asked.folder_of(site.settings.index).name) if on else _OFF]
    lines += [_FIXED] if is_fixed else []
    st.html("".join(f'<p class="ts-asked-line">{markup.escaped(line)}</p>' for line in lines))


def _draw_groups(site: Site, questions: list[AskedQuestion]) -> None:
    groups = grouped(questions, _vectors(site.engine, [question.text for question in questions]))
    times = sum(group.count for group in groups)
    said = f"Asked {_count(times, 'time')}, about {_count(len(groups), 'thing')}"
    st.html(markup.heading(said))
    shown = st.session_state.get(_SHOWN, _STEP)
    for group in groups[:shown]:
        _draw_group(site, group)
    if len(groups) > shown:
        st.button(
            f"Show {_STEP} more", on_click=lambda: st.session_state.update({_SHOWN: shown + _STEP})
        )


def _draw_group(site: Site, group: QuestionGroup) -> None:
    first, *others = group.questions
    kept.leave_out([question.text for question in group.questions])
    with st.container(border=True, gap="small"):
        _draw_question(site, first)
        st.html(f'<p class="ts-asked-line ts-asked-when">{_when(group)}</p>')
        if others:
            with st.expander(f"{_count(len(others), 'other wording')} of it"):
                for question in others:
                    _draw_question(site, question)


def _draw_question(site: Site, question: AskedQuestion) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"asked {question.text}"):
        shown = markup.label(question.text)
        site.link(Place.SEARCH, shown, {ASKED: question.text})
        st.button(
            "Delete",
            key=f"delete {question.text}",
            type="tertiary",
            help=f"Delete {markup.label(question.text)}",
            on_click=_try,
            args=(partial(asked.forget, site.settings.index, [question.text]),),
        )


def _when(group: QuestionGroup) -> str:
    first, last = map(_day, (group.first, group.last))
    days = first if first == last else f"{first} to {last}"
    if group.refused == group.count:
        found = "nothing found"
    else:
        found = "weak matches only" if not group.refused else "weak matches, or nothing found"
    return markup.escaped(f"{_count(group.count, 'time')} · {days} · {found}")


def _day(time: str) -> str:
    moment = datetime.fromisoformat(time)
    return f"{moment.day} {moment:%B %Y}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _draw_thumbs(engine: Engine, thumbs: list[Thumb]) -> None:
    judged = judgements(thumbs, engine.passages_of)
    up = sum(thumb.grade or 0 for thumb in thumbs)
    st.html(markup.heading(f"Thumbs: {up} up, {len(thumbs) - up} down"))
    if not judged:
        st.html(f'<p class="ts-asked-line">{_NO_JUDGEMENT}</p>')
        return

    def archive() -> bytes:
        articles = (engine.article(entry.article_id) for entry in engine.catalogue())
        return zipped(beir_files(judged, (article for article in articles if article)))

    st.html(f'<p class="ts-asked-line">{_EXPORT}</p>')
    st.code(f"python -m treatment_search evaluate {FOLDER}", language=None, wrap_lines=True)
    questions = len({judgement.question for judgement in judged})
    st.download_button(
        f"Download {_count(questions, 'judged question')}",
        archive,
        file_name=f"{FOLDER}.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
    )


@st.dialog("Delete everything that was kept?")
def _confirm(site: Site) -> None:
    st.html(f"<p>{_GONE}</p>")
    with st.container(horizontal=True):
        if st.button("Yes, delete it"):
            _try(partial(asked.forget_all, site.settings.index))
            st.rerun()
        if st.button("No, keep it"):
            st.rerun()


def _try(change: Callable[[], None]) -> None:
    """Change what is kept; the next drawing says so when the disk or another writer says no."""
    try:
        change()
    except OSError as error:
        st.session_state[_PROBLEM] = f"The disk said no: {error}. Try again, or look at the folder."


def _vectors(engine: Engine, texts: list[str]) -> Vectors:
    """Return the vectors of questions; those that were made before are kept while they stand."""
    kept_before = _known_vectors(str(engine.manifest.model))
    known = dict(kept_before)
    fresh = [text for text in texts if text not in known]
    if fresh:
        with st.spinner("Putting questions together…"):
            known.update(zip(fresh, engine.question_vectors(fresh), strict=True))
    kept_before.clear()  # no question that was deleted stays in memory
    kept_before.update((text, known[text]) for text in texts)
    return np.stack([known[text] for text in texts])


@st.cache_resource(show_spinner=False, max_entries=1)
def _known_vectors(model: str) -> dict[str, Vectors]:
    return {}
