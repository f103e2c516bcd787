"""What a page shows, kept in its address, or in this visit alone when the visitor asks for that."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

Values = Mapping[str, tuple[str, ...]]

PRIVATE = "private"
_KEPT = "kept out of the address"


def is_private() -> bool:
    """Return whether the visitor wants the question out of the address and the history."""
    return PRIVATE in st.query_params


def values() -> dict[str, tuple[str, ...]]:
    """Return everything that the page's state holds."""
    if is_private():
        return dict(st.session_state.get(_KEPT, {}))
    return {name: tuple(st.query_params.get_all(name)) for name in st.query_params}


def first(name: str, otherwise: str = "") -> str:
    """Return one value of the state."""
    return next(iter(values().get(name, ())), otherwise)


def every(name: str) -> tuple[str, ...]:
    """Return all values of one name, in order."""
    return values().get(name, ())


def replace(state: Values) -> None:
    """Make this the whole state; in the address it is a step of the browser's history.

    `bind="query-params"` of a widget would replace the address, so that Back left the page.
    """
    state = {name: tuple(of) for name, of in state.items() if of}
    if is_private():
        st.session_state[_KEPT] = state
    else:
        st.query_params.from_dict({name: list(of) for name, of in state.items()})


def change(name: str, *of: str) -> None:
    """Set the values of one name, or take it out."""
    replace({**values(), name: of})


def keep_private(private: bool) -> None:
    """Move the state out of the address, or back into it.

    On the way out box.js takes it out of the browser's history too.
    """
    state = values()
    if private:
        st.session_state[_KEPT] = state
        st.query_params.from_dict({PRIVATE: "1"})
    else:
        st.session_state.pop(_KEPT, None)
        st.query_params.from_dict({name: list(of) for name, of in state.items()})
