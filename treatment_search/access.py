"""Who may change the articles through the page (pure): this machine, or a keeper signed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

# What servers in front of the page add to a request that they pass on.
_FORWARDED = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
    | {"x-forwarded-server", "x-forwarded-port", "x-real-ip", "cf-connecting-ip", "true-client-ip"}
)


class Access(StrEnum):
    """What a visitor may do with the articles."""

    ALLOWED = "allowed"
    OFF = "off"
    SIGN_IN = "sign in"
    NOT_A_KEEPER = "not a keeper"


@dataclass(frozen=True, slots=True)
class Visit:
    """Where the server listens and how a request came in.

    `hosts` are the names that the server answers to beside its own; `visitor` is the other end of
    the connection, None where it is not told, which Streamlit does for this machine.
    """

    server: str
    hosts: tuple[str, ...]
    headers: Mapping[str, str]
    visitor: str | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """Whether sign-in is set up, and who is signed in, by an address that the provider vouches for.

    `keepers` are the addresses that may change the articles.
    """

    is_set_up: bool = False
    address: str | None = None
    keepers: Collection[str] = ()


def access_of(visit: Visit, sign_in: SignIn) -> Access:
    """Return what a visitor may do; whatever is not certainly this machine needs a keeper.

    Being signed in is not enough: with a public provider anybody can be.
    """
    if is_local(visit):
        return Access.ALLOWED
    if not sign_in.is_set_up:
        return Access.OFF
    if sign_in.address is None:
        return Access.SIGN_IN
    keepers = {keeper.strip().casefold() for keeper in sign_in.keepers}
    return Access.ALLOWED if sign_in.address.casefold() in keepers else Access.NOT_A_KEEPER


def is_local(visit: Visit) -> bool:
    """Return whether a request certainly comes from this machine and through no other server."""
    headers = {name.lower(): value for name, value in visit.headers.items()}
    if _FORWARDED & headers.keys():
        return False
    names = [visit.server, *visit.hosts, _host_of(f"//{headers.get('host', '')}")]
    if "origin" in headers:
        names.append(_host_of(headers["origin"]))
    return all(map(_is_loopback, names)) and (visit.visitor is None or _is_loopback(visit.visitor))


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name.casefold() == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
