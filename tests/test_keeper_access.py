"""What Streamlit knows of a visitor becomes the right word on what they may do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from treatment_search.access import Access
from treatment_search.engine import Engine
from treatment_search.settings import Settings
from treatment_search.ui import keeper_access
from treatment_search.ui.keeper_access import may_keep
from treatment_search.ui.site import Site

User = dict[str, object]
ANN: User = {"is_logged_in": True, "email": "Ann@example.org", "email_verified": True}


class Secrets(dict[str, object]):
    def load_if_toml_exists(self) -> bool:
        return bool(self)


@pytest.fixture
def access(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Access]:
    """Return what a visitor may do on a server; with a `user`, empty or not, sign-in is set up."""

    def answer(server: str | None, user: User | None = None, visitor: str | None = None) -> Access:
        options = {"server.address": server, "server.allowedHosts": None}
        streamlit = SimpleNamespace(
            get_option=options.__getitem__,
            context=SimpleNamespace(headers={"Host": "localhost:8501"}, ip_address=visitor),
            secrets=Secrets() if user is None else Secrets(auth={}),
            user=user,
        )
        monkeypatch.setattr(keeper_access, "st", streamlit)
        return may_keep(Site(Settings(keepers=("ann@example.org",)), Engine(tmp_path)))

    return answer


def test_on_loopback_nobody_need_sign_in(access: Callable[..., Access]) -> None:
    assert access("127.0.0.1") is Access.ALLOWED
    assert access("127.0.0.1", {}) is Access.ALLOWED


@pytest.mark.parametrize("server", [None, "", "0.0.0.0", "192.168.1.2"])  # noqa: S104
def test_elsewhere_it_is_off_until_sign_in_is_set_up(
    access: Callable[..., Access], server: str | None
) -> None:
    assert access(server) is Access.OFF
    assert access(server, {}) is Access.SIGN_IN
    assert access(server, ANN) is Access.ALLOWED


def test_a_connection_from_another_machine_is_not_this_one(access: Callable[..., Access]) -> None:
    assert access("127.0.0.1", visitor="192.168.1.9") is Access.OFF


@pytest.mark.parametrize(
    "user",
    [
        {**ANN, "email": "ben@example.org"},
        {**ANN, "email_verified": False},
        {**ANN, "email": None},
        {"is_logged_in": True, "email": "ann@example.org"},
        {"is_logged_in": True},
    ],
)
def test_an_address_that_is_no_keepers_or_not_vouched_for_changes_nothing(
    access: Callable[..., Access], user: User
) -> None:
    assert access("0.0.0.0", user) is Access.NOT_A_KEEPER  # noqa: S104
