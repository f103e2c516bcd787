"""Who looks at the keeper's pages: what Streamlit knows of the request, and the way to sign in."""

from __future__ import annotations

import streamlit as st

from treatment_search.access import Access, SignIn, Visit, access_of
from treatment_search.ui import markup
from treatment_search.ui.site import Site

_OFF = [
    "This server can be reached from other machines, or your request came through another server. "
    "So that nobody but a keeper changes anything, this page is off until sign-in is set up.",
    "docs/operating.md says how, under “Who can reach it”. On the machine itself, with the "
    "settings that come with the program, the page works without sign-in.",
]
_SIGN_IN = ["Only the keepers of these articles may use this page. Sign in to show that you are."]
_NOT_A_KEEPER = (
    "You are signed in{who}, and that is no keeper's address here. Whoever runs this server adds "
    "keepers with TREATMENT_SEARCH_KEEPERS (docs/operating.md, “Who can reach it”)."
)


def may_keep(site: Site) -> Access:
    """Return what the one who looks at this page may do with the articles."""
    visit = Visit(
        server=st.get_option("server.address") or "",  # without one it listens everywhere
        hosts=tuple(st.get_option("server.allowedHosts") or ()),
        headers=dict(st.context.headers),
        visitor=st.context.ip_address,
    )
    return access_of(visit, _sign_in(site))


def draw_refusal(access: Access) -> None:
    """Draw why a keeper's page is not shown, and the way in where there is one."""
    if access is Access.OFF:
        st.html(markup.notice("This page is off on this server", _OFF))
    elif access is Access.SIGN_IN:
        st.html(markup.notice("This page is for keepers", _SIGN_IN))
        st.button("Sign in", on_click=st.login, type="primary")
    elif access is Access.NOT_A_KEEPER:
        who = f" as {address}" if (address := _address()) else ""
        st.html(markup.notice("This page is for keepers", [_NOT_A_KEEPER.format(who=who)]))
        draw_sign_out()


def draw_sign_out() -> None:
    """Draw the way out for whoever is signed in."""
    if _is_set_up() and st.user.get("is_logged_in"):
        st.button("Sign out", on_click=st.logout)


def _sign_in(site: Site) -> SignIn:
    if not _is_set_up():
        return SignIn()
    signed_in = st.user.get("is_logged_in")
    return SignIn(True, _address() if signed_in else None, site.settings.keepers)


def _is_set_up() -> bool:
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def _address() -> str:
    """Return the address of who is signed in, "" where the provider does not vouch for it.

    With some providers anybody can write any address into their account.
    """
    vouched = st.user.get("email_verified") in (True, "true")
    return str(st.user.get("email") or "") if vouched else ""
